using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Writes what the follower brings: rows, blocks and cursor move together, in one transaction, forward and back.
/// </summary>
internal sealed class IndexWriter
{
    private readonly OperationsStore _store;
    private readonly string _pack;
    private readonly string _chain;
    private readonly ChainId _chainId;
    private readonly IReadOnlyList<EventTableDefinition> _tables;
    private readonly ILookup<(Chains.Evm.Address, Hash32), EventTableDefinition> _byTopic;

    public IndexWriter(OperationsStore store, BoundPack pack, string chain, ChainId chainId)
    {
        (_store, _pack, _chain, _chainId) = (store, pack.Pack.Name, chain, chainId);
        _tables = EventTableDefinition.Of(pack, chain);
        _byTopic = _tables.ToLookup(t => (t.Contract.Address, t.Event.Topic0));
    }

    /// <summary>What the follower asks logs of; empty where the pack indexes no event here.</summary>
    public IReadOnlyList<Chains.Evm.Address> Addresses => [.. _tables.Select(t => t.Contract.Address).Distinct()];

    /// <summary>The event signatures that matter, for the filter's first topic.</summary>
    public IReadOnlyList<Hash32> Topics => [.. _tables.Select(t => t.Event.Topic0).Distinct()];

    /// <summary>Adds a batch: event rows, blocks, cursor. Returns the number of event rows.</summary>
    public async Task<int> Extend(Lease lease, BlockBatch batch, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Block(_chainId, batch.Head), async write =>
        {
            await write.RequireLease(lease, cancel);
            var rows = await Add(write, batch, cancel);
            write.Signal(Signals.Blocks);
            return rows;
        }, cancel);

    /// <summary>
    /// Takes back exactly the rows of the orphaned blocks and adds those of the new branch. Returns the rows removed.
    /// </summary>
    /// <param name="lease">Held for this pack and chain.</param>
    /// <param name="old">The orphaned blocks, lowest first.</param>
    /// <param name="batch">The new branch; may be shorter or longer.</param>
    /// <param name="cancel">Before the commit.</param>
    public async Task<long> Reorganise(Lease lease, IReadOnlyList<BlockRef> old, BlockBatch batch, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Block(_chainId, batch.Head), async write =>
        {
            await write.RequireLease(lease, cancel);
            var hashes = old.Select(b => b.Hash.ToArray()).ToArray();
            long removed = 0;
            foreach (var table in _tables)
            {
                removed += await write.Execute(
                    $"DELETE FROM {table.QualifiedName} WHERE chain = @chain AND block_number >= @from AND block_hash = ANY(@hashes)",
                    new { chain = _chain, from = (long)old[0].Number, hashes }, cancel);
            }

            await write.Execute(
                "DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain AND number >= @from AND hash = ANY(@hashes)",
                new { pack = _pack, chain = _chain, from = (long)old[0].Number, hashes }, cancel);
            await write.Execute(
                """
                INSERT INTO indexing.reorganisations (pack, chain, old_head, new_head, from_number, depth, rows_removed)
                VALUES (@pack, @chain, @oldHead, @newHead, @from, @depth, @removed)
                """,
                new
                {
                    pack = _pack, chain = _chain, oldHead = old[^1].Hash.ToArray(), newHead = batch.Head.Hash.ToArray(),
                    from = (long)old[0].Number, depth = old.Count, removed,
                }, cancel);
            await Add(write, batch, cancel);
            write.Signal(Signals.Blocks);
            return removed;
        }, cancel);

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

    /// <summary>Forgets the cursor, blocks and rows: the chain behind the endpoint is another one than was indexed.</summary>
    public async Task StartOver(Lease lease, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Clock(_store.Clock.GetUtcNow()), async write =>
        {
            await write.RequireLease(lease, cancel);
            foreach (var table in _tables)
                await write.Execute($"DELETE FROM {table.QualifiedName} WHERE chain = @chain", new { chain = _chain }, cancel);
            await write.Execute("DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain", new { pack = _pack, chain = _chain }, cancel);
            await write.Execute("DELETE FROM indexing.cursors WHERE pack = @pack AND chain = @chain", new { pack = _pack, chain = _chain }, cancel);
        }, cancel);

    private async Task<int> Add(IngestScope write, BlockBatch batch, CancellationToken cancel)
    {
        var rows = 0;
        var times = batch.Blocks.ToDictionary(b => b.Hash, b => b.Time);
        var byTable = batch.Logs
            .SelectMany(log => log.Topics.Count == 0 ? [] : _byTopic[(log.Address, log.Topics[0])].Select(table => (table, log)))
            .GroupBy(pair => pair.table, pair => pair.log);
        foreach (var group in byTable)
        {
            var table = group.Key;
            var columns = string.Concat(table.Columns.Select(c => ", " + EventTableDefinition.Quote(c.Name)));
            await using var copy = await write.Connection.BeginTextImportAsync(
                $"COPY {table.QualifiedName} (chain, block_number, block_hash, block_time, transaction_hash, log_index{columns}) FROM STDIN",
                cancel);
            foreach (var log in group)
            {
                // A log that another event shares its first topic with, by fewer or more indexed fields, is not this event.
                if (!table.Event.Matches(log.Topics.Span)) continue;
                await copy.WriteAsync(EventRow.Text(_chain, table, log, times[log.BlockHash]), cancel);
                rows++;
            }
        }

        await using (var blocks = await write.Connection.BeginTextImportAsync(
            "COPY indexing.blocks (pack, chain, number, hash, parent_hash, time) FROM STDIN", cancel))
        {
            foreach (var block in batch.Blocks) await blocks.WriteAsync(EventRow.Text(_pack, _chain, block), cancel);
        }

        await write.Execute(
            """
            INSERT INTO indexing.cursors (pack, chain, chain_id, block_number, block_hash, block_time)
            VALUES (@pack, @chain, @chainId, @number, @hash, @time)
            ON CONFLICT (pack, chain) DO UPDATE SET block_number = excluded.block_number,
                block_hash = excluded.block_hash, block_time = excluded.block_time, moved_at = clock_timestamp()
            """,
            new
            {
                pack = _pack, chain = _chain, chainId = _chainId.ToString(), number = (long)batch.Head.Number,
                hash = batch.Head.Hash.ToArray(), time = batch.Head.Time,
            }, cancel);
        return rows;
    }
}
