using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

/// <summary>An export is tampered with in every way that we could think of, by one with the file and by one with a key of their own.</summary>
public sealed class AuditExportTests
{
    private static readonly NoteSigningKey Key = NoteSigningKey.Generate("quarterdeck/test");
    private static readonly NoteSigningKey OtherKey = NoteSigningKey.Generate("quarterdeck/test");
    private static readonly byte[][] Entries = [.. Enumerable.Range(0, 20).Select(Entry)];
    private static readonly int[] Signed = [3, 8, 15, 20];

    private static byte[] Entry(int i) => new AuditEntry(
        $"aud_{i:d16}", DateTimeOffset.UnixEpoch.AddSeconds(i), Actor.Operator("alice"), "step.done", $"run_{i}",
        "says \"leaf\":3} and €", new JsonObject { ["n"] = i }).ToCanonicalBytes();

    private static async Task<byte[]> Export(byte[][] entries, int[] signed, NoteSigningKey key, NoteVerifierKey? header = null)
    {
        using var stream = new MemoryStream();
        var writer = new AuditExportWriter(stream);
        var edge = new MerkleEdge();
        await writer.Header(header ?? key.Verifier, entries.Length, default);
        for (var i = 0; i < entries.Length; i++)
        {
            var hash = MerkleTree.LeafHash(entries[i]);
            edge.Append(hash);
            await writer.Entry(i, hash, entries[i], default);
            if (signed.Contains(i + 1)) await writer.Checkpoint(new Checkpoint(key.Verifier.Name, i + 1, edge.Root()).Sign(key), default);
        }

        return stream.ToArray();
    }

    private static async Task<List<string>> Lines() => Split(await Export(Entries, Signed, Key));

    private static List<string> Split(byte[] export) => [.. Encoding.UTF8.GetString(export).TrimEnd('\n').Split('\n')];

