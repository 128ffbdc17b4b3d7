using System.IO.Compression;

namespace Quarterdeck.Primitives.Audit;

/// <summary>An export on disk: a zip, the folder it was unpacked into, or its lines (<c>audit.ndjson</c>, <c>excerpt.ndjson</c>) alone.</summary>
public static class AuditExportFile
{
    /// <summary>The lines of the whole log.</summary>
    public const string LogName = "audit.ndjson";

    /// <summary>The lines of a part of the log, each with its proof.</summary>
    public const string ExcerptName = "excerpt.ndjson";

    /// <summary>The public key in note form.</summary>
    public const string KeyName = "key.txt";

    /// <summary>The latest checkpoint, a signed note.</summary>
    public const string CheckpointName = "checkpoint.txt";

    /// <summary>The entries for people to read.</summary>
    public const string ReportName = "report.html";

    /// <summary>SHA-256 of every other file, as sha256sum writes it.</summary>
    public const string SumsName = "SHA256SUMS";

    /// <summary>The log's signature over the list of sums, a signed note.</summary>
    public const string SignatureName = "SHA256SUMS.sig";

    /// <summary>What the files are and how to verify them.</summary>
    public const string ReadmeName = "README.txt";

    /// <summary>Folder of what entries name by its SHA-256; each file is called by that, then an extension.</summary>
    public const string EvidenceFolder = "evidence/";

    /// <summary>Verifies the export at the path. Nothing is unpacked to disk.</summary>
    /// <param name="path">A zip, a folder, or the lines.</param>
    /// <param name="key">The log's key from elsewhere; null takes the export's own.</param>
    /// <param name="seen">A checkpoint that the reader kept.</param>
    /// <param name="cancel">Stops reading.</param>
    /// <param name="witnesses">Keys of witnesses; each must have cosigned.</param>
    /// <exception cref="FormatException">The path holds no export.</exception>
    /// <exception cref="IOException">The path cannot be read.</exception>
    public static async Task<AuditVerification> Verify(
        string path, NoteVerifierKey? key, Checkpoint? seen, CancellationToken cancel, IReadOnlyList<NoteVerifierKey>? witnesses = null)
    {
        var expected = new Expected(key, seen, witnesses ?? []);
        if (Directory.Exists(path))
        {
            return AuditTileFolder.IsOne(path)
                ? await AuditTileFolder.Verify(path, key, seen, expected.Witnesses, cancel)
                : await Verify(new FolderContents(path), path, expected, cancel);
        }

        await using var file = File.OpenRead(path);
        var start = new byte[4];
        var read = await file.ReadAtLeastAsync(start, 4, throwOnEndOfStream: false, cancel);
        file.Position = 0;
        if (read < 4 || !start.AsSpan().SequenceEqual("PK\u0003\u0004"u8)) return await Lines(file, expected, cancel);
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            return await Verify(new ZipContents(zip, file.Length), path, expected, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"{path} is a damaged zip: {e.Message}", e);
        }
    }

    // A header tells which of the two it is; both formats are one JSON object a line.
    private static async Task<AuditVerification> Lines(FileStream file, Expected expected, CancellationToken cancel)
    {
        var head = new byte[64 * 1024];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel);
        file.Position = 0;
        var line = head.AsSpan(0, read);
        if (line.IndexOf((byte)'\n') is >= 0 and var end) line = line[..end];
        return AuditExportLine.TryObject(line) is { } header && AuditExportLine.Text(header, "format") == AuditExcerptLine.Format
            ? await AuditExcerptVerifier.Verify(file, expected.Key, expected.Seen, expected.Witnesses, cancel)
            : await AuditVerifier.Verify(file, expected.Key, expected.Seen, cancel, expected.Witnesses);
    }

    private static async Task<AuditVerification> Verify(
        IExportContents contents, string path, Expected expected, CancellationToken cancel)
    {
        await using var log = contents.Open(LogName);
        await using var excerpt = contents.Open(ExcerptName);
        if (log is null == excerpt is null)
        {
            throw new FormatException(log is null
                ? $"{path} holds neither {LogName} nor {ExcerptName}: not an audit export."
                : $"{path} holds both {LogName} and {ExcerptName}: an export has one of them.");
        }

        var verification = log is not null
            ? await AuditVerifier.Verify(log, expected.Key, expected.Seen, cancel, expected.Witnesses)
            : await AuditExcerptVerifier.Verify(excerpt!, expected.Key, expected.Seen, expected.Witnesses, cancel);
        var findings = await ExportSums.Verify(contents, expected.Key ?? verification.Key, cancel);
        findings.AddRange(await ExportEvidence.Verify(contents, log is not null ? LogName : ExcerptName, cancel));
        return findings.Count == 0 ? verification : verification with { Findings = [.. findings, .. verification.Findings] };
    }

    private sealed record Expected(NoteVerifierKey? Key, Checkpoint? Seen, IReadOnlyList<NoteVerifierKey> Witnesses);
}
