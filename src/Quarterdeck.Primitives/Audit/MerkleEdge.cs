using System.Numerics;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// A tree that grows: the roots of its full subtrees, largest first, which is all that appending needs. At most 63 hashes for
/// any size.
/// </summary>
public sealed class MerkleEdge
{
    private readonly List<Hash32> _roots;

    /// <summary>The empty tree.</summary>
    public MerkleEdge() => _roots = [];

    private MerkleEdge(long size, List<Hash32> roots) => (Size, _roots) = (size, roots);

    /// <summary>How many leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The roots of the full subtrees, largest first.</summary>
    public IReadOnlyList<Hash32> Roots => _roots;

    /// <summary>The tree of that size with these subtree roots.</summary>
    /// <exception cref="ArgumentException">A tree of that size has another number of full subtrees.</exception>
    public static MerkleEdge From(long size, IEnumerable<Hash32> roots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        var list = roots.ToList();
        return list.Count == BitOperations.PopCount((ulong)size)
            ? new MerkleEdge(size, list)
            : throw new ArgumentException($"A tree of {size} leaves has {BitOperations.PopCount((ulong)size)} full subtrees, not {list.Count}.");
    }

    /// <summary>Adds a leaf. Each full subtree that this completes is told with its level (0 is a leaf) and its index on that level.</summary>
    public void Append(Hash32 leafHash, Action<int, long, Hash32>? completed = null)
    {
        var hash = leafHash;
        completed?.Invoke(0, Size, hash);
        var merges = BitOperations.TrailingZeroCount(~Size);
        for (var level = 1; level <= merges; level++)
        {
            hash = MerkleTree.NodeHash(_roots[^1], hash);
            _roots.RemoveAt(_roots.Count - 1);
            completed?.Invoke(level, Size >> level, hash);
        }

        _roots.Add(hash);
        Size++;
    }

    /// <summary>The root of the whole tree.</summary>
    public Hash32 Root()
    {
        if (_roots.Count == 0) return MerkleTree.EmptyRoot;
        var root = _roots[^1];
        for (var i = _roots.Count - 2; i >= 0; i--) root = MerkleTree.NodeHash(_roots[i], root);
        return root;
    }

    /// <summary>Another tree of the same leaves, which grows by itself.</summary>
    public MerkleEdge Copy() => new(Size, [.. _roots]);
}