    private static Task<AuditVerification> Verify(IEnumerable<string> lines, Checkpoint? seen = null) =>
        AuditVerifier.Verify(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n")), Key.Verifier, seen, default);

    private static int At(List<string> lines, int leaf) => lines.FindIndex(l => l.EndsWith($"\"leaf\":{leaf}}}", StringComparison.Ordinal));

    private static int CheckpointAt(List<string> lines, int size) =>
        lines.FindIndex(l => l.StartsWith("{\"checkpoint\"", StringComparison.Ordinal) && l.Contains($"\\n{size}\\n", StringComparison.Ordinal));

    private static string Line(int leaf, byte[] entry) =>
        Encoding.UTF8.GetString(AuditExportLine.Entry(leaf, MerkleTree.LeafHash(entry), entry)).TrimEnd('\n');

    private static Checkpoint Root(IEnumerable<byte[]> entries)
    {
        var edge = new MerkleEdge();
        foreach (var entry in entries) edge.Append(MerkleTree.LeafHash(entry));
        return new Checkpoint(Key.Verifier.Name, edge.Size, edge.Root());
    }

    private static void Finds(AuditVerification verification, AuditFault fault, long? leaf)
    {
        Assert.False(verification.IsProved);
        Assert.Contains(verification.Findings, f => f.Fault == fault && f.Leaf == leaf);
        if (leaf is not null)
            Assert.Contains(verification.Findings, f => f.Leaf == leaf && f.Message.Contains($"{leaf}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_exported_is_proved()
    {
        var verification = await Verify(await Lines(), Root(Entries[..11]));
        Assert.Empty(verification.Findings);
        Assert.Equal((20, 4, 20), (verification.Entries, verification.Checkpoints, verification.Latest!.Size));
    }

    [Fact]
    public async Task A_changed_entry_is_named()
    {
        var lines = await Lines();
        lines[At(lines, 9)] = lines[At(lines, 9)].Replace("alice", "mallo", StringComparison.Ordinal);
        var verification = await Verify(lines);
        Finds(verification, AuditFault.Changed, 9);
        Assert.Single(verification.Findings);
    }

    [Fact]
    public async Task An_entry_changed_together_with_its_hash_is_found_between_its_checkpoints()
    {
        var lines = await Lines();
        lines[At(lines, 9)] = Line(9, Entry(99));
        var verification = await Verify(lines);
        Finds(verification, AuditFault.Fork, null);
        Assert.Contains("entries 8 to 14", verification.Findings[0].Message, StringComparison.Ordinal);
        Assert.Equal(8, verification.Latest!.Size);
    }

    [Fact]
    public async Task A_removed_entry_is_named()
    {
        var lines = await Lines();
        lines.RemoveAt(At(lines, 12));
        Finds(await Verify(lines), AuditFault.Removed, 12);
    }

    [Fact]
    public async Task A_removed_entry_is_found_where_the_rest_was_renumbered()
    {
        var export = Split(await Export([.. Entries[..12], .. Entries[13..]], [], Key));
        var lines = await Lines();
        foreach (var size in Signed.Where(s => s < 20)) export.Insert(At(export, size - 1) + 1, lines[CheckpointAt(lines, size)]);
        export.Add(lines[CheckpointAt(lines, 20)]);
        var verification = await Verify(export);
        Assert.Contains("entries 8 to 14", verification.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_inserted_entry_is_named_though_the_rest_was_renumbered()
    {
        var lines = await Lines();
        var export = Split(await Export([.. Entries[..10], Entry(77), .. Entries[10..]], [], Key));
        foreach (var size in Signed) export.Insert(At(export, size <= 10 ? size - 1 : size) + 1, lines[CheckpointAt(lines, size)]);
        Finds(await Verify(export), AuditFault.Inserted, 10);
    }

    [Fact]
    public async Task An_entry_inserted_with_a_number_that_is_taken_is_named()
    {
        var lines = await Lines();
        lines.Insert(At(lines, 10) + 1, Line(10, Entry(77)));
        Finds(await Verify(lines), AuditFault.Duplicated, 10);
    }

    [Fact]
    public async Task An_entry_inserted_at_the_end_is_covered_by_no_checkpoint()
    {
        var lines = await Lines();
        lines.Add(Line(20, Entry(77)));
        Finds(await Verify(lines), AuditFault.Truncated, 20);
    }

    [Fact]
    public async Task Reordered_entries_are_named()
    {
        var lines = await Lines();
        (lines[At(lines, 5)], lines[At(lines, 6)]) = (lines[At(lines, 6)], lines[At(lines, 5)]);
        Finds(await Verify(lines), AuditFault.Reordered, 5);
    }

    [Fact]
    public async Task Reordered_and_renumbered_entries_are_named()
    {
        var lines = await Lines();
        (lines[At(lines, 5)], lines[At(lines, 6)]) = (Line(5, Entries[6]), Line(6, Entries[5]));
        Finds(await Verify(lines), AuditFault.Reordered, 5);
    }

    [Fact]
    public async Task A_duplicated_entry_is_named()
    {
        var lines = await Lines();
        lines.Insert(At(lines, 17), lines[At(lines, 17)]);
        Finds(await Verify(lines), AuditFault.Duplicated, 17);
    }

    [Fact]
    public async Task A_duplicated_and_renumbered_entry_is_named()
    {
        var lines = await Lines();
        var export = Split(await Export([.. Entries[..10], Entries[9], .. Entries[10..]], [], Key));
        foreach (var size in Signed) export.Insert(At(export, size <= 10 ? size - 1 : size) + 1, lines[CheckpointAt(lines, size)]);
        Finds(await Verify(export), AuditFault.Duplicated, 10);
    }

    [Fact]
    public async Task A_log_re_signed_with_another_key_is_refused()
    {
        var forged = Split(await Export([.. Entries[..9], Entry(99), .. Entries[10..]], Signed, OtherKey, Key.Verifier));
        var verification = await Verify(forged);
        Finds(verification, AuditFault.Signature, null);
        Assert.Contains(verification.Findings, f => f.Message.Contains("re-signed", StringComparison.Ordinal));
        var openly = await Verify(Split(await Export(Entries, Signed, OtherKey)));
        Finds(openly, AuditFault.Signature, null);
    }

    [Fact]
    public async Task A_checkpoint_changed_under_its_signature_is_refused()
    {
        var lines = await Lines();
        lines[CheckpointAt(lines, 15)] = lines[CheckpointAt(lines, 15)].Replace("\\n15\\n", "\\n14\\n", StringComparison.Ordinal);
        Finds(await Verify(lines), AuditFault.Signature, null);
    }

    [Fact]
    public async Task Two_histories_signed_by_the_log_itself_are_a_fork()
    {
        var lines = await Lines();
        lines.Insert(CheckpointAt(lines, 15) + 1, Encoding.UTF8.GetString(
            AuditExportLine.Checkpoint(Root([.. Entries[..9], Entry(99), .. Entries[10..15]]).Sign(Key))).TrimEnd('\n'));
        var verification = await Verify(lines);
        Finds(verification, AuditFault.Fork, null);
        Assert.Contains("two roots for size 15", verification.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_rewritten_and_re_signed_with_the_right_key_is_found_by_a_checkpoint_seen_before()
    {
        var forged = Split(await Export([.. Entries[..9], Entry(99), .. Entries[10..]], Signed, Key));
        Assert.True((await Verify(forged)).IsProved);
        Finds(await Verify(forged, Root(Entries[..12])), AuditFault.Fork, null);
        Assert.True((await Verify(forged, Root(Entries[..9]))).IsProved);
    }

    [Fact]
    public async Task A_cut_off_end_is_found_by_its_size_or_by_a_checkpoint_seen_before()
    {
        var lines = await Lines();
        var cut = lines[..(CheckpointAt(lines, 15) + 1)];
        Finds(await Verify(cut), AuditFault.Truncated, 15);
        cut[0] = cut[0].Replace("\"size\":20", "\"size\":15", StringComparison.Ordinal);
        Assert.True((await Verify(cut)).IsProved);
        Finds(await Verify(cut, Root(Entries)), AuditFault.Truncated, null);
    }

    [Fact]
    public async Task An_export_without_its_last_checkpoint_is_not_proved()
    {
        var lines = await Lines();
        lines.RemoveAt(CheckpointAt(lines, 20));
        Finds(await Verify(lines), AuditFault.Truncated, 15);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("{\"entry\":{},\"hash\":\"zz\",\"leaf\":1}")]
    [InlineData("{\"entry\":{\"checkpoint\":1}}")]
    [InlineData("{\"checkpoint\":\"\"}")]
    public async Task A_line_of_another_form_is_found_and_crashes_nothing(string line)
    {
        var lines = await Lines();
        lines.Insert(7, line);
        Finds(await Verify(lines), AuditFault.Malformed, null);
    }

    [Fact]
    public async Task Whatever_byte_of_an_export_is_flipped_it_is_found()
    {
        var export = await Export(Entries, Signed, Key);
        var random = new Random(9162);
        for (var i = 0; i < 500; i++)
        {
            var at = random.Next(export.Length);
            var flipped = (byte[])export.Clone();
            flipped[at] ^= (byte)(1 << random.Next(8));
            var verification = await AuditVerifier.Verify(new MemoryStream(flipped), Key.Verifier, null, default);
            Assert.False(verification.IsProved, $"byte {at}: {Encoding.UTF8.GetString(flipped, Math.Max(0, at - 20), Math.Min(40, flipped.Length - Math.Max(0, at - 20)))}");
        }
    }

    [Fact]
    public async Task A_line_longer_than_any_entry_is_found_without_being_held()
    {
        var lines = await Lines();
        lines.Insert(5, new string('x', 1_000_000));
        Finds(await Verify(lines), AuditFault.Malformed, null);
    }

    [Fact]
    public void An_entry_comes_back_from_its_bytes()
    {
        var entry = AuditEntry.New(TimeProvider.System, Actor.System("runs"), "step.done", "run_1", "why", new JsonObject { ["a"] = 1 });
        var back = AuditEntry.Parse(entry.ToCanonicalBytes());
        Assert.Equal(entry.ToCanonicalBytes(), back.ToCanonicalBytes());
        Assert.Equal((entry.Id, entry.Actor), (back.Id, back.Actor));
        Assert.Throws<FormatException>(() => AuditEntry.Parse("{}"u8));
        Assert.Throws<FormatException>(() => AuditEntry.New(
            TimeProvider.System, Actor.System("runs"), "a.b", "c", "d", new JsonObject { ["large"] = new string('x', 70_000) }).ToCanonicalBytes());
        Assert.Throws<FormatException>(() => AuditEntry.New(TimeProvider.System, Actor.System("runs"), "a.b", "c\0", "d", null));
        Assert.Equal(CanonicalJson.Serialize(JsonNode.Parse(entry.ToCanonicalBytes())), entry.ToCanonicalBytes());
    }
}
