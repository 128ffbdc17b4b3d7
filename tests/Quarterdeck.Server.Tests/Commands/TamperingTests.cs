using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Quarterdeck.Cli;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Tests.Hostile;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Tests.Commands;

/// <summary>
/// The drill of somebody who doubts: a real server's export, tampered with in each way of a table, then <c>audit verify</c> as a person
/// runs it. Each is done twice: as it is, and with SHA256SUMS written anew to fit.
/// </summary>
[Collection("console")]
public sealed class TamperingTests(ServerFixture server) : IClassFixture<ServerFixture>, IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-tampering-");

    private static readonly (string How, string Says, Action<TamperedExport, NoteSigningKey> Do)[] Table =
    [
        ("a field of an entry changed", "entry 3 was changed", (x, _) => x.Lines(l => Change(l, 3, e => e.Replace("\"reason\":\"", "\"reason\":\"not ", StringComparison.Ordinal)))),
        ("a field changed together with the entry's hash", "was changed, exchanged or removed and the rest made to fit", (x, _) => x.Lines(l => l[TamperedExport.At(l, 3)] =
            TamperedExport.Line(TamperedExport.EntryOf(l[TamperedExport.At(l, 3)]).Replace("\"reason\":\"", "\"reason\":\"not ", StringComparison.Ordinal), 3))),
        ("the time of an entry changed", "entry 4 was changed", (x, _) => x.Lines(l => Change(l, 4, e => e.Replace("\"time\":\"20", "\"time\":\"19", StringComparison.Ordinal)))),
        ("the hash of evidence changed in its entry", "was changed: its bytes do not have its hash", (x, _) => x.Lines(l =>
        {
            var digest = x.Evidence[0]["evidence/".Length..].Split('.')[0];
            var at = l.FindIndex(e => e.Contains(digest, StringComparison.Ordinal));
            l[at] = l[at].Replace(digest, digest[..^1] + (digest[^1] == '0' ? '1' : '0'), StringComparison.Ordinal);
        })),
        ("an entry's recorded hash changed", "entry 3 was changed", (x, _) => x.Lines(l => l[TamperedExport.At(l, 3)] =
            l[TamperedExport.At(l, 3)].Replace("\"hash\":\"", "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000", StringComparison.Ordinal)
                is var s ? s.Remove(s.LastIndexOf("\",\"leaf\"", StringComparison.Ordinal) - 64, 64) : "")),
        ("an entry removed", "entry 5 is missing", (x, _) => x.Lines(l => l.RemoveAt(TamperedExport.At(l, 5)))),
        ("an entry removed and the rest renumbered", "removed", (x, _) => x.Lines(l =>
        {
            l.RemoveAt(TamperedExport.At(l, 5));
            TamperedExport.Renumber(l);
        })),
        ("the last entry removed", "removed", (x, _) => x.Lines(l => l.RemoveAt(TamperedExport.LastEntry(l)))),
        ("the last entry and its checkpoint removed", "the export announces", (x, _) => x.Lines(CutEnd)),
        ("an old checkpoint with the later entries cut off, the header made to fit", "SHA256SUMS", (x, _) =>
        {
            x.Lines(l =>
            {
                CutEnd(l);
                l[0] = TamperedExport.Header(l[0], "size", l.Count(TamperedExport.IsEntry));
            });
            x.Lines(l => x["checkpoint.txt"] = Encoding.UTF8.GetBytes(TamperedExport.NoteOf(l.Last(TamperedExport.IsCheckpoint))));
        }),
        ("an entry inserted and the rest renumbered", "inserted", (x, _) => x.Lines(l =>
        {
            l.Insert(TamperedExport.At(l, 2) + 1, TamperedExport.Line(TamperedExport.EntryOf(l[TamperedExport.At(l, 3)]).Replace("aud_", "aud_9", StringComparison.Ordinal), 0));
            TamperedExport.Renumber(l);
        })),
        ("an entry inserted at the end", "covered by no checkpoint", (x, _) => x.Lines(l =>
            l.Add(TamperedExport.Line(TamperedExport.EntryOf(l[TamperedExport.At(l, 3)]), l.Count(TamperedExport.IsEntry))))),
        ("two entries in another order", "entries were reordered", (x, _) => x.Lines(l => Swap(l, TamperedExport.At(l, 2), TamperedExport.At(l, 3)))),
        ("two entries in another order and renumbered", "exchanged", (x, _) => x.Lines(l =>
        {
            Swap(l, TamperedExport.At(l, 2), TamperedExport.At(l, 3));
            TamperedExport.Renumber(l);
        })),
        ("an entry twice", "stands a second time", (x, _) => x.Lines(l => l.Insert(TamperedExport.At(l, 3) + 1, l[TamperedExport.At(l, 3)]))),
        ("an entry given another number", "stands after entry 300000", (x, _) => x.Lines(l => l[TamperedExport.At(l, 3)] =
            l[TamperedExport.At(l, 3)].Replace("\"leaf\":3}", "\"leaf\":300000}", StringComparison.Ordinal))),
        ("the whole log signed again with another key of the same name", "re-signed with another key", (x, other) =>
        {
            x.Lines(l => TamperedExport.Resign(l, other));
            x["key.txt"] = Encoding.UTF8.GetBytes(other.Verifier + "\n");
            x.Lines(l => x["checkpoint.txt"] = Encoding.UTF8.GetBytes(TamperedExport.NoteOf(l.Last(TamperedExport.IsCheckpoint))));
            x.Fit(other);
        }),
        ("history forked: rewritten, with checkpoints that another key signed well", "re-signed with another key", (x, other) => x.Lines(l =>
        {
            var key = TamperedExport.Header(l[0], "size", l.Count(TamperedExport.IsEntry));
            Change(l, 3, e => e.Replace("\"reason\":\"", "\"reason\":\"not ", StringComparison.Ordinal));
            TamperedExport.Renumber(l);
            TamperedExport.Resign(l, other);
            l[0] = key;
        })),
        ("a checkpoint's signature changed", "false signature", (x, _) => x.Lines(l => EditLast(l, n => Flip(n, n.Length - 20)))),
        ("a checkpoint's size changed", "false signature", (x, _) => x.Lines(l => EditLast(l, n => n.Split('\n') is var p
            ? string.Join('\n', [p[0], (long.Parse(p[1], CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture), .. p[2..]]) : n))),
        ("a checkpoint's root changed", "false signature", (x, _) => x.Lines(l => EditLast(l, n => n.Split('\n') is var p
            ? string.Join('\n', [p[0], p[1], Convert.ToBase64String(new byte[32]), .. p[3..]]) : n))),
        ("all checkpoints removed", "no checkpoint", (x, _) => x.Lines(l => l.RemoveAll(TamperedExport.IsCheckpoint))),
        ("the header removed", "does not begin with its header", (x, _) => x.Lines(l => l.RemoveAt(0))),
        ("white space in an entry", "was changed", (x, _) => x.Lines(l => Change(l, 3, e => e.Replace("\",\"", "\", \"", StringComparison.Ordinal)))),
        ("white space around an entry", "neither entry nor checkpoint", (x, _) => x.Lines(l => l[TamperedExport.At(l, 3)] =
            l[TamperedExport.At(l, 3)].Replace("{\"entry\":", "{ \"entry\":", StringComparison.Ordinal))),
        ("a member of an entry twice", "was changed", (x, _) => x.Lines(l => Change(l, 3, e => "{\"action\":\"nothing.happened\"," + e[1..]))),
        ("a member of a line twice", "neither entry nor checkpoint", (x, _) => x.Lines(l => l[TamperedExport.At(l, 3)] =
            l[TamperedExport.At(l, 3)].Replace(",\"leaf\":3}", ",\"leaf\":3,\"leaf\":3}", StringComparison.Ordinal))),
        ("a letter written as an escape", "was changed", (x, _) => x.Lines(l => Change(l, 3, e => e.Replace("\"reason\":\"", "\"reason\":\"\\u0041", StringComparison.Ordinal)))),
        ("two files of evidence exchanged", "its SHA-256 is not its name", (x, _) =>
            (x[x.Evidence[0]], x[x.Evidence[1]]) = (x[x.Evidence[1]], x[x.Evidence[0]])),
        ("evidence changed", "its SHA-256 is not its name", (x, _) => x.Text(x.Evidence[0], t => t.Replace("Vault", "Tresor", StringComparison.Ordinal))),
        ("evidence removed", "SHA256SUMS", (x, _) => x.Remove(x.Evidence[0])),
        ("evidence added", "is named by no entry", (x, _) => x.Add($"evidence/{new string('a', 64)}.json", "{}"u8.ToArray())),
        ("the report changed", "SHA256SUMS", (x, _) => x.Text("report.html", t => t.Replace("Audit report", "Audit rapport", StringComparison.Ordinal))),
        ("the key beside the log exchanged", "SHA256SUMS", (x, other) => x["key.txt"] = Encoding.UTF8.GetBytes(other.Verifier + "\n")),
        ("the signature of the sums removed", "nobody signed SHA256SUMS", (x, _) => x.Remove("SHA256SUMS.sig")),
        ("the sums signed with another key", "SHA256SUMS.sig is not signed by", (x, other) => x.Fit(other)),
        ("a file added", "SHA256SUMS", (x, _) => x.Add("note.txt", "trust me"u8.ToArray())),
        ("a file that leads out of the folder", "leads out of the folder", (x, _) => x.Add("../../../../tmp/quarterdeck-was-here", "x"u8.ToArray())),
        ("a file at the root of the disk", "leads out of the folder", (x, _) => x.Add("/etc/cron.d/quarterdeck", "x"u8.ToArray())),
        ("a file with a backslash and control characters in its name", "leads out of the folder", (x, _) => x.Add("..\\x\u001b[2Jy", "x"u8.ToArray())),
        ("the log twice in the zip", "more than once", (x, _) => x.Add(TamperedExport.Log, "{}\n"u8.ToArray())),
        ("the log twice under another case", "more than once", (x, _) => x.Add("AUDIT.ndjson", "{}\n"u8.ToArray())),
        ("a line that is no JSON", "neither entry nor checkpoint", (x, _) => x.Lines(l => l.Insert(4, "all is well"))),
        ("a line without end", "longer than any entry", (x, _) => x.Lines(l => l.Insert(4, new string('x', 2_000_000)))),
    ];

    public static TheoryData<string> Ways => [.. Table.Select(t => t.How)];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Each_way_of_tampering_is_found_and_said(string how)
    {
        var (_, says, tamper) = Table.Single(t => t.How == how);
        var sound = await Sound();
        foreach (var fitted in new[] { false, true })
        {
            var tampered = sound.Copy();
            tamper(tampered, NoteSigningKey.Generate(server.Get<AuditSigner>().Key.Name));
            if (fitted && !how.Contains("sums", StringComparison.Ordinal)) tampered.Fit();
            var path = Path.Combine(_folder.FullName, "tampered.zip");
            await tampered.Write(path);
            var (code, output) = await Verify(path);
            Assert.True(code == 1, $"exit code {code}, sums {(fitted ? "made to fit" : "as they were")}: {output}");
            Assert.Contains("NOT PROVED", output, StringComparison.Ordinal);
            Assert.Contains(says, output, StringComparison.Ordinal);
            Assert.DoesNotContain("\u001b", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_export_as_it_came_is_proved_and_what_is_no_zip_or_a_bomb_is_refused()
    {
        var sound = await Sound();
        Assert.True(sound.Evidence.Count >= 2);
        var path = Path.Combine(_folder.FullName, "sound.zip");
        await sound.Write(path);
        var (code, output) = await Verify(path);
        Assert.True(code == 0, output);

        var bomb = sound.Copy();
        bomb.Add("evidence/padding.json", new byte[100 << 20]);
        await bomb.Write(path);
        (code, output) = await Verify(path);
        Assert.Equal(2, code);
        Assert.Contains("zip bomb", output, StringComparison.Ordinal);

        await sound.Write(path);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)], Cancel);
        (code, output) = await Verify(path);
        Assert.Equal(2, code);
        Assert.Contains("damaged zip", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_exports_the_log_and_mirrors_its_tiles_and_what_it_wrote_is_proved()
    {
        await Sound();
        using var owner = await server.As("operator");
        var made = await (await owner.PostAsJsonAsync("/api/tokens", new { label = "export", scopes = new[] { "audit.read", "audit.export" } }, Cancel))
            .Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Environment.SetEnvironmentVariable("QUARTERDECK_TOKEN", made.GetProperty("token").GetString());
        try
        {
            var (zip, tiles) = (Path.Combine(_folder.FullName, "log.zip"), Path.Combine(_folder.FullName, "mirror"));
            var (code, output) = await Run("audit", "export", "--out", zip, "--url", server.Url.ToString());
            Assert.True(code == 0, output);
            Assert.Equal(0, (await Verify(zip)).Code);
            for (var i = 0; i < 2; i++)
            {
                (code, output) = await Run("audit", "export", "--tiles", tiles, "--url", server.Url.ToString());
                Assert.True(code == 0, output);
                (code, output) = await Verify(tiles);
                Assert.True(code == 0, output);
                await Crew.Submit(server, Crew.Draft("system:alerts"));
                await server.Get<AuditSequencer>().Flush(Cancel);
            }

            Assert.Equal(1, (await Run("audit", "verify", tiles, "--key", NoteSigningKey.Generate("quarterdeck/none").Verifier.ToString())).Code);
            Environment.SetEnvironmentVariable("QUARTERDECK_TOKEN", "qdt_wrong");
            Assert.Equal(1, (await Run("audit", "export", "--tiles", tiles, "--url", server.Url.ToString())).Code);
        }
        finally
        {
            Environment.SetEnvironmentVariable("QUARTERDECK_TOKEN", null);
        }
    }

    [Theory]
    [InlineData("as they are", null)]
    [InlineData("an entry", "holds another hash for entry")]
    [InlineData("a tile of hashes", "holds another hash for entry")]
    [InlineData("both", "changed with the tiles above it")]
    [InlineData("a tile removed", "is not there")]
    [InlineData("a bundle cut", "ends within entry")]
    [InlineData("the checkpoint", "is not signed by")]
    public async Task Tiles_are_verified_and_an_altered_one_is_found(string what, string? says)
    {
        await Sound();
        using var auditor = await server.As("compliance");
        var folder = Path.Combine(_folder.FullName, "tiles");
        var note = await auditor.GetStringAsync("/api/audit/log/checkpoint", Cancel);
        var size = Checkpoint.Parse(SignedNote.Parse(note).Text).Size;
        foreach (var (level, index, width) in AuditTileFolder.All(size))
        {
            var tile = AuditTileFolder.PathOf(level, index, width);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, tile))!);
            await File.WriteAllBytesAsync(Path.Combine(folder, tile), await auditor.GetByteArrayAsync($"/api/audit/log/{tile}", Cancel), Cancel);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), note, Cancel);
        var all = AuditTileFolder.All(size).ToList();
        var bundle = Path.Combine(folder, AuditTileFolder.PathOf(null, 0, all[0].Width));
        var hashes = Path.Combine(folder, AuditTileFolder.PathOf(0, 0, all[0].Width));
        if (what is "an entry" or "both") await Edit(bundle, b => b[40] ^= 1);
        if (what is "a tile of hashes") await Edit(hashes, b => b[70] ^= 1);
        if (what is "both")
        {
            var entries = await File.ReadAllBytesAsync(bundle, Cancel);
            var length = entries[0] << 8 | entries[1];
            await Edit(hashes, b => MerkleTree.LeafHash(entries.AsSpan(2, length)).ToArray().CopyTo(b, 0));
        }

        if (what is "a tile removed") File.Delete(hashes);
        if (what is "a bundle cut") await File.WriteAllBytesAsync(bundle, (await File.ReadAllBytesAsync(bundle, Cancel))[..^5], Cancel);
        if (what is "the checkpoint")
            await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), note.Replace(note.Split('\n')[2], Convert.ToBase64String(new byte[32]), StringComparison.Ordinal), Cancel);
        var (code, output) = await Verify(folder);
        Assert.True(code == (says is null ? 0 : 1), output);
        Assert.Contains(says ?? "Proved", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task Edit(string path, Action<byte[]> change)
    {
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        change(bytes);
        await File.WriteAllBytesAsync(path, bytes, Cancel);
    }

    private static void Change(List<string> lines, long leaf, Func<string, string> change)
    {
        var at = TamperedExport.At(lines, leaf);
        var entry = TamperedExport.EntryOf(lines[at]);
        var changed = change(entry);
        Assert.NotEqual(entry, changed);
        lines[at] = lines[at].Replace(entry, changed, StringComparison.Ordinal);
    }

    private static void CutEnd(List<string> lines)
    {
        lines.RemoveAt(lines.FindLastIndex(TamperedExport.IsCheckpoint));
        while (TamperedExport.IsEntry(lines[^1])) lines.RemoveAt(lines.Count - 1);
    }

    private static void EditLast(List<string> lines, Func<string, string> change)
    {
        var at = lines.FindLastIndex(TamperedExport.IsCheckpoint);
        lines[at] = TamperedExport.Checkpoint(change(TamperedExport.NoteOf(lines[at])));
    }

    private static void Swap(List<string> lines, int one, int other) => (lines[one], lines[other]) = (lines[other], lines[one]);

    private static string Flip(string text, int at) => $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}";

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<ServerFixture, byte[]> Exported = new();

    // At least two checkpoints and two plans' evidence.
    private async Task<TamperedExport> Sound()
    {
        if (Exported.TryGetValue(server, out var known)) return await TamperedExport.Read(known);
        for (var i = 0; i < 2; i++)
        {
            await Crew.Submit(server, Crew.Draft("system:alerts"));
            await server.Get<AuditSequencer>().Flush(Cancel);
        }

        using var auditor = await server.As("compliance");
        await server.Get<AuditSequencer>().Flush(Cancel);
        var bytes = Exported[server] = await auditor.GetByteArrayAsync("/api/audit/export?format=zip", Cancel);
        return await TamperedExport.Read(bytes);
    }

    private Task<(int Code, string Output)> Verify(string path) => Run("audit", "verify", path, "--key", server.Get<AuditSigner>().Key.ToString());

    private static async Task<(int Code, string Output)> Run(params string[] args)
    {
        using var output = new StringWriter();
        var (stdout, stderr) = (Console.Out, Console.Error);
        Console.SetOut(output);
        Console.SetError(output);
        try
        {
            return (await QuarterdeckCommand.Run(args, Cancel), output.ToString());
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
    }
}
