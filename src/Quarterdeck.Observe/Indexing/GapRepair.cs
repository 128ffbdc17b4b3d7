using Microsoft.Extensions.Logging;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Finds where the tables hold other rows than were written, be it that someone deleted some or that a backup was restored in
/// part, and reads those blocks again.
/// </summary>
internal sealed class GapRepair(
    OperationsStore store, IndexWriter writer, string pack, EnvironmentChain chain, RpcEndpoints endpoints, EvmReader reader, ChainHealth health, ILogger logger)
{
    /// <summary>The ranges of blocks whose rows are not what was written, lowest first.</summary>
    public Task<IReadOnlyList<long>> Wrong(CancellationToken cancel) => writer.Counts.Wrong(store, cancel);

    /// <summary>Puts right what following and filling rest on: the rows of recent blocks, and the announced contracts.</summary>
    public async Task MendFoundation(Lease lease, CancellationToken cancel)
    {
        await writer.CountOnce(lease, cancel);
        if (await store.Cursor(pack, chain.Name, cancel) is not { } cursor) return;
        if (!await BlocksAreWhole(cancel))
        {
            logger.LogWarning("{Pack}/{Chain}: rows of recent blocks are missing; what is not final is read again", pack, chain.Name);
            health.Gap(pack, chain.Name);
            if (await StartsOver(lease, cursor, cancel)) return;
            await writer.Rewind(lease, await Header((ulong)Lowest(cursor), cancel), cancel);
        }

        if (await writer.Counts.WrongAnnounced(store, cancel) is { Count: > 0 } ranges) await Mend(lease, ranges, cancel);
    }

    /// <summary>Reads the ranges again.</summary>
    public async Task Mend(Lease lease, IReadOnlyList<long> ranges, CancellationToken cancel)
    {
        await writer.LoadAnnounced(cancel);
        if (await store.Cursor(pack, chain.Name, cancel) is not { } cursor || ranges.Count == 0) return;
        if (await StartsOver(lease, cursor, cancel)) return;
        var final = Lowest(cursor);
        foreach (var range in ranges)
        {
            var from = Math.Max(range * (long)RowCounts.Range, cursor.FirstBlock ?? 0);
            var to = Math.Min((range + 1) * (long)RowCounts.Range - 1, cursor.BlockNumber);
            logger.LogWarning("{Pack}/{Chain}: rows of blocks {From} to {To} are not what was written; they are read again", pack, chain.Name, from, to);
            health.Gap(pack, chain.Name);
            // First what is above: the counts tell of this gap until it is filled, so a process killed in between leaves it to the next.
            if (to > final) await writer.Rewind(lease, await Header((ulong)final, cancel), cancel);
            if (from <= final)
            {
                var backfill = new Backfill(store, writer, endpoints, reader, chain, _ => { }, why => health.Failed(pack, chain.Name, why));
                await backfill.Again(lease, (ulong)from, await Header((ulong)Math.Min(to, final), cancel), cancel);
            }

            if (to > final) return;
        }
    }

    // What was known to be final when it was indexed, and is in the tables.
    private static long Lowest(ChainCursor cursor) => Math.Min(cursor.Finalised!.Value, cursor.BlockNumber);

    // With nothing final in the tables there is nothing to build on.
    private async Task<bool> StartsOver(Lease lease, ChainCursor cursor, CancellationToken cancel)
    {
        if (cursor.Finalised is { } final && final >= (cursor.FirstBlock ?? 0)) return false;
        await writer.StartOver(lease, cancel);
        return true;
    }

    private async Task<bool> BlocksAreWhole(CancellationToken cancel) => await store.QueryFirstOrDefault<bool>(
        """
        SELECT EXISTS (SELECT FROM indexing.blocks b WHERE b.pack = c.pack AND b.chain = c.chain AND b.number = c.block_number AND b.hash = c.block_hash)
            AND (SELECT max(b.number) - min(b.number) + 1 = count(*) FROM indexing.blocks b WHERE b.pack = c.pack AND b.chain = c.chain)
        FROM indexing.cursors c WHERE c.pack = @pack AND c.chain = @chain
        """, new { pack, chain = chain.Name }, cancel);

    private async Task<BlockRef> Header(ulong number, CancellationToken cancel) =>
        (await reader.Block(number, cancel) ?? throw new TransientException($"{reader.Name} has no block {number}, which is in the tables.")).Ref;
}
