using System.Net;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Tests.Audit;

/// <summary>The command is run as a user runs it; what it prints and how it exits is what counts.</summary>
[Collection("console")]
public sealed class AuditCommandTests : IDisposable
{
    private readonly NoteSigningKey _key = NoteSigningKey.Generate("quarterdeck/test");
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private async Task<string> Export(int entries, NoteSigningKey? by = null)
    {
        var key = by ?? _key;
        await using var file = File.Create(At("audit.ndjson"));
        var writer = new AuditExportWriter(file);
        var edge = new MerkleEdge();
        await writer.Header(key.Verifier, entries, TestContext.Current.CancellationToken);
        for (var i = 0; i < entries; i++)
        {
            var entry = new AuditEntry(
                $"aud_{i}", DateTimeOffset.UnixEpoch, Actor.Cli("test"), "a.b", $"run_{i}", "why", null).ToCanonicalBytes();
            var hash = MerkleTree.LeafHash(entry);
            edge.Append(hash);
            await writer.Entry(i, hash, entry, TestContext.Current.CancellationToken);
        }

        await writer.Checkpoint(new Checkpoint(key.Verifier.Name, entries, edge.Root()).Sign(key), TestContext.Current.CancellationToken);
        return file.Name;
    }

    private async Task<(int Exit, string Output)> Run(params string[] args)
    {
        var (before, errors) = (Console.Out, Console.Error);
        using var output = new StringWriter();
        Console.SetOut(output);
        Console.SetError(output);
        try
        {
            var exit = await QuarterdeckCommand.Run([.. args, "--state", At("state")], TestContext.Current.CancellationToken);
            return (exit, output.ToString());
        }
        finally
        {
            Console.SetOut(before);
            Console.SetError(errors);
        }
    }

    [Fact]
    public async Task A_sound_export_is_proved_with_the_key()
    {
        var (exit, output) = await Run("audit", "verify", await Export(5), "--key", _key.Verifier.ToString());
        Assert.Equal(0, exit);
        Assert.StartsWith("Proved: 5 entries and 1 checkpoints of quarterdeck/test.", output, StringComparison.Ordinal);
        Assert.Contains("(from --key)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_entry_is_named_and_the_exit_code_is_1()
    {
        var path = await Export(5);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Replace("run_3", "run_9", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, output) = await Run("audit", "verify", path, "--key", _key.Verifier.ToString());
        Assert.Equal(1, exit);
        Assert.Contains("entry 3 was changed", output, StringComparison.Ordinal);

        var (json, text) = await Run("audit", "verify", path, "--key", _key.Verifier.ToString(), "--json");
        Assert.Equal(1, json);
        var verdict = JsonNode.Parse(text)!;
        Assert.False((bool)verdict["proved"]!);
        Assert.Equal(("changed", 3), ((string)verdict["findings"]![0]!["fault"]!, (int)verdict["findings"]![0]!["leaf"]!));
    }

    [Fact]
    public async Task Without_a_key_the_one_of_the_environment_is_taken_and_another_signer_refused()
    {
        Directory.CreateDirectory(At("state"));
        await File.WriteAllTextAsync(At("state/audit.key.pub"), _key.Verifier + "\n", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await Run("audit", "verify", await Export(5))).Exit);
        Assert.Contains(_key.Verifier.ToString(), (await Run("audit", "key")).Output, StringComparison.Ordinal);

        var (exit, output) = await Run("audit", "verify", await Export(5, NoteSigningKey.Generate("quarterdeck/test")));
        Assert.Equal(1, exit);
        Assert.Contains("re-signed with another key", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_no_key_anywhere_it_says_what_is_not_shown()
    {
        var (exit, output) = await Run("audit", "verify", await Export(2));
        Assert.Equal(0, exit);
        Assert.Contains("not who made it", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_kept_from_before_is_demanded()
    {
        var path = await Export(5);
        await File.WriteAllTextAsync(At("seen"), new Checkpoint("quarterdeck/test", 3, MerkleTree.EmptyRoot).Sign(_key), TestContext.Current.CancellationToken);
        var (exit, output) = await Run("audit", "verify", path, "--key", _key.Verifier.ToString(), "--seen", At("seen"));
        Assert.Equal(1, exit);
        Assert.Contains("history was forked", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-file.zip")]
    [InlineData(".")]
    public async Task What_is_no_export_is_bad_input(string path)
    {
        var (exit, output) = await Run("audit", "verify", At(path), "--key", _key.Verifier.ToString());
        Assert.Equal(2, exit);
        Assert.DoesNotContain(" at Quarterdeck", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_key_is_bad_input()
    {
        Assert.Equal(2, (await Run("audit", "verify", await Export(1), "--key", "quarterdeck/test+00000000+AAAA")).Exit);
        Assert.Equal(2, (await Run("audit", "verify", await Export(1), "--key", "nothing")).Exit);
    }

    [Fact]
    public async Task Without_an_export_the_servers_is_fetched_and_must_continue_what_was_signed_here()
    {
        var path = await Export(5);
        Directory.CreateDirectory(At("state"));
        await File.WriteAllTextAsync(At("state/audit.key.pub"), _key.Verifier + "\n", TestContext.Current.CancellationToken);
        using var listener = new HttpListener();
        var port = Quarterdeck.Devnet.Processes.FreePort.Next();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var serving = Serve(listener, path, 2);

        var (exit, output) = await Run("audit", "verify", "--url", $"http://127.0.0.1:{port}");
        Assert.True(exit == 0, output);
        Assert.StartsWith("Proved: 5 entries", output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(At("state/audit.checkpoint"), new Checkpoint("quarterdeck/test", 9, MerkleTree.EmptyRoot).Sign(_key), TestContext.Current.CancellationToken);
        (exit, output) = await Run("audit", "verify", "--url", $"http://127.0.0.1:{port}");
        Assert.Equal(1, exit);
        Assert.Contains("had 9 entries", output, StringComparison.Ordinal);
        await serving;
    }

    private static async Task Serve(HttpListener listener, string path, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var context = await listener.GetContextAsync();
            Assert.Equal("/api/audit/export?format=zip", context.Request.RawUrl);
            await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(path));
            context.Response.Close();
        }
    }
}
