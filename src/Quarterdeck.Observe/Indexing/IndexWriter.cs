using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Writes what the follower or the backfill brings: rows, blocks and cursor move together, in one transaction, forward and
/// back. Each move checks that the cursor stands where the move begins, so none can leave a gap or write a row twice.
/// </summary>
internal sealed partial class IndexWriter
{
    private readonly OperationsStore _store;
    private readonly string _pack;
    private readonly string _chain;
    private readonly ChainId _chainId;

    public IndexWriter(OperationsStore store, BoundPack pack, string chain, ChainId chainId)
    {
        (_store, _pack, _chain, _chainId) = (store, pack.Pack.Name, chain, chainId);
        Router = new LogRouter(chain, EventTableDefinition.Of(pack, chain));
        Counts = new RowCounts(_pack, chain, Router.Tables);
    }

    /// <summary>How many rows the tables should hold.</summary>
    public RowCounts Counts { get; }

    /// <summary>Which logs matter, and where they go.</summary>
    public LogRouter Router { get; }

    /// <summary>Logs of watched events whose data is malformed, of all batches so far: they are in no table.</summary>
    public long Undecodable { get; private set; }

    /// <summary>Adds a batch on top of the cursor: event rows, blocks, cursor. Returns the number of event rows.</summary>
    /// <exception cref="TransientException">The cursor is not right below the batch: begin again from the cursor.</exception>
    public async Task<int> Extend(Lease lease, BlockBatch batch, CancellationToken cancel)
    {
        using var rows = Rows(batch);
        return await _store.Ingest(FactSource.Block(_chainId, batch.Head), async write =>
        {
            await write.RequireLease(lease, cancel);
            await RequireCursor(write, batch.Blocks[0].Number, batch.Blocks[0].ParentHash, cancel);
            await Add(write, rows, batch, cancel);
            write.Signal(Signals.Blocks);
            return rows.Rows;
        }, cancel);
    }

    /// <summary>
    /// Takes back exactly the rows of the orphaned blocks and adds those of the new branch. Returns the rows removed.
    /// </summary>
    /// <param name="lease">Held for this pack and chain.</param>
    /// <param name="old">The orphaned blocks, lowest first.</param>
    /// <param name="batch">The new branch; may be shorter or longer.</param>
    /// <param name="cancel">Before the commit.</param>
    /// <exception cref="TransientException">The cursor is not at the old head: begin again from the cursor.</exception>
    public async Task<long> Reorganise(Lease lease, IReadOnlyList<BlockRef> old, BlockBatch batch, CancellationToken cancel)
    {
        Router.ForgetFrom(old[0].Number);
        using var rows = Rows(batch);
        return await _store.Ingest(FactSource.Block(_chainId, batch.Head), async write =>
        {
            await write.RequireLease(lease, cancel);
            await RequireCursor(write, old[^1].Number + 1, old[^1].Hash, cancel);
            var hashes = old.Select(b => b.Hash.ToArray()).ToArray();
            var orphaned = new { pack = _pack, chain = _chain, from = (long)old[0].Number, hashes };
            var removed = await Counts.TakeBack(write, orphaned.from, hashes, cancel);
            await write.Execute(
                "DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain AND number >= @from AND hash = ANY(@hashes)", orphaned, cancel);
            await write.Execute(
                """
                INSERT INTO indexing.reorganisations (pack, chain, old_head, new_head, from_number, depth, rows_removed)
                VALUES (@pack, @chain, @oldHead, @newHead, @from, @depth, @removed)
                """,
                new
                {
                    pack = _pack,
                    chain = _chain,
                    oldHead = old[^1].Hash.ToArray(),
                    newHead = batch.Head.Hash.ToArray(),
                    from = (long)old[0].Number,
                    depth = old.Count,
                    removed,
                }, cancel);
            await Add(write, rows, batch, cancel);
            write.Signal(Signals.Blocks);
            return removed;
        }, cancel);
    }

