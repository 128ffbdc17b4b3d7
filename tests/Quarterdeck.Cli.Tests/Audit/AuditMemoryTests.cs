using System.Diagnostics;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Tests.Audit;

/// <summary>An export of any size is verified with the same memory, and without a network.</summary>
public sealed class AuditMemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-memory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Three_hundred_megabytes_are_verified_in_a_heap_of_forty_eight()
    {
        var cancel = TestContext.Current.CancellationToken;
        var key = NoteSigningKey.Generate("quarterdeck/test");
        var path = Path.Combine(_folder, "audit.ndjson");
        await using (var file = File.Create(path))
        {
            var writer = new AuditExportWriter(file);
            var edge = new MerkleEdge();
            const int Entries = 20_000;
            await writer.Header(key.Verifier, Entries, cancel);
            var detail = new JsonObject { ["text"] = new string('x', 15_000) };
            for (var i = 0; i < Entries; i++)
            {
                var entry = new AuditEntry($"aud_{i}", DateTimeOffset.UnixEpoch, Actor.Cli("test"), "a.b", $"run_{i}", "why", (JsonObject)detail.DeepClone()).ToCanonicalBytes();
                var hash = MerkleTree.LeafHash(entry);
                edge.Append(hash);
                await writer.Entry(i, hash, entry, cancel);
            }

            await writer.Checkpoint(new Checkpoint(key.Verifier.Name, Entries, edge.Root()).Sign(key), cancel);
            Assert.True(file.Length > 300_000_000);
        }

        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { typeof(QuarterdeckCommand).Assembly.Location, "audit", "verify", path, "--key", key.Verifier.ToString() })
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x3000000";
        start.Environment["DOTNET_gcServer"] = "0";
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(cancel);
        var errors = child.StandardError.ReadToEndAsync(cancel);
        await child.WaitForExitAsync(cancel);
        Assert.True(child.ExitCode == 0, await output + await errors);
        Assert.StartsWith("Proved: 20000 entries", await output, StringComparison.Ordinal);
    }
}
