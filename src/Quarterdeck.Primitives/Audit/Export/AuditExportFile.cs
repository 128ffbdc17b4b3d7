using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

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
        if (Directory.Exists(path)) return await Verify(new Folder(path), path, expected, cancel);
        await using var file = File.OpenRead(path);
        var start = new byte[4];
        var read = await file.ReadAtLeastAsync(start, 4, throwOnEndOfStream: false, cancel);
        file.Position = 0;
        if (read < 4 || !start.AsSpan().SequenceEqual("PK\u0003\u0004"u8)) return await Lines(file, expected, cancel);
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            return await Verify(new Zip(zip), path, expected, cancel);
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
        IContents contents, string path, Expected expected, CancellationToken cancel)
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
        var findings = await Sums(contents, cancel);
        if (log is null) findings.AddRange(await Evidence(contents, cancel));
        return findings.Count == 0 ? verification : verification with { Findings = [.. findings, .. verification.Findings] };
    }

    private static async Task<List<AuditFinding>> Sums(IContents contents, CancellationToken cancel)
    {
        var findings = new List<AuditFinding>();
        await using var list = contents.Open(SumsName);
        if (list is null) return [Malformed($"the export has no {SumsName}")];
        // A folder may lie among the reader's own files; a zip holds what was exported and nothing else.
        var unlisted = contents.IsSealed ? contents.Names.ToList() : [];
        foreach (var twice in unlisted.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            findings.Add(Malformed($"the export holds {twice.Key} more than once: which one a program reads is not certain"));
        unlisted.Remove(SumsName);
        using var reader = new StreamReader(list);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            var parts = line.Split("  ", 2);
            await using var file = parts is [_, var name] && IsPlain(name) ? contents.Open(name) : null;
            if (file is null)
                findings.Add(Malformed($"{SumsName} names a file that is not there: '{line}'"));
            else if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel)) != parts[0])
                findings.Add(Malformed($"{parts[1]} is not the file that was exported: its SHA-256 differs from {SumsName}"));
            if (parts is [_, var listed]) unlisted.Remove(listed);
        }

        findings.AddRange(unlisted.Distinct().Select(name => Malformed($"{name} was added: {SumsName} does not name it")));
        return findings;
    }

    // What is called by its hash must have it, and an entry must have named it: the entries are proved, so the file is.
    private static async Task<List<AuditFinding>> Evidence(IContents contents, CancellationToken cancel)
    {
        var findings = new List<AuditFinding>();
        var files = contents.Names.Where(n => n.StartsWith(EvidenceFolder, StringComparison.Ordinal)).Distinct().ToList();
        if (files.Count == 0) return findings;
        await using var excerpt = contents.Open(ExcerptName)!;
        using var reader = new StreamReader(excerpt, Encoding.UTF8);
        var unnamed = files.ToDictionary(f => f, f => Path.GetFileNameWithoutExtension(f));
        while (unnamed.Count > 0 && await reader.ReadLineAsync(cancel) is { } line)
        {
            foreach (var (file, digest) in unnamed.ToArray())
            {
                if (line.Contains(digest, StringComparison.Ordinal)) unnamed.Remove(file);
            }
        }

        findings.AddRange(unnamed.Keys.Select(file => Malformed($"{file} is named by no entry")));
        foreach (var file in files)
        {
            await using var stream = contents.Open(file)!;
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel)) != Path.GetFileNameWithoutExtension(file))
                findings.Add(new(AuditFault.Changed, null, 0, $"{file} was changed: its SHA-256 is not its name"));
        }

        return findings;
    }

    private static AuditFinding Malformed(string message) => new(AuditFault.Malformed, null, 0, message);

    private static bool IsPlain(string name) =>
        name.Length > 0 && !name.Contains("..", StringComparison.Ordinal) && name[0] != '/'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/');

    private sealed record Expected(NoteVerifierKey? Key, Checkpoint? Seen, IReadOnlyList<NoteVerifierKey> Witnesses);

    private interface IContents
    {
        bool IsSealed { get; }

        IEnumerable<string> Names { get; }

        Stream? Open(string name);
    }

    private sealed class Zip(ZipArchive zip) : IContents
    {
        public bool IsSealed => true;

        public IEnumerable<string> Names => zip.Entries.Select(e => e.FullName);

        public Stream? Open(string name) => zip.GetEntry(name)?.Open();
    }

    private sealed class Folder(string path) : IContents
    {
        public bool IsSealed => false;

        public IEnumerable<string> Names => Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(path, f).Replace(Path.DirectorySeparatorChar, '/'));

        public Stream? Open(string name)
        {
            var file = Path.Combine(path, name);
            return File.Exists(file) ? File.OpenRead(file) : null;
        }
    }
}
