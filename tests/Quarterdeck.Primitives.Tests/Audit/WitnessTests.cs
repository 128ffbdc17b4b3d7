using System.Globalization;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

public sealed class WitnessTests : IDisposable
{
    private static readonly NoteSigningKey Log = NoteSigningKey.Generate("quarterdeck/test");
    private readonly NoteSigningKey _key = NoteSigningKey.GenerateWitness("witness.example");
    private readonly string _folder = Directory.CreateTempSubdirectory("witness-").FullName;
    private readonly List<Hash32> _leaves = [.. Enumerable.Range(0, 40).Select(i => MerkleTree.LeafHash([(byte)i]))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Witness Witness() => new(_key, [Log.Verifier], _folder, TimeProvider.System);

    private Hash32 Root(long start, long end)
    {
        var edge = new MerkleEdge();
        for (var i = start; i < end; i++) edge.Append(_leaves[(int)i]);
        return edge.Root();
    }

    private string Request(long old, long size, NoteSigningKey? by = null, string? origin = null) => new WitnessRequest(
        old, [.. MerkleProof.Consistency(old, size).Select(r => Root(r.Start, r.End))],
        new Checkpoint(origin ?? Log.Verifier.Name, size, Root(0, size)).Sign(by ?? Log)).ToString();

    [Fact]
    public void What_continues_what_was_seen_is_cosigned_also_by_a_witness_that_began_again()
    {
        foreach (var (old, size) in new[] { (0L, 3L), (3L, 3L), (3L, 17L), (17L, 40L) })
        {
            var request = Request(old, size);
            var answer = Witness().AddCheckpoint(request);
            Assert.Equal(200, answer.Status);
            var cosigned = SignedNote.Parse(SignedNote.With(WitnessRequest.Parse(request).Note, [answer.Body]));
            Assert.Equal(NoteSignature.Good, cosigned.SignatureOf(_key.Verifier));
            Assert.Equal(NoteSignature.Good, cosigned.SignatureOf(Log.Verifier));
        }
    }

    [Fact]
    public void A_history_that_was_rewritten_is_never_cosigned()
    {
        Assert.Equal(200, Witness().AddCheckpoint(Request(0, 10)).Status);
        _leaves[4] = MerkleTree.LeafHash([99]);
        Assert.Equal(422, Witness().AddCheckpoint(Request(10, 20)).Status);
        Assert.Equal(422, Witness().AddCheckpoint(Request(10, 10)).Status);
        // A log that pretends the witness has seen nothing is told what it has seen.
        var answer = Witness().AddCheckpoint(Request(0, 20));
        Assert.Equal((409, "10\n"), (answer.Status, answer.Body));
    }

    [Fact]
    public void A_log_that_shrinks_a_strange_log_and_a_false_signature_are_refused()
    {
        Assert.Equal(200, Witness().AddCheckpoint(Request(0, 10)).Status);
        Assert.Equal(409, Witness().AddCheckpoint(Request(0, 5)).Status);
        Assert.Equal(400, Witness().AddCheckpoint(Request(0, 5).Replace("old 0", "old 7", StringComparison.Ordinal)).Status);
        Assert.Equal(404, Witness().AddCheckpoint(Request(10, 12, origin: "other")).Status);
        Assert.Equal(403, Witness().AddCheckpoint(Request(10, 12, by: NoteSigningKey.Generate("quarterdeck/test"))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("old 0\n")]
    [InlineData("old 00\n\nx")]
    [InlineData("old -1\n\nx")]
    [InlineData("old 1\nnot base64\n\nx")]
    [InlineData("old 0\n\nno note")]
    public void What_is_no_request_is_told_so(string body) => Assert.Equal(400, Witness().AddCheckpoint(body).Status);

    [Fact]
    public void More_than_63_hashes_are_no_proof() => Assert.Throws<FormatException>(() => WitnessRequest.Parse(
        "old 1\n" + string.Concat(Enumerable.Repeat(Convert.ToBase64String(new byte[32]) + "\n", 64)) + "\nx"));

    [Fact]
    public void A_cosignature_binds_its_time()
    {
        var note = new Checkpoint(Log.Verifier.Name, 3, Root(0, 3)).Sign(Log);
        var line = SignedNote.Cosign(SignedNote.Parse(note).Text, _key, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var bytes = Convert.FromBase64String(line.Split(' ')[2].TrimEnd('\n'));
        Assert.Equal(4 + 8 + 64, bytes.Length);
        Assert.Equal(1_700_000_000, System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)));
        bytes[11] ^= 1;
        var later = string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', line.Split(' ')[..2])} {Convert.ToBase64String(bytes)}\n");
        Assert.Equal(NoteSignature.Wrong, SignedNote.Parse(SignedNote.With(note, [later])).SignatureOf(_key.Verifier));
        Assert.Equal(NoteSignature.Good, SignedNote.Parse(SignedNote.With(note, [line])).SignatureOf(_key.Verifier));
    }

    [Fact]
    public void The_keys_of_witnesses_are_read_as_they_are_written()
    {
        Assert.True(NoteVerifierKey.Parse(_key.Verifier.ToString()).IsWitness);
        Assert.Equal(_key.Verifier.ToString(), NoteSigningKey.Parse(_key.ToFileText()).Verifier.ToString());
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("x\n", _key));
        Assert.Throws<ArgumentException>(() => SignedNote.Cosign("x\n", Log, DateTimeOffset.UnixEpoch));
    }
}
