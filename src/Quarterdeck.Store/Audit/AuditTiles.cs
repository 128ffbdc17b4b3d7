using System.Buffers.Binary;

namespace Quarterdeck.Store.Audit;

/// <summary>
/// The log as tiles, for monitors and mirrors: 256 hashes of one level, or 256 entries, that never change once they are full. Source:
/// c2sp.org/tlog-tiles.
/// </summary>
public sealed class AuditTiles(OperationsStore store)
{
    /// <summary>Hashes of a full tile, entries of a full bundle.</summary>
    public const int Width = 256;

    /// <summary>The hashes of a tile, 32 bytes each; null where the signed log is not as large.</summary>
    /// <param name="level">Level of tiles: 0 has leaf hashes, each level above the roots of 256 of the one below.</param>
    /// <param name="index">Which tile of the level.</param>
    /// <param name="width">1 to 256: how many hashes.</param>
    /// <param name="cancel">Stops the query.</param>
    public async Task<byte[]?> Hashes(int level, long index, int width, CancellationToken cancel)
    {
        // Hashes above the signed tree would bind the log to what it has not signed yet.
        if (!IsTile(level, index, width) || (((Int128)index * Width) + width) << (8 * level) > await SignedSize(cancel)) return null;
        var rows = await store.Query<byte[]>(
            level == 0
                ? "SELECT hash FROM audit.leaves WHERE index >= @first AND index < @end ORDER BY index"
                : "SELECT hash FROM audit.nodes WHERE index >= @first AND index < @end AND level = @stored ORDER BY index",
            new { first = index * Width, end = index * Width + width, stored = (short)(level * 8) }, cancel);
        return rows.Count == width ? [.. rows.SelectMany(h => h)] : null;
    }

    /// <summary>Entries, each after its length in two bytes, big-endian; null where the signed log is not as large.</summary>
    public async Task<byte[]?> Entries(long index, int width, CancellationToken cancel)
    {
        if (!IsTile(0, index, width) || ((Int128)index * Width) + width > await SignedSize(cancel)) return null;
        var rows = await store.Query<byte[]>(
            """
            SELECT i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id
            WHERE l.index >= @first AND l.index < @end ORDER BY l.index
            """, new { first = index * Width, end = index * Width + width }, cancel);
        if (rows.Count != width) return null;
        var bundle = new byte[rows.Sum(r => r.Length + 2)];
        var at = 0;
        foreach (var row in rows)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bundle.AsSpan(at), (ushort)row.Length);
            row.CopyTo(bundle, at + 2);
            at += row.Length + 2;
        }

        return bundle;
    }

    private static bool IsTile(int level, long index, int width) =>
        level is >= 0 and < 7 && width is > 0 and <= Width && index >= 0 && index <= long.MaxValue >> 8 >> (8 * level + 8);

    private Task<long> SignedSize(CancellationToken cancel) =>
        store.QueryFirstOrDefault<long>("SELECT coalesce(max(size), 0) FROM audit.checkpoints", null, cancel);
}
