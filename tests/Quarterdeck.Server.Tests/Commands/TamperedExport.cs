using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Server.Tests.Commands;

/// <summary>An export in the hands of somebody who changes it, and who knows the format as well as we do.</summary>
internal sealed class TamperedExport
{
    public const string Log = AuditExportFile.LogName;
    private readonly List<(string Name, byte[] Bytes)> _files;

    private TamperedExport(List<(string, byte[])> files) => _files = files;

    public static async Task<TamperedExport> Read(byte[] bytes)
    {
        var files = new List<(string, byte[])>();
        using var zip = new ZipArchive(new MemoryStream(bytes));
        foreach (var entry in zip.Entries)
        {
            using var copy = new MemoryStream();
            await using (var stream = await entry.OpenAsync()) await stream.CopyToAsync(copy);
            files.Add((entry.FullName, copy.ToArray()));
        }

        return new TamperedExport(files);
    }

    public TamperedExport Copy() => new([.. _files]);

    public byte[] this[string name]
    {
        get => _files.First(f => f.Name == name).Bytes;
        set => _files[_files.FindIndex(f => f.Name == name)] = (name, value);
    }

    public IReadOnlyList<string> Evidence => [.. _files.Select(f => f.Name).Where(n => n.StartsWith("evidence/", StringComparison.Ordinal))];

    public void Add(string name, byte[] bytes) => _files.Add((name, bytes));

    public void Remove(string name) => _files.RemoveAll(f => f.Name == name);

    public void Text(string name, Func<string, string> change) => this[name] = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(this[name])));

    /// <summary>Changes the lines of the log.</summary>
    public void Lines(Action<List<string>> change) => Text(Log, text =>
    {
        var lines = text.TrimEnd('\n').Split('\n').ToList();
        change(lines);
        return string.Join('\n', lines) + "\n";
    });

    public static int At(List<string> lines, long leaf) => lines.FindIndex(l => l.EndsWith($"\"leaf\":{leaf}}}", StringComparison.Ordinal));

    public static int LastEntry(List<string> lines) => lines.FindLastIndex(IsEntry);

    public static bool IsEntry(string line) => line.StartsWith("{\"entry\":", StringComparison.Ordinal);

    public static bool IsCheckpoint(string line) => line.StartsWith("{\"checkpoint\":", StringComparison.Ordinal);

    /// <summary>The canonical bytes of a line's entry, as text.</summary>
    public static string EntryOf(string line) => line["{\"entry\":".Length..line.LastIndexOf(",\"hash\":\"", StringComparison.Ordinal)];

    public static string Line(string entry, long leaf) =>
        $"{{\"entry\":{entry},\"hash\":\"{MerkleTree.LeafHash(Encoding.UTF8.GetBytes(entry)).ToString()[2..]}\",\"leaf\":{leaf}}}";

    /// <summary>Numbers the entries anew and leaves the checkpoints as they are.</summary>
    public static void Renumber(List<string> lines)
    {
        var leaf = 0;
        for (var i = 0; i < lines.Count; i++)
        {
            if (IsEntry(lines[i])) lines[i] = Line(EntryOf(lines[i]), leaf++);
        }

        lines[0] = Header(lines[0], "size", leaf);
    }

    public static string Header(string line, string member, JsonNode value)
    {
        var members = JsonNode.Parse(line)!.AsObject();
        members[member] = value;
        return Encoding.UTF8.GetString(CanonicalJson.Serialize(members));
    }

    /// <summary>Signs every checkpoint anew over the entries as they now are.</summary>
    public static void Resign(List<string> lines, NoteSigningKey key)
    {
        var edge = new MerkleEdge();
        lines[0] = Header(lines[0], "key", key.Verifier.ToString());
        for (var i = 0; i < lines.Count; i++)
        {
            if (IsEntry(lines[i])) edge.Append(MerkleTree.LeafHash(Encoding.UTF8.GetBytes(EntryOf(lines[i]))));
            else if (IsCheckpoint(lines[i])) lines[i] = Checkpoint(new Checkpoint(key.Verifier.Name, edge.Size, edge.Root()).Sign(key));
        }
    }

    public static string Checkpoint(string note) => Encoding.UTF8.GetString(CanonicalJson.Serialize(new JsonObject { ["checkpoint"] = note }));

    public static string NoteOf(string line) => (string)JsonNode.Parse(line)!["checkpoint"]!;

    /// <summary>Writes SHA256SUMS anew, so that it fits what the files are now.</summary>
    public void Fit(NoteSigningKey? by = null)
    {
        var sums = string.Concat(_files.Where(f => f.Name is not ("SHA256SUMS" or "SHA256SUMS.sig"))
            .Select(f => $"{Convert.ToHexStringLower(SHA256.HashData(f.Bytes))}  {f.Name}\n"));
        this["SHA256SUMS"] = Encoding.UTF8.GetBytes(sums);
        if (by is null) return;
        this["SHA256SUMS.sig"] = Encoding.UTF8.GetBytes(
            SignedNote.Sign(ExportSums.StatementText(by.Verifier.Name, Encoding.UTF8.GetBytes(sums)), by));
    }

    public async Task Write(string path)
    {
        await using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, bytes) in _files)
        {
            await using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
            await entry.WriteAsync(bytes);
        }
    }
}
