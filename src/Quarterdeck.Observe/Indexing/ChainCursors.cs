using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>How far a pack's tables are filled on one chain.</summary>
/// <param name="Pack">Pack.</param>
/// <param name="Chain">The pack's name of the chain.</param>
/// <param name="ChainId">CAIP-2 id that was indexed.</param>
/// <param name="BlockNumber">Newest indexed block.</param>
/// <param name="BlockHash">Its hash.</param>
/// <param name="BlockTime">Its own time.</param>
/// <param name="Finalised">Newest block that cannot be taken back; null until known.</param>
/// <param name="MovedAt">When the cursor moved last, by the database's clock.</param>
/// <param name="FirstBlock">The tables hold every block from here to the cursor; null where a version before kept no note of it.</param>
/// <param name="Live">False while a backfill runs: then the cursor names history, not the present.</param>
public sealed record ChainCursor(
    string Pack, string Chain, string ChainId, long BlockNumber, Hash32 BlockHash, DateTimeOffset BlockTime,
    long? Finalised, DateTimeOffset MovedAt, long? FirstBlock, bool Live);

/// <summary>Reads cursors and the blocks below them.</summary>
public static class ChainCursors
{
    /// <summary>The cursors of all packs and chains.</summary>
    public static Task<IReadOnlyList<ChainCursor>> Cursors(this OperationsStore store, CancellationToken cancel) =>
        store.Query<ChainCursor>(
            """
            SELECT pack, chain, chain_id, block_number, block_hash, block_time, finalised, moved_at, first_block, live
            FROM indexing.cursors ORDER BY pack, chain
            """, null, cancel);

    /// <summary>The indexed block at the cursor; null before the first, and while a backfill runs.</summary>
    internal static async Task<BlockRef?> Head(this OperationsStore store, string pack, string chain, CancellationToken cancel) =>
        (await store.Query<StoredBlock>(
            """
            SELECT b.number, b.hash, b.parent_hash, b.time
            FROM indexing.cursors c JOIN indexing.blocks b ON b.pack = c.pack AND b.chain = c.chain AND b.number = c.block_number
            WHERE c.pack = @pack AND c.chain = @chain AND c.live
            """, new { pack, chain }, cancel)).Select(b => (BlockRef?)b.Ref).FirstOrDefault();

    /// <summary>The cursor of one pack and chain; null before the first block.</summary>
    internal static async Task<ChainCursor?> Cursor(this OperationsStore store, string pack, string chain, CancellationToken cancel) =>
        (await store.Cursors(cancel)).FirstOrDefault(c => c.Pack == pack && c.Chain == chain);

    /// <summary>The newest indexed blocks, lowest first: what a follower compares its parent hashes with.</summary>
    internal static async Task<IReadOnlyList<BlockRef>> Window(
        this OperationsStore store, string pack, string chain, int count, CancellationToken cancel)
    {
        var rows = await store.Query<StoredBlock>(
            """
            SELECT number, hash, parent_hash, time FROM indexing.blocks
            WHERE pack = @pack AND chain = @chain ORDER BY number DESC LIMIT @count
            """, new { pack, chain, count }, cancel);
        return [.. rows.Select(r => r.Ref).Reverse()];
    }

    private sealed record StoredBlock(long Number, Hash32 Hash, Hash32 ParentHash, DateTimeOffset Time)
    {
        public BlockRef Ref => new((ulong)Number, Hash, ParentHash, Time);
    }
}
