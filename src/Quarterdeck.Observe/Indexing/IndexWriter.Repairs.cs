using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <content>What undoes: for tables that are not what was written.</content>
internal sealed partial class IndexWriter
{
    /// <summary>Forgets the cursor, blocks and rows: the chain behind the endpoint is another one than was indexed.</summary>
    public async Task StartOver(Lease lease, CancellationToken cancel)
    {
        await _store.Ingest(FactSource.Clock(_store.Clock.GetUtcNow()), async write =>
        {
            await write.RequireLease(lease, cancel);
            foreach (var table in Router.Tables)
                await write.Execute($"DELETE FROM {table.QualifiedName} WHERE chain = @chain", new { chain = _chain }, cancel);
            foreach (var own in (string[])["blocks", "announced", "cursors", "row_counts"])
                await write.Execute($"DELETE FROM indexing.{own} WHERE pack = @pack AND chain = @chain", new { pack = _pack, chain = _chain }, cancel);
        }, cancel);
        Router.ForgetFrom(0);
    }

    /// <summary>Puts rows that were read again in the place of those that the tables hold of some final blocks.</summary>
    /// <exception cref="TransientException">The tables do not reach so far any more.</exception>
    public async Task Replace(Lease lease, IReadOnlyList<RowBatch> batches, ulong from, BlockRef to, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Block(_chainId, to), async write =>
        {
            await write.RequireLease(lease, cancel);
            var at = await write.Query<long>(
                "SELECT block_number FROM indexing.cursors WHERE pack = @pack AND chain = @chain AND first_block <= @from FOR UPDATE",
                new { pack = _pack, chain = _chain, from = (long)from }, cancel);
            if (at is not [var cursor] || cursor < (long)to.Number)
                throw new TransientException($"The tables of {_pack}/{_chain} do not hold blocks {from} to {to.Number}, so they cannot be replaced.");
            foreach (var table in Router.Tables) await Remove(write, table, from, to.Number, cancel);
            await Copy(write, batches, cancel);
            await Counts.Recount(write, (long)(from / RowCounts.Range), (long)(to.Number / RowCounts.Range), cancel);
        }, cancel);

    /// <summary>Sets the cursor back to a final block, and forgets what is above: it is read again.</summary>
    public async Task Rewind(Lease lease, BlockRef to, CancellationToken cancel)
    {
        await _store.Ingest(FactSource.Block(_chainId, to), async write =>
        {
            await write.RequireLease(lease, cancel);
            await Counts.TakeBackFrom(write, (long)to.Number + 1, cancel);
            await write.Execute("DELETE FROM indexing.blocks WHERE pack = @pack AND chain = @chain", new { pack = _pack, chain = _chain }, cancel);
            await AddBlocks(write, [to], cancel);
            await MoveCursor(write, to.Number, to, false, cancel);
        }, cancel);
        Router.ForgetFrom(to.Number + 1);
    }

    /// <summary>Counts what a version before wrote without counting.</summary>
    public async Task CountOnce(Lease lease, CancellationToken cancel) =>
        await _store.Ingest(FactSource.Clock(_store.Clock.GetUtcNow()), async write =>
        {
            await write.RequireLease(lease, cancel);
            var once = await write.Execute(
                "UPDATE indexing.cursors SET counted = true WHERE pack = @pack AND chain = @chain AND NOT counted", new { pack = _pack, chain = _chain }, cancel);
            if (once > 0) await Counts.Recount(write, 0, null, cancel);
        }, cancel);

    private Task<int> Remove(IngestScope write, EventTableDefinition table, ulong from, ulong to, CancellationToken cancel) => write.Execute(
        $"DELETE FROM {table.QualifiedName} WHERE chain = @chain AND block_number BETWEEN @from AND @to",
        new { chain = _chain, from = (long)from, to = (long)to }, cancel);
}
