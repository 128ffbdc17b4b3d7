using System.Text;
using Quarterdeck.Cli.Api;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Drills;

/// <summary>Exports the audit log and proves it offline with the log's public key.</summary>
internal static class AuditProof
{
    private static readonly TimeSpan SignedWithin = TimeSpan.FromSeconds(20);

    /// <summary>Null where the export is proved and tells of the run; else what is wrong. The last entries may wait a moment for their checkpoint.</summary>
    public static async Task<string?> Of(ServerApi api, string? run, CancellationToken cancel)
    {
        var key = NoteVerifierKey.Parse((await api.Get<KeyShape>("/api/audit/key", cancel)).Key);
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            var problem = await Verify(api, run, key, cancel);
            if (problem is null || TimeProvider.System.GetElapsedTime(started) > SignedWithin) return problem;
            await Task.Delay(500, cancel);
        }
    }

    private static async Task<string?> Verify(ServerApi api, string? run, NoteVerifierKey key, CancellationToken cancel)
    {
        var path = Path.Combine(Path.GetTempPath(), $"quarterdeck-audit-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(path, await api.GetBytes("/api/audit/export", cancel), cancel);
            var verification = await AuditExportFile.Verify(path, key, null, cancel);
            if (!verification.IsProved) return string.Join("; ", verification.Findings.Take(3));
            if (verification.Entries == 0) return "the export is empty";
            return run is null || await Mentions(path, run, cancel) ? null : $"the export does not tell of run {run} yet";
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<bool> Mentions(string path, string run, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        if (file.ReadByte() != 'P') return (await File.ReadAllTextAsync(path, cancel)).Contains(run, StringComparison.Ordinal);
        file.Position = 0;
        using var zip = new System.IO.Compression.ZipArchive(file);
        using var reader = new StreamReader(zip.GetEntry(AuditExportFile.LogName)!.Open(), Encoding.UTF8);
        return (await reader.ReadToEndAsync(cancel)).Contains(run, StringComparison.Ordinal);
    }

    private sealed record KeyShape(string Key);
}
