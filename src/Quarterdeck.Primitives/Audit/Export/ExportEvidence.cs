using System.Security.Cryptography;

namespace Quarterdeck.Primitives.Audit;

/// <summary>Judges the files that entries name by their SHA-256: each has its name for a hash, and an entry named it.</summary>
internal static class ExportEvidence
{
    private const int DigestLength = 64;

    // The entries are proved, so a file that they name and that has its hash is what they meant.
    public static async Task<List<AuditFinding>> Verify(IExportContents contents, string lines, CancellationToken cancel)
    {
        var findings = new List<AuditFinding>();
        var files = contents.Names.Where(n => n.StartsWith(AuditExportFile.EvidenceFolder, StringComparison.Ordinal)).Distinct().ToList();
        if (files.Count == 0) return findings;
        var unnamed = files.ToLookup(f => Path.GetFileNameWithoutExtension(f)).ToDictionary(g => g.Key, g => g.ToList());
        await using (var entries = contents.Open(lines)!)
        {
            await foreach (var line in LineReader.Read(entries, AuditExcerptLine.MaximumBytes, cancel))
            {
                Cross(line.Span, unnamed);
                if (unnamed.Count == 0) break;
            }
        }

        foreach (var file in unnamed.Values.SelectMany(f => f))
            findings.Add(new(AuditFault.Malformed, null, 0, $"{file} is named by no entry"));
        foreach (var file in files)
        {
            await using var stream = contents.Open(file)!;
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel)) != Path.GetFileNameWithoutExtension(file))
                findings.Add(new(AuditFault.Changed, null, 0, $"{file} was changed: its SHA-256 is not its name"));
        }

        return findings;
    }

    // Each run of exactly 64 hex digits is a digest; whatever else is called so is looked for in vain.
    private static void Cross(ReadOnlySpan<byte> line, Dictionary<string, List<string>> unnamed)
    {
        Span<char> digest = stackalloc char[DigestLength];
        var run = 0;
        for (var i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && (line[i] is >= (byte)'0' and <= (byte)'9' or >= (byte)'a' and <= (byte)'f'))
            {
                if (run < DigestLength) digest[run] = (char)line[i];
                run++;
                continue;
            }

            if (run == DigestLength) unnamed.Remove(new string(digest));
            run = 0;
        }
    }
}
