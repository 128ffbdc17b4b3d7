using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

/// <summary>A part of the log is exported with proofs, and tampered with.</summary>
public sealed class AuditExcerptTests : IDisposable
{
    private static readonly NoteSigningKey Key = NoteSigningKey.Generate("quarterdeck/test");
    private static readonly AuditScope Scope = new(null, null, null, "inc_1", null);
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-excerpt-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly AuditEntry[] Log =
    [
        Entry(0, Actor.System("alerts"), "alert.firing", "alr_1", new() { ["pack"] = "musd" }),
        Entry(1, Actor.System("alerts"), "alert.firing", "alr_9", new() { ["pack"] = "other" }),
        Entry(2, Actor.System("incidents"), "incident.open", "inc_1", new() { ["alert"] = "alr_1", ["pack"] = "musd" }),
        Entry(3, Actor.Operator("opr_a"), "run.propose", "run_1", new() { ["pack"] = "musd", ["incident"] = "inc_1" }),
        Entry(4, Actor.Operator("opr_a"), "plan.propose", "0x" + new string('a', 64), new() { ["run"] = "run_1" }),
        Entry(5, Actor.Operator("opr_b"), "plan.approve", "0x" + new string('a', 64), new() { ["run"] = "run_1" }),
        Entry(6, Actor.System("lane"), "transaction.sign", "tx_1", new() { ["run"] = "run_1" }),
        Entry(7, Actor.System("lane"), "transaction.confirm", "tx_1", new() { ["block"] = "12" }),
        Entry(8, Actor.Operator("opr_b"), "session.open", "ses_1", new() { ["operator"] = "opr_b" }),
        Entry(9, Actor.System("incidents"), "incident.open", "inc_2", new() { ["alert"] = "alr_9", ["pack"] = "other" }),
        Entry(10, Actor.System("notifying"), "notification.queue", "ntf_1", new() { ["alerts"] = new JsonArray("alr_1") }),
    ];

    private static AuditEntry Entry(int i, Actor actor, string action, string subject, JsonObject detail) =>
        new($"aud_{i}", DateTimeOffset.UnixEpoch.AddMinutes(i), actor, action, subject, "because", detail);

    private static int[] Held(AuditScope scope)
    {
        var trail = new AuditTrail(scope);
        foreach (var entry in Log) trail.Follow(entry);
        return [.. Enumerable.Range(0, Log.Length).Where(i => trail.Holds(Log[i]))];
    }

