using System.Buffers.Binary;
using System.Globalization;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Verifies a mirror of the log's tiles: <c>checkpoint</c>, <c>tile/entries/…</c> and the tiles of hashes. Reads one bundle after the
/// other and holds one tile of each level. Source: c2sp.org/tlog-tiles.
/// </summary>
public sealed class AuditTileFolder
{
    /// <summary>Hashes of a full tile, entries of a full bundle.</summary>
    public const int Width = 256;

    private const int LevelBits = 8;
    private const string CheckpointFile = "checkpoint";
    private readonly string _folder;
    private readonly List<AuditFinding> _findings = [];
    private readonly MerkleEdge _edge = new();
    private readonly List<List<Hash32>> _levels = [];
    private readonly Checkpoint? _seen;
    private bool _seenDiffers;

    private AuditTileFolder(string folder, Checkpoint? seen) => (_folder, _seen) = (folder, seen);

    /// <summary>Whether the folder is a mirror of tiles.</summary>
    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, CheckpointFile)) && Directory.Exists(Path.Combine(folder, "tile"));

    /// <summary>Where a tile stands: <c>tile/LEVEL/x001/234.p/WIDTH</c>.</summary>
    /// <param name="level">Of hashes; null for entries.</param>
    /// <param name="index">Which one.</param>
    /// <param name="width">1 to 256.</param>
    public static string PathOf(int? level, long index, int width)
    {
        var groups = new List<string> { (index % 1000).ToString("000", CultureInfo.InvariantCulture) };
        for (var rest = index / 1000; rest > 0; rest /= 1000) groups.Insert(0, "x" + (rest % 1000).ToString("000", CultureInfo.InvariantCulture));
        var partial = width == Width ? "" : string.Create(CultureInfo.InvariantCulture, $".p/{width}");
        return $"tile/{level?.ToString(CultureInfo.InvariantCulture) ?? "entries"}/{string.Join('/', groups)}{partial}";
    }

    /// <summary>Every tile of a log of that size, entries and all levels of hashes.</summary>
    public static IEnumerable<(int? Level, long Index, int Width)> All(long size)
    {
        foreach (var tile in Of(null, size)) yield return tile;
        for (var level = 0; size > 0; level++, size >>= LevelBits)
        {
            foreach (var tile in Of(level, size)) yield return tile;
        }
    }

    private static IEnumerable<(int? Level, long Index, int Width)> Of(int? level, long hashes)
    {
        for (var i = 0L; i * Width < hashes; i++) yield return (level, i, (int)Math.Min(Width, hashes - i * Width));
    }

    internal static async Task<AuditVerification> Verify(
        string folder, NoteVerifierKey? key, Checkpoint? seen, IReadOnlyList<NoteVerifierKey> witnesses, CancellationToken cancel)
    {
        var verifier = new AuditTileFolder(folder, seen);
        var tally = new WitnessTally(witnesses);
        var checkpoint = await verifier.Signed(key, tally, cancel);
        if (checkpoint is not null) await verifier.Entries(checkpoint, cancel);
        foreach (var fault in tally.Absent()) verifier.Add(AuditFault.Signature, null, fault);
        return new AuditVerification(verifier._edge.Size, checkpoint is null ? 0 : 1, checkpoint, key, verifier._findings) { Witnessed = tally.Sizes };
    }

    private async Task<Checkpoint?> Signed(NoteVerifierKey? key, WitnessTally tally, CancellationToken cancel)
    {
        if (key is null)
        {
            Add(AuditFault.Signature, null, "a mirror of tiles brings no key along: give --key");
            return null;
        }

        try
        {
            var note = SignedNote.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, CheckpointFile), cancel));
            var checkpoint = Checkpoint.Parse(note.Text);
            if (note.SignatureOf(key) == NoteSignature.Good && checkpoint.Origin == key.Name)
            {
                foreach (var fault in tally.Take(note, checkpoint)) Add(AuditFault.Signature, null, fault);
                return checkpoint;
            }

            Add(AuditFault.Signature, null, $"the checkpoint of size {checkpoint.Size} is not signed by {key.Name}+{key.Id:x8}");
        }
        catch (FormatException e)
        {
            Add(AuditFault.Malformed, null, $"{CheckpointFile}: {e.Message}");
        }

        return null;
    }

    private async Task Entries(Checkpoint checkpoint, CancellationToken cancel)
    {
        if (_seen is { } earlier && earlier.Size > checkpoint.Size)
            Add(AuditFault.Truncated, null, $"the log had {earlier.Size} entries when it was seen earlier; this mirror ends after {checkpoint.Size}");
        foreach (var (_, index, width) in Of(null, checkpoint.Size))
        {
            if (await Read(null, index, width, cancel) is not { } bundle || !await Take(bundle, index, width, cancel)) return;
        }

        for (var level = 0; level < _levels.Count; level++)
        {
            if (_levels[level].Count > 0) await Compare(level, cancel);
        }

        if (_seenDiffers)
            Add(AuditFault.Fork, null, $"the checkpoint of size {_seen!.Size} seen earlier has another root than this history has there: history was forked");
        if (_edge.Root() != checkpoint.Root)
        {
            Add(AuditFault.Fork, null,
                $"the checkpoint of size {checkpoint.Size} has root {AuditVerifier.Short(checkpoint.Root)}, the entries give {AuditVerifier.Short(_edge.Root())}: "
                + "an entry was changed with the tiles above it, or the log signed another history");
        }
    }

    private async Task<bool> Take(byte[] bundle, long index, int width, CancellationToken cancel)
    {
        var at = 0;
        for (var i = 0; i < width; i++)
        {
            var length = at + 2 <= bundle.Length ? BinaryPrimitives.ReadUInt16BigEndian(bundle.AsSpan(at)) : int.MaxValue;
            if (length > bundle.Length - at - 2)
            {
                Add(AuditFault.Malformed, index * Width + i, $"{PathOf(null, index, width)} ends within entry {index * Width + i}");
                return false;
            }

            _edge.Append(MerkleTree.LeafHash(bundle.AsSpan(at + 2, length)), Keep);
            if (_seen is { } seen && _edge.Size == seen.Size) _seenDiffers = _edge.Root() != seen.Root;
            for (var level = 0; level < _levels.Count; level++)
            {
                if (_levels[level].Count == Width) await Compare(level, cancel);
            }

            at += 2 + length;
        }

        if (at == bundle.Length) return true;
        Add(AuditFault.Inserted, null, $"{PathOf(null, index, width)} holds more than its {width} entries");
        return false;
    }

    private void Keep(int level, long index, Hash32 hash)
    {
        if (level % LevelBits != 0) return;
        while (_levels.Count <= level / LevelBits) _levels.Add([]);
        _levels[level / LevelBits].Add(hash);
    }

    // The tile that the hashes of one level fill, or at the end the part of it that there is.
    private async Task Compare(int level, CancellationToken cancel)
    {
        var hashes = _levels[level];
        var end = _edge.Size >> (LevelBits * level);
        var index = (end - 1) / Width;
        var path = PathOf(level, index, hashes.Count);
        if (await Read(level, index, hashes.Count, cancel) is { } tile)
        {
            if (tile.Length != hashes.Count * 32) Add(AuditFault.Malformed, null, $"{path} does not hold {hashes.Count} hashes");
            for (var i = 0; i < hashes.Count && tile.Length == hashes.Count * 32; i++)
            {
                if (new Hash32(tile.AsSpan(i * 32, 32)) == hashes[i]) continue;
                var leaf = (index * Width + i) << (LevelBits * level);
                Add(AuditFault.Changed, level == 0 ? leaf : null, level == 0
                    ? $"{path} holds another hash for entry {leaf} than the entry has: tile or entry was changed"
                    : $"{path} holds another hash at {i} than the entries from {leaf} on have: the tile was changed");
            }
        }

        hashes.Clear();
    }

    private async Task<byte[]?> Read(int? level, long index, int width, CancellationToken cancel)
    {
        var path = PathOf(level, index, width);
        var file = Path.Combine(_folder, path);
        if (File.Exists(file) && new FileInfo(file).Length <= Width * (2L + ushort.MaxValue)) return await File.ReadAllBytesAsync(file, cancel);
        Add(AuditFault.Removed, null, File.Exists(file) ? $"{path} is larger than a tile can be" : $"{path} is not there");
        return null;
    }

    private void Add(AuditFault fault, long? leaf, string message)
    {
        if (_findings.Count < AuditVerification.MaximumFindings) _findings.Add(new AuditFinding(fault, leaf, 0, message));
    }
}
