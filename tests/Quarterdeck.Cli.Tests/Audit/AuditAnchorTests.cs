using Quarterdeck.Cli.Audit;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Testing;

namespace Quarterdeck.Cli.Tests.Audit;

/// <summary>A log is held against a checkpoint that stands on a chain.</summary>
[Collection("console")]
public sealed class AuditAnchorTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>, IDisposable
{
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly NoteSigningKey _key = NoteSigningKey.Generate("quarterdeck/test");
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-anchor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_history_that_begins_with_what_was_anchored_is_proved_and_a_rewritten_or_shorter_one_is_not()
    {
        var (honest, roots) = await Export("honest", 9, "why");
        var anchored = await Send(AuditAnchor.Data(6, roots[5]));
        var (code, output) = await Verify(honest, anchored);
        Assert.True(code == 0, output);
        Assert.Contains("a checkpoint of size 6 was anchored by 0xf39F", output, StringComparison.Ordinal);
        Assert.Contains("chain 31337", output, StringComparison.Ordinal);

        // Whoever has the key can sign another history, but not the one of the day of the transaction.
        var (rewritten, _) = await Export("rewritten", 9, "another why");
        (code, output) = await Verify(rewritten, anchored);
        Assert.Equal(1, code);
        Assert.Contains("history was forked", output, StringComparison.Ordinal);

        var (shorter, _) = await Export("shorter", 4, "why");
        (code, output) = await Verify(shorter, anchored);
        Assert.Equal(1, code);
        Assert.Contains("had 6 entries", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_anchors_nothing_is_bad_input()
    {
        var (path, roots) = await Export("honest", 3, "why");
        foreach (var data in new[] { [], [1, 2, 3, 4], AuditAnchor.Data(3, roots[2])[..^1], [.. AuditAnchor.Data(3, roots[2]), 0], AuditAnchor.Data(0, roots[2]) })
        {
            var (code, output) = await Verify(path, await Send(data));
            Assert.Equal(2, code);
            Assert.Contains("anchors no checkpoint", output, StringComparison.Ordinal);
        }

        Assert.Equal(2, (await Verify(path, new Hash32(new byte[32]).ToString())).Code);
        Assert.Equal(2, (await Verify(path, "0x12")).Code);
        Assert.Equal(2, (await Verify(path, new Hash32(new byte[32]).ToString(), "http://127.0.0.1:9")).Code);
    }

    private async Task<string> Send(byte[] data)
    {
        var answer = await anvil.Rpc.Send(
            "eth_sendTransaction", [new { from = Sender, to = "0x00000000000000000000000000000000000a0c04", data = "0x" + Convert.ToHexStringLower(data) }], Cancel);
        return answer.GetString()!;
    }

    private async Task<(string Path, List<Hash32> Roots)> Export(string name, int entries, string reason)
    {
        await using var file = File.Create(Path.Combine(_folder, name + ".ndjson"));
        var writer = new AuditExportWriter(file);
        var edge = new MerkleEdge();
        var roots = new List<Hash32>();
        await writer.Header(_key.Verifier, entries, Cancel);
        for (var i = 0; i < entries; i++)
        {
            var entry = new AuditEntry($"aud_{i}", DateTimeOffset.UnixEpoch, Actor.Cli("test"), "a.b", $"run_{i}", reason, null).ToCanonicalBytes();
            edge.Append(MerkleTree.LeafHash(entry));
            roots.Add(edge.Root());
            await writer.Entry(i, MerkleTree.LeafHash(entry), entry, Cancel);
        }

        await writer.Checkpoint(new Checkpoint(_key.Verifier.Name, entries, edge.Root()).Sign(_key), Cancel);
        return (file.Name, roots);
    }

    private async Task<(int Code, string Output)> Verify(string path, string transaction, string? endpoint = null)
    {
        var (before, errors) = (Console.Out, Console.Error);
        using var output = new StringWriter();
        Console.SetOut(output);
        Console.SetError(output);
        try
        {
            var code = await QuarterdeckCommand.Run(
                ["audit", "verify", path, "--key", _key.Verifier.ToString(), "--anchor", endpoint ?? anvil.Endpoint.ToString(), transaction], Cancel);
            return (code, output.ToString());
        }
        finally
        {
            Console.SetOut(before);
            Console.SetError(errors);
        }
    }
}