    private static async Task<List<string>> Excerpt(AuditScope scope, IEnumerable<int> held, NoteSigningKey? by = null)
    {
        var key = by ?? Key;
        var hashes = Log.Select(e => MerkleTree.LeafHash(e.ToCanonicalBytes())).ToArray();
        var edge = new MerkleEdge();
        foreach (var hash in hashes) edge.Append(hash);
        using var stream = new MemoryStream();
        using var writer = new AuditExcerptWriter(stream, scope);
        await writer.Header(key.Verifier, new Checkpoint(key.Verifier.Name, edge.Size, edge.Root()).Sign(key), default);
        foreach (var i in held)
        {
            var proof = MerkleProof.Inclusion(i, hashes.Length).Select(r => Root(hashes, r));
            await writer.Entry(i, hashes[i], Log[i].ToCanonicalBytes(), proof, default);
        }

        await writer.End(text => SignedNote.Sign(text, key), default);
        return [.. Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n')];
    }

    private static Hash32 Root(Hash32[] hashes, LeafRange range)
    {
        var edge = new MerkleEdge();
        for (var i = range.Start; i < range.End; i++) edge.Append(hashes[i]);
        return edge.Root();
    }

    private async Task<AuditVerification> Verify(IEnumerable<string> lines, NoteVerifierKey? key = null, Checkpoint? seen = null)
    {
        var path = Path.Combine(_folder, "excerpt.ndjson");
        await File.WriteAllTextAsync(path, string.Join('\n', lines) + "\n");
        return await AuditExportFile.Verify(path, key ?? Key.Verifier, seen, default);
    }

    [Fact]
    public void An_incident_is_followed_from_its_alert_to_its_transactions_and_no_further() =>
        Assert.Equal([0, 2, 3, 4, 5, 6, 7, 10], Held(Scope));

    [Fact]
    public void A_protocol_an_operator_and_a_period_narrow_and_all_given_must_hold()
    {
        Assert.Equal([0, 2, 3, 4, 5, 6, 7, 10], Held(new AuditScope(null, null, "musd", null, null)));
        Assert.Equal([1, 9], Held(new AuditScope(null, null, "other", null, null)));
        Assert.Equal([5, 8], Held(new AuditScope(null, null, null, null, "opr_b")));
        Assert.Equal([5], Held(new AuditScope(null, null, "musd", null, "opr_b")));
        Assert.Equal([4, 5], Held(new AuditScope(DateTimeOffset.UnixEpoch.AddMinutes(4), DateTimeOffset.UnixEpoch.AddMinutes(6), null, null, null)));
    }

    [Fact]
    public async Task An_excerpt_is_proved()
    {
        var verification = await Verify(await Excerpt(Scope, Held(Scope)));
        Assert.Empty(verification.Findings);
        Assert.Equal((8, 11, """{"incident":"inc_1"}"""), (verification.Entries, verification.Latest!.Size, verification.Scope));
    }

    [Fact]
    public async Task An_excerpt_of_nothing_is_the_logs_word_that_there_is_nothing() =>
        Assert.True((await Verify(await Excerpt(new AuditScope(null, null, "none", null, null), []))).IsProved);

    [Theory]
    [InlineData("change an entry", AuditFault.Changed)]
    [InlineData("change an entry and its hash", AuditFault.Inserted)]
    [InlineData("remove an entry", AuditFault.Removed)]
    [InlineData("duplicate an entry", AuditFault.Duplicated)]
    [InlineData("exchange two entries", AuditFault.Reordered)]
    [InlineData("renumber an entry", AuditFault.Inserted)]
    [InlineData("cut the end", AuditFault.Truncated)]
    [InlineData("add a line after the end", AuditFault.Inserted)]
    [InlineData("name another scope", AuditFault.Signature)]
    [InlineData("sign with another key", AuditFault.Signature)]
    [InlineData("take the end of another excerpt", AuditFault.Removed)]
    [InlineData("leave out the header", AuditFault.Malformed)]
    [InlineData("write a number another way", AuditFault.Malformed)]
    public async Task What_was_done_to_an_excerpt_is_found(string what, AuditFault fault)
    {
        var lines = await Excerpt(Scope, Held(Scope));
        switch (what)
        {
            case "change an entry":
                lines[3] = lines[3].Replace("because", "BECAUSE", StringComparison.Ordinal);
                break;
            case "change an entry and its hash":
                var node = JsonNode.Parse(lines[3])!.AsObject();
                node["entry"]!["reason"] = "another";
                node["hash"] = MerkleTree.LeafHash(CanonicalJson.Serialize(node["entry"])).ToString()[2..];
                lines[3] = Encoding.UTF8.GetString(CanonicalJson.Serialize(node));
                break;
            case "remove an entry":
                lines.RemoveAt(4);
                break;
            case "duplicate an entry":
                lines.Insert(4, lines[3]);
                break;
            case "exchange two entries":
                (lines[3], lines[4]) = (lines[4], lines[3]);
                break;
            case "renumber an entry":
                lines[3] = lines[3].Replace("\"leaf\":3", "\"leaf\":1", StringComparison.Ordinal);
                Assert.Contains("\"leaf\":1,", lines[3], StringComparison.Ordinal);
                break;
            case "cut the end":
                lines.RemoveAt(lines.Count - 1);
                break;
            case "add a line after the end":
                lines.Add(lines[3]);
                break;
            case "name another scope":
                lines[0] = lines[0].Replace("inc_1", "inc_2", StringComparison.Ordinal);
                break;
            case "sign with another key":
                lines = await Excerpt(Scope, Held(Scope), NoteSigningKey.Generate("quarterdeck/test"));
                break;
            case "take the end of another excerpt":
                lines.RemoveAt(4);
                lines[^1] = (await Excerpt(Scope, [0, 2, 3, 4, 5, 6, 10]))[^1];
                break;
            case "leave out the header":
                lines.RemoveAt(0);
                break;
            default:
                lines[3] = lines[3].Replace("\"leaf\":3", "\"leaf\":3.0", StringComparison.Ordinal);
                break;
        }

        var verification = await Verify(lines);
        Assert.False(verification.IsProved);
        Assert.Contains(verification.Findings, f => f.Fault == fault);
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_is_found()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', await Excerpt(Scope, Held(Scope))) + "\n");
        var path = Path.Combine(_folder, "flipped.ndjson");
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var flipped = bytes.ToArray();
            // A letter's case, which hexadecimal does not tell apart, is a change of the bytes as well.
            flipped[i] ^= 0x01;
            await File.WriteAllBytesAsync(path, flipped);
            Assert.False((await AuditExportFile.Verify(path, Key.Verifier, null, default)).IsProved, $"byte {i} was flipped");
        }
    }

