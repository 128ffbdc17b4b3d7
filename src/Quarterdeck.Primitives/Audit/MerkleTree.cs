using System.Numerics;
using System.Security.Cryptography;

namespace Quarterdeck.Primitives.Audit;

/// <summary>The Merkle tree of RFC 9162 section 2.1 with SHA-256: hashes, and verification of proofs.</summary>
public static class MerkleTree
{
    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static Hash32 EmptyRoot { get; } = new(SHA256.HashData([]));

    /// <summary>SHA-256(0x00 ‖ data).</summary>
    public static Hash32 LeafHash(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[32];
        if (data.Length <= 1024)
        {
            Span<byte> input = stackalloc byte[1 + data.Length];
            input[0] = 0;
            data.CopyTo(input[1..]);
            SHA256.HashData(input, hash);
        }
        else
        {
            using var incremental = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            incremental.AppendData([0]);
            incremental.AppendData(data);
            incremental.GetHashAndReset(hash);
        }

        return new Hash32(hash);
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Hash32 NodeHash(Hash32 left, Hash32 right)
    {
        Span<byte> input = stackalloc byte[65];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[33..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input, hash);
        return new Hash32(hash);
    }

    /// <summary>True where the proof shows the leaf at the index in the tree of that size and root (RFC 9162 section 2.1.3.2).</summary>
    public static bool VerifyInclusion(Hash32 leaf, long index, long size, IReadOnlyList<Hash32> proof, Hash32 root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size) return false;
        var (fn, sn, r) = (index, size - 1, leaf);
        foreach (var p in proof)
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                r = NodeHash(p, r);
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                r = NodeHash(r, p);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && r == root;
    }

    /// <summary>True where the proof shows that the second tree begins with the first (RFC 9162 section 2.1.4.2).</summary>
    public static bool VerifyConsistency(
        long firstSize, Hash32 firstRoot, long secondSize, Hash32 secondRoot, IReadOnlyList<Hash32> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (firstSize < 0 || firstSize > secondSize) return false;
        if (firstSize == secondSize) return proof.Count == 0 && firstRoot == secondRoot;
        if (firstSize == 0) return proof.Count == 0 && firstRoot == EmptyRoot;
        var path = BitOperations.IsPow2(firstSize) ? [firstRoot, .. proof] : proof;
        if (path.Count == 0) return false;
        var (fn, sn) = (firstSize - 1, secondSize - 1);
        while ((fn & 1) == 1) (fn, sn) = (fn >> 1, sn >> 1);
        var (fr, sr) = (path[0], path[0]);
        foreach (var c in path.Skip(1))
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                (fr, sr) = (NodeHash(c, fr), NodeHash(c, sr));
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                sr = NodeHash(sr, c);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && fr == firstRoot && sr == secondRoot;
    }
}
