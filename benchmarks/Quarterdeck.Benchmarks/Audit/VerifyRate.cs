using System.Diagnostics;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Benchmarks.Audit;

/// <summary>How many entries of an export are verified in a minute, from disk, on one thread, with a checkpoint after each thousand.</summary>
internal static class VerifyRate
{
    private const int PerCheckpoint = 1000;

    public static async Task<double> Measure(string folder, int entries, CancellationToken cancel)
    {
        var key = NoteSigningKey.Generate("quarterdeck/bench");
        var path = Path.Combine(folder, "audit.ndjson");
        await Write(path, key, entries, cancel);
        var watch = Stopwatch.StartNew();
        var verification = await AuditExportFile.Verify(path, key.Verifier, null, cancel);
        watch.Stop();
        File.Delete(path);
        if (!verification.IsProved || verification.Entries != entries)
            throw new InvalidOperationException($"The benchmark's export is not proved: {string.Join("; ", verification.Findings)}");
        return entries / watch.Elapsed.TotalMinutes;
    }

    private static async Task Write(string path, NoteSigningKey key, int entries, CancellationToken cancel)
    {
        await using var file = new BufferedStream(File.Create(path), 1 << 20);
        var writer = new AuditExportWriter(file);
        var edge = new MerkleEdge();
        await writer.Header(key.Verifier, entries, cancel);
        for (var i = 0; i < entries; i++)
        {
            var entry = new AuditEntry(
                $"aud_{i:d16}", DateTimeOffset.UnixEpoch.AddMilliseconds(i), Actor.Operator("alice"), "step.done", $"run_{i % 97}", "a benchmark",
                new() { ["step"] = i, ["outcome"] = "done", ["transaction"] = "tx_01j9x2m4c8k3q7ta" }).ToCanonicalBytes();
            var hash = MerkleTree.LeafHash(entry);
            edge.Append(hash);
            await writer.Entry(i, hash, entry, cancel);
            if ((i + 1) % PerCheckpoint == 0 || i + 1 == entries)
                await writer.Checkpoint(new Checkpoint(key.Verifier.Name, i + 1, edge.Root()).Sign(key), cancel);
        }
    }
}
