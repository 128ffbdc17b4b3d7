using System.Security.Cryptography;
using System.Text;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Judges SHA256SUMS: every file is listed once and is what was exported, and the log signed the list, so that a list which was made to
/// fit a changed file is found as well.
/// </summary>
public static class ExportSums
{
    private const string Format = "quarterdeck-audit-sums/1";
    private const int LongestLine = 1024;

    /// <summary>What the log signs for a list of sums. Its second line is a name, so it can never pass for a checkpoint.</summary>
    public static string StatementText(string log, ReadOnlySpan<byte> sums) =>
        $"{Format}\n{log}\n{Convert.ToHexStringLower(SHA256.HashData(sums))}\n";

    internal static async Task<List<AuditFinding>> Verify(IExportContents contents, NoteVerifierKey? key, CancellationToken cancel)
    {
        var findings = new List<AuditFinding>();
        await using var list = contents.Open(AuditExportFile.SumsName);
        if (list is null) return [Malformed($"the export has no {AuditExportFile.SumsName}")];
        var names = contents.IsSealed ? contents.Names.ToList() : [];
        foreach (var name in names.Where(n => !IsPlain(n)))
            findings.Add(Malformed($"'{Shown(name)}' leads out of the folder that the export is unpacked into, or is no plain name"));
        foreach (var twice in names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            findings.Add(Malformed($"the export holds {Shown(twice.Key)} more than once: which one a program reads is not certain"));
        var unlisted = names.ToHashSet(StringComparer.Ordinal);
        unlisted.Remove(AuditExportFile.SumsName);
        unlisted.Remove(AuditExportFile.SignatureName);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var bytes in LineReader.Read(list, LongestLine, cancel))
        {
            digest.AppendData(bytes.Span);
            digest.AppendData("\n"u8);
            if (findings.Count < AuditVerification.MaximumFindings && await File(contents, bytes, unlisted, cancel) is { } finding) findings.Add(finding);
        }

        findings.AddRange(unlisted.Take(AuditVerification.MaximumFindings)
            .Select(name => Malformed($"{Shown(name)} was added: {AuditExportFile.SumsName} does not name it")));
        if (await Signature(contents, key, Convert.ToHexStringLower(digest.GetCurrentHash()), cancel) is { } fault)
            findings.Add(new(AuditFault.Signature, null, 0, fault));
        return findings;
    }

    private static async Task<AuditFinding?> File(
        IExportContents contents, ReadOnlyMemory<byte> bytes, HashSet<string> unlisted, CancellationToken cancel)
    {
        var line = bytes.Length > LongestLine ? "a line without end" : Encoding.UTF8.GetString(bytes.Span);
        var parts = line.Split("  ", 2);
        await using var file = parts is [_, var name] && IsPlain(name) ? contents.Open(name) : null;
        if (parts is [_, var listed]) unlisted.Remove(listed);
        if (file is null) return Malformed($"{AuditExportFile.SumsName} names a file that is not there: '{Shown(line)}'");
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel)) == parts[0]
            ? null
            : Malformed($"{parts[1]} is not the file that was exported: its SHA-256 differs from {AuditExportFile.SumsName}");
    }

    private static async Task<string?> Signature(IExportContents contents, NoteVerifierKey? key, string digest, CancellationToken cancel)
    {
        const string name = AuditExportFile.SignatureName;
        await using var file = contents.Open(name);
        if (file is null) return $"the export has no {name}: nobody signed {AuditExportFile.SumsName}";
        var bytes = new byte[16 * 1024];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        if (key is null) return "there is no key to check signatures with: give --key";
        try
        {
            var note = SignedNote.Parse(Encoding.UTF8.GetString(bytes, 0, read));
            return note.SignatureOf(key) != NoteSignature.Good
                ? $"{name} is not signed by {key.Name}+{key.Id:x8}"
                : note.Text != $"{Format}\n{key.Name}\n{digest}\n"
                    ? $"{AuditExportFile.SumsName} is not the list that the log signed: it was changed with the files"
                    : null;
        }
        catch (FormatException e)
        {
            return $"{name}: {e.Message}";
        }
    }

    private static AuditFinding Malformed(string message) => new(AuditFault.Malformed, null, 0, message);

    // Names go to a terminal.
    private static string Shown(string text) =>
        string.Concat((text.Length > 120 ? text[..120] + "…" : text).Select(c => char.IsControl(c) ? '?' : c));

    private static bool IsPlain(string name) =>
        name.Length > 0 && !name.Contains("..", StringComparison.Ordinal) && name[0] != '/'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/');
}
