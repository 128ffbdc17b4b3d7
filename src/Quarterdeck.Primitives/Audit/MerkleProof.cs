using System.Numerics;

namespace Quarterdeck.Primitives.Audit;

/// <summary>A run of leaves whose root is one element of a proof.</summary>
/// <param name="Start">First leaf.</param>
/// <param name="End">One past the last leaf.</param>
public readonly record struct LeafRange(long Start, long End)
{
    /// <summary>
    /// The full subtrees that the range consists of, largest first: level (2^level leaves) and index on that level.
    /// </summary>
    public IEnumerable<(int Level, long Index)> Subtrees()
    {
        for (var start = Start; start < End;)
        {
            var level = BitOperations.Log2((ulong)(End - start));
            yield return (level, start >> level);
            start += 1L << level;
        }
    }

    /// <summary>The root of the range, from the roots of its full subtrees.</summary>
    public Hash32 Root(Func<int, long, Hash32> subtree)
    {
        ArgumentNullException.ThrowIfNull(subtree);
        Hash32? root = null;
        foreach (var (level, index) in Subtrees().Reverse())
            root = root is { } right ? MerkleTree.NodeHash(subtree(level, index), right) : subtree(level, index);
        return root ?? MerkleTree.EmptyRoot;
    }
}

/// <summary>What a proof consists of (RFC 9162 sections 2.1.3.1 and 2.1.4.1), as ranges of leaves, so that it can be read from any store of nodes.</summary>
public static class MerkleProof
{
    /// <summary>The audit path of a leaf, leaf to root.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static IReadOnlyList<LeafRange> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<LeafRange>();
        var (start, end) = (0L, size);
        while (end - start > 1)
        {
            var middle = start + Split(end - start);
            if (index < middle)
            {
                path.Add(new(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new(start, middle));
                start = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>The proof that the tree of the second size begins with the tree of the first; empty where there is nothing to prove.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first is larger than the second.</exception>
    public static IReadOnlyList<LeafRange> Consistency(long firstSize, long secondSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstSize, secondSize);
        var path = new List<LeafRange>();
        if (firstSize == 0) return path;
        var (start, end, whole) = (0L, secondSize, true);
        while (firstSize != end)
        {
            var middle = start + Split(end - start);
            if (firstSize <= middle)
            {
                path.Add(new(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new(start, middle));
                start = middle;
                whole = false;
            }
        }

        if (!whole) path.Add(new(start, end));
        path.Reverse();
        return path;
    }

    // The largest power of two smaller than n.
    private static long Split(long n) => 1L << BitOperations.Log2((ulong)(n - 1));
}
