using System.IO.Compression;
using System.Security.Cryptography;

namespace Quarterdeck.Primitives.Audit;

/// <summary>An export on disk: a zip, the folder it was unpacked into, or <c>audit.ndjson</c> alone.</summary>
public static class AuditExportFile
{
    /// <summary>The lines of the log.</summary>
    public const string LogName = "audit.ndjson";

    /// <summary>The public key in note form.</summary>
    public const string KeyName = "key.txt";

    /// <summary>The latest checkpoint, a signed note.</summary>
    public const string CheckpointName = "checkpoint.txt";

    /// <summary>SHA-256 of every other file, as sha256sum writes it.</summary>
    public const string SumsName = "SHA256SUMS";

    /// <summary>What the files are and how to verify them.</summary>
    public const string ReadmeName = "README.txt";

    /// <summary>Verifies the export at the path. Nothing is unpacked to disk.</summary>
    /// <exception cref="FormatException">The path holds no export.</exception>
    /// <exception cref="IOException">The path cannot be read.</exception>
    public static async Task<AuditVerification> Verify(
        string path, NoteVerifierKey? key, Checkpoint? seen, CancellationToken cancel)
    {
        if (Directory.Exists(path))
        {
            return await Verify(
                name => File.Exists(Path.Combine(path, name)) ? File.OpenRead(Path.Combine(path, name)) : null, path, key, seen, cancel);
        }

        await using var file = File.OpenRead(path);
        var magic = new byte[4];
        var read = await file.ReadAtLeastAsync(magic, 4, throwOnEndOfStream: false, cancel);
        file.Position = 0;
        if (read < 4 || !magic.AsSpan().SequenceEqual("PK\u0003\u0004"u8))
            return await AuditVerifier.Verify(file, key, seen, cancel);
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            return await Verify(name => zip.GetEntry(name)?.Open(), path, key, seen, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"{path} is a damaged zip: {e.Message}", e);
        }
    }

    private static async Task<AuditVerification> Verify(
        Func<string, Stream?> open, string path, NoteVerifierKey? key, Checkpoint? seen, CancellationToken cancel)
    {
        await using var log = open(LogName) ?? throw new FormatException($"{path} holds no {LogName}: not an audit export.");
        var verification = await AuditVerifier.Verify(log, key, seen, cancel);
        var sums = await Sums(open, cancel);
        return sums.Count == 0 ? verification : verification with { Findings = [.. sums, .. verification.Findings] };
    }

    private static async Task<List<AuditFinding>> Sums(Func<string, Stream?> open, CancellationToken cancel)
    {
        var findings = new List<AuditFinding>();
        await using var list = open(SumsName);
        if (list is null) return [new(AuditFault.Malformed, null, 0, $"the export has no {SumsName}")];
        using var reader = new StreamReader(list);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            var parts = line.Split("  ", 2);
            await using var file = parts is [_, LogName or KeyName or CheckpointName or ReadmeName]
                ? open(parts[1])
                : null;
            if (file is null)
                findings.Add(new(AuditFault.Malformed, null, 0, $"{SumsName} names a file that is not there: '{line}'"));
            else if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel)) != parts[0])
                findings.Add(new(AuditFault.Malformed, null, 0, $"{parts[1]} is not the file that was exported: its SHA-256 differs from {SumsName}"));
        }

        return findings;
    }
}
