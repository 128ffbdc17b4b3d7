using System.Security.Cryptography;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

public sealed class MerkleTreeTests
{
    private static readonly byte[][] Leaves =
    [
        .. new[] { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" }.Select(Convert.FromHexString),
    ];

    private static MerkleEdge Edge(IEnumerable<byte[]> leaves)
    {
        var edge = new MerkleEdge();
        foreach (var leaf in leaves) edge.Append(MerkleTree.LeafHash(leaf));
        return edge;
    }

    private static Func<int, long, Hash32> Nodes(IEnumerable<byte[]> leaves)
    {
        var nodes = new Dictionary<(int, long), Hash32>();
        var edge = new MerkleEdge();
        foreach (var leaf in leaves) edge.Append(MerkleTree.LeafHash(leaf), (level, index, hash) => nodes.Add((level, index), hash));
        return (level, index) => nodes[(level, index)];
    }

    private static Hash32[] Proof(IEnumerable<LeafRange> ranges, Func<int, long, Hash32> nodes) => [.. ranges.Select(r => r.Root(nodes))];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots_are_those_of_the_published_vectors(int size, string root) =>
        Assert.Equal(Hash32.Parse(root), Edge(Leaves.Take(size)).Root());

    [Fact]
    public void Proofs_are_those_of_the_published_vectors()
    {
        var nodes = Nodes(Leaves);
        Hash32[] inclusion =
        [
            Hash32.Parse("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
            Hash32.Parse("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
            Hash32.Parse("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ];
        Assert.Equal(inclusion, Proof(MerkleProof.Inclusion(5, 8), nodes));
        Assert.Equal(
            [Hash32.Parse("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"), .. inclusion[1..]],
            Proof(MerkleProof.Consistency(6, 8), nodes));
        Assert.Equal(
            [Hash32.Parse("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")], Proof(MerkleProof.Consistency(4, 8), nodes));
    }

    [Fact]
    public void Roots_and_proofs_equal_the_definition_of_the_RFC_for_every_size_up_to_70()
    {
        var leaves = Enumerable.Range(0, 70).Select(i => BitConverter.GetBytes(i)).ToArray();
        var nodes = Nodes(leaves);
        for (var n = 1; n <= leaves.Length; n++)
        {
            var root = new Hash32(Naive.Root(leaves[..n]));
            Assert.Equal(root, Edge(leaves[..n]).Root());
            for (var m = 0; m < n; m++)
            {
                var path = Proof(MerkleProof.Inclusion(m, n), nodes);
                Assert.Equal(Naive.Path(m, leaves[..n]).Select(h => new Hash32(h)), path);
                Assert.True(MerkleTree.VerifyInclusion(MerkleTree.LeafHash(leaves[m]), m, n, path, root));
            }

            for (var m = 1; m <= n; m++)
            {
                var proof = Proof(MerkleProof.Consistency(m, n), nodes);
                Assert.Equal(Naive.Proof(m, leaves[..n]).Select(h => new Hash32(h)), proof);
                Assert.True(MerkleTree.VerifyConsistency(m, new Hash32(Naive.Root(leaves[..m])), n, root, proof));
            }
        }
    }

    [Fact]
    public void No_proof_verifies_for_another_leaf_place_size_or_root()
    {
        var leaves = Enumerable.Range(0, 21).Select(i => BitConverter.GetBytes(i)).ToArray();
        var nodes = Nodes(leaves);
        var root = Edge(leaves).Root();
        var path = Proof(MerkleProof.Inclusion(9, 21), nodes);
        var leaf = MerkleTree.LeafHash(leaves[9]);
        for (var index = -1; index < 23; index++)
            Assert.Equal(index == 9, MerkleTree.VerifyInclusion(leaf, index, 21, path, root));
        Assert.False(MerkleTree.VerifyInclusion(MerkleTree.LeafHash([1, 2]), 9, 21, path, root));
        Assert.False(MerkleTree.VerifyInclusion(leaf, 9, 21, path[..^1], root));
        Assert.False(MerkleTree.VerifyInclusion(leaf, 9, 21, [.. path, root], root));
        Assert.False(MerkleTree.VerifyInclusion(leaf, 9, 21, path, leaf));

        var proof = Proof(MerkleProof.Consistency(9, 21), nodes);
        var old = Edge(leaves[..9]).Root();
        Assert.True(MerkleTree.VerifyConsistency(9, old, 21, root, proof));
        Assert.False(MerkleTree.VerifyConsistency(9, Edge(leaves[..8]).Root(), 21, root, proof));
        Assert.False(MerkleTree.VerifyConsistency(10, old, 21, root, proof));
        Assert.False(MerkleTree.VerifyConsistency(9, old, 21, root, proof[..^1]));
        Assert.False(MerkleTree.VerifyConsistency(9, old, 21, root, [.. proof, old]));
        Assert.False(MerkleTree.VerifyConsistency(21, root, 9, old, proof));
    }

    /// <summary>The definitions of RFC 9162 section 2.1, word for word, as slow as they are.</summary>
    private static class Naive
    {
        public static byte[] Root(byte[][] d) => d.Length switch
        {
            0 => SHA256.HashData([]),
            1 => SHA256.HashData([0, .. d[0]]),
            _ => SHA256.HashData([1, .. Root(d[..Half(d.Length)]), .. Root(d[Half(d.Length)..])]),
        };

        public static IEnumerable<byte[]> Path(int m, byte[][] d)
        {
            if (d.Length == 1) return [];
            var k = Half(d.Length);
            return m < k ? [.. Path(m, d[..k]), Root(d[k..])] : [.. Path(m - k, d[k..]), Root(d[..k])];
        }

        public static IEnumerable<byte[]> Proof(int m, byte[][] d) => SubProof(m, d, true);

        private static IEnumerable<byte[]> SubProof(int m, byte[][] d, bool whole)
        {
            if (m == d.Length) return whole ? [] : [Root(d)];
            var k = Half(d.Length);
            return m <= k ? [.. SubProof(m, d[..k], whole), Root(d[k..])] : [.. SubProof(m - k, d[k..], false), Root(d[..k])];
        }

        private static int Half(int n)
        {
            var k = 1;
            while (k * 2 < n) k *= 2;
            return k;
        }
    }
}