    /// <summary>Adds the rows of final blocks: <paramref name="from"/> to the cursor's new place, of which only the last block's row is kept.</summary>
    /// <param name="lease">Held for this pack and chain.</param>
    /// <param name="batches">The rows, in the order of the chain.</param>
    /// <param name="from">First block.</param>
    /// <param name="final">The block up to which the chain is known to be final.</param>
    /// <param name="to">The last block; it may arrive while the rows are written.</param>
    /// <param name="live">True where that is the chain's head.</param>
    /// <param name="cancel">Before the commit.</param>
    /// <exception cref="TransientException">The cursor is not right below: begin again from the cursor.</exception>
    public async Task Fill(Lease lease, IReadOnlyList<RowBatch> batches, ulong from, BlockRef final, Task<BlockRef> to, bool live, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Block(_chainId, final), async write =>
        {
            await write.RequireLease(lease, cancel);
            await RequireCursor(write, from, null, cancel);
            await Copy(write, batches, cancel);
            await write.Execute("DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain", new { pack = _pack, chain = _chain }, cancel);
            await AddBlocks(write, [await to], cancel);
            await MoveCursor(write, from, await to, live, cancel, isFinal: true);
            if (live) write.Signal(Signals.Blocks);
        }, cancel);

    /// <summary>Notes contracts that final blocks announced.</summary>
    public async Task Announce(Lease lease, IReadOnlyList<Announcement> announced, BlockRef final, CancellationToken cancel)
    {
        await _store.Ingest(FactSource.Block(_chainId, final), async write =>
        {
            await write.RequireLease(lease, cancel);
            await AddAnnounced(write, announced, cancel);
        }, cancel);
        foreach (var one in announced) Router.Announce(one.Factory, one.Address, one.Block);
    }

    /// <summary>Makes the router know the announced contracts as the tables have them, and no others.</summary>
    public async Task LoadAnnounced(CancellationToken cancel)
    {
        if (!Router.HasFactories) return;
        Router.ForgetFrom(0);
        var rows = await _store.Query<(string Factory, byte[] Address, long Block)>(
            "SELECT factory, address, block_number FROM indexing.announced WHERE pack = @pack AND chain = @chain ORDER BY block_number",
            new { pack = _pack, chain = _chain }, cancel);
        foreach (var (factory, address, block) in rows) Router.Announce(factory, new Address(address), (ulong)block);
    }

    /// <summary>Notes how far the chain is final, and forgets block rows far below: nothing there can be taken back.</summary>
    public async Task Finalise(Lease lease, BlockRef block, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Block(_chainId, block), async write =>
        {
            await write.RequireLease(lease, cancel);
            await write.Execute(
                "UPDATE indexing.cursors SET finalised = @number WHERE pack = @pack AND chain = @chain",
                new { pack = _pack, chain = _chain, number = (long)block.Number }, cancel);
            await write.Execute(
                "DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain AND number < @number - 1024",
                new { pack = _pack, chain = _chain, number = (long)block.Number }, cancel);
        }, cancel);

    private RowBatch Rows(BlockBatch batch)
    {
        var times = batch.Blocks.ToDictionary(b => b.Hash, b => b.Time.ToUnixTimeSeconds());
        var rows = new RowBatch(Router.Tables.Count);
        if (Router.HasFactories)
        {
            foreach (var log in batch.Logs) Router.ReadAnnouncement(rows, Fields(log, times[log.BlockHash]));
        }

        foreach (var log in batch.Logs) Router.Write(rows, Fields(log, times[log.BlockHash]));
        Undecodable += rows.Undecodable;
        return rows;
    }

    internal static LogFields Fields(EvmLog log, long time) => new()
    {
        Address = log.Address,
        Topics = log.Topics.ToArray(),
        Data = log.Data,
        BlockNumber = log.BlockNumber,
        BlockHash = log.BlockHash,
        TransactionHash = log.TransactionHash,
        LogIndex = log.LogIndex,
        BlockTime = time,
    };

    private async Task Add(IngestScope write, RowBatch rows, BlockBatch batch, CancellationToken cancel)
    {
        await Copy(write, [rows], cancel);
        await AddAnnounced(write, rows.Announced, cancel);
        await AddBlocks(write, batch.Blocks, cancel);
        await MoveCursor(write, batch.Blocks[0].Number, batch.Head, true, cancel);
    }