    [Fact]
    public async Task A_checkpoint_seen_earlier_must_not_be_larger_nor_another()
    {
        var lines = await Excerpt(Scope, Held(Scope));
        Assert.Contains((await Verify(lines, null, new Checkpoint("quarterdeck/test", 12, MerkleTree.EmptyRoot))).Findings, f => f.Fault == AuditFault.Fork);
        Assert.Contains((await Verify(lines, null, new Checkpoint("quarterdeck/test", 11, MerkleTree.EmptyRoot))).Findings, f => f.Fault == AuditFault.Fork);
        Assert.True((await Verify(lines, null, new Checkpoint("quarterdeck/test", 10, MerkleTree.EmptyRoot))).IsProved);
    }

    [Fact]
    public void A_statement_is_no_checkpoint() => Assert.Throws<FormatException>(() =>
        Checkpoint.Parse(AuditExcerptLine.StatementText(Scope, new Checkpoint("quarterdeck/test", 5, MerkleTree.EmptyRoot), 5, MerkleTree.EmptyRoot)));

    [Theory]
    [InlineData("as it is", null)]
    [InlineData("evidence changed", AuditFault.Changed)]
    [InlineData("evidence nobody named", AuditFault.Malformed)]
    [InlineData("a file added", AuditFault.Malformed)]
    [InlineData("a name twice", AuditFault.Malformed)]
    [InlineData("the sums lead out", AuditFault.Malformed)]
    [InlineData("the sums made to fit", AuditFault.Signature)]
    [InlineData("nobody signed the sums", AuditFault.Signature)]
    public async Task A_zip_is_judged_with_its_evidence(string what, AuditFault? fault)
    {
        var plan = "{}"u8.ToArray();
        var digest = Convert.ToHexStringLower(SHA256.HashData(plan));
        var evidence = $"evidence/{digest}.json";
        // The entry that names the evidence takes the place of the plan's own.
        var log = string.Join('\n', await Excerpt(Scope, Held(Scope))) + "\n";
        var named = what == "evidence nobody named" ? log : await Naming(digest);
        var files = new List<(string Name, byte[] Bytes)>
        {
            ("excerpt.ndjson", Encoding.UTF8.GetBytes(named)), (evidence, what == "evidence changed" ? "[]"u8.ToArray() : plan),
        };
        var sums = string.Concat(files.Select(f => $"{Convert.ToHexStringLower(SHA256.HashData(f.Bytes))}  {f.Name}\n"));
        if (what == "a file added") files.Add(("evidence.txt", [1]));
        if (what == "a name twice") files.Add(("excerpt.ndjson", [1]));
        if (what == "the sums lead out") sums += $"{new string('0', 64)}  ../../etc/hostname\n";
        files.Add(("SHA256SUMS", Encoding.UTF8.GetBytes(sums)));
        if (what == "the sums made to fit") files[^1] = ("SHA256SUMS", Encoding.UTF8.GetBytes(sums.Split('\n')[0] + "\n"));
        files.Add(("SHA256SUMS.sig", Encoding.UTF8.GetBytes(SignedNote.Sign(ExportSums.StatementText(Key.Verifier.Name, Encoding.UTF8.GetBytes(sums)), Key))));
        if (what == "nobody signed the sums") files.RemoveAt(files.Count - 1);
        var path = Path.Combine(_folder, "export.zip");
        await using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            foreach (var (name, bytes) in files)
            {
                await using var entry = zip.CreateEntry(name).Open();
                await entry.WriteAsync(bytes);
            }
        }

        var verification = await AuditExportFile.Verify(path, Key.Verifier, null, default);
        if (fault is null) Assert.Empty(verification.Findings);
        else Assert.Contains(verification.Findings, f => f.Fault == fault);
    }

    private static async Task<string> Naming(string digest)
    {
        var before = Log[4];
        try
        {
            Log[4] = before with { Subject = "0x" + digest };
            return string.Join('\n', await Excerpt(Scope, Held(Scope))) + "\n";
        }
        finally
        {
            Log[4] = before;
        }
    }

    [Fact]
    public void A_report_shows_entries_as_text_whatever_they_hold()
    {
        var report = new AuditReport("quarterdeck/test", Scope, DateTimeOffset.UnixEpoch);
        var entry = Entry(0, Actor.Operator("<b>"), "a.b", "\"><script>alert(1)</script>", new() { ["x"] = "</pre><img src=x>\u202e" });
        report.Add(0, MerkleTree.LeafHash(entry.ToCanonicalBytes()), entry);
        var html = report.ToHtml(null);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", html, StringComparison.Ordinal);
        Assert.Contains("default-src &#39;none&#39;".Replace("&#39;", "'", StringComparison.Ordinal), html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
    }
}