    private async Task RequireCursor(IngestScope write, ulong next, Hash32? parent, CancellationToken cancel)
    {
        var at = (await write.Query<(long Number, Hash32 Hash)>(
            "SELECT block_number, block_hash FROM indexing.cursors WHERE pack = @pack AND chain = @chain FOR UPDATE",
            new { pack = _pack, chain = _chain }, cancel)).Select(c => ((long, Hash32)?)c).FirstOrDefault();
        if (at is not (var number, var hash) || number + 1 == (long)next && (parent is null || parent == hash)) return;
        throw new TransientException($"The tables of {_pack}/{_chain} end at block {number} {hash}, so what begins at {next} does not follow on them.");
    }

    private async Task Copy(IngestScope write, IReadOnlyList<RowBatch> batches, CancellationToken cancel)
    {
        for (var table = 0; table < Router.Tables.Count; table++)
        {
            if (batches.All(b => b.Written(table) is null)) continue;
            await using var copy = await write.Connection.BeginRawBinaryCopyAsync(Router.CopyCommand(table), cancel);
            await copy.WriteAsync(CopyBuffer.Header, cancel);
            foreach (var batch in batches)
                if (batch.Written(table) is { } rows) await copy.WriteAsync(rows.Written, cancel);
            await copy.WriteAsync(CopyBuffer.Trailer, cancel);
        }

        await Counts.Add(write, batches, cancel);
    }

    private async Task AddBlocks(IngestScope write, IReadOnlyList<BlockRef> blocks, CancellationToken cancel) => await write.Execute(
        """
        INSERT INTO indexing.blocks (pack, chain, number, hash, parent_hash, time)
        SELECT @pack, @chain, * FROM unnest(@numbers, @hashes, @parents, @times)
        """,
        new
        {
            pack = _pack,
            chain = _chain,
            numbers = blocks.Select(b => (long)b.Number).ToArray(),
            hashes = blocks.Select(b => b.Hash.ToArray()).ToArray(),
            parents = blocks.Select(b => b.ParentHash.ToArray()).ToArray(),
            times = blocks.Select(b => b.Time).ToArray(),
        }, cancel);

    private async Task AddAnnounced(IngestScope write, IReadOnlyList<Announcement> announced, CancellationToken cancel)
    {
        if (announced.Count == 0) return;
        await write.Execute(
            """
            WITH added AS (
                INSERT INTO indexing.announced (pack, chain, factory, address, block_number, block_hash, log_index)
                SELECT @pack, @chain, * FROM unnest(@factories, @addresses, @numbers, @hashes, @indexes)
                ON CONFLICT DO NOTHING
                RETURNING block_number)
            INSERT INTO indexing.row_counts AS c (pack, chain, table_name, range, rows)
            SELECT @pack, @chain, @announced, block_number / @range, count(*) FROM added GROUP BY 4
            ON CONFLICT (pack, chain, table_name, range) DO UPDATE SET rows = c.rows + excluded.rows
            """,
            new
            {
                pack = _pack,
                chain = _chain,
                factories = announced.Select(a => a.Factory).ToArray(),
                addresses = announced.Select(a => a.Address.ToArray()).ToArray(),
                numbers = announced.Select(a => (long)a.Block).ToArray(),
                hashes = announced.Select(a => a.BlockHash.ToArray()).ToArray(),
                indexes = announced.Select(a => a.LogIndex).ToArray(),
                announced = RowCounts.Announced,
                range = (long)RowCounts.Range,
            }, cancel);
    }

    private Task<int> MoveCursor(
        IngestScope write, ulong first, BlockRef to, bool live, CancellationToken cancel, bool isFinal = false) => write.Execute(
        """
        INSERT INTO indexing.cursors (pack, chain, chain_id, block_number, block_hash, block_time, first_block, live, finalised)
        VALUES (@pack, @chain, @chainId, @number, @hash, @time, @first, @live, @finalised)
        ON CONFLICT (pack, chain) DO UPDATE SET block_number = excluded.block_number, block_hash = excluded.block_hash,
            block_time = excluded.block_time, live = excluded.live,
            finalised = coalesce(excluded.finalised, cursors.finalised), moved_at = clock_timestamp()
        """,
        new
        {
            pack = _pack,
            chain = _chain,
            chainId = _chainId.ToString(),
            number = (long)to.Number,
            hash = to.Hash.ToArray(),
            time = to.Time,
            first = (long)first,
            live,
            finalised = isFinal ? (long?)to.Number : null,
        }, cancel);
}
