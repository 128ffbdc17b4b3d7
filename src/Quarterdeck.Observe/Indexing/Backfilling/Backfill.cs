using System.Threading.Channels;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing.Backfilling;

/// <summary>
/// Fills the tables from a block to a final one. Ranges are read side by side and written in order, so the cursor always
/// stands at the end of what is whole: a process killed at any point goes on from there.
/// </summary>
internal sealed class Backfill(
    OperationsStore store, IndexWriter writer, RpcEndpoints endpoints, EvmReader reader, EnvironmentChain settings, Action<BackfillProgress> report, Action<string> failed)
{
    private const int CommitBytes = 16 << 20;

    /// <summary>Less is not worth a transaction while more is on its way.</summary>
    private const int LeastCommitBytes = 2 << 20;
    private const int ReadAhead = 24;
    private static readonly TimeSpan CommitEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Fills; returns when the cursor is at the target.</summary>
    /// <param name="lease">Held for this pack and chain.</param>
    /// <param name="from">The first block: right above the cursor.</param>
    /// <param name="target">The last: final, so that no reorganisation takes it back.</param>
    /// <param name="isHead">True where the target is the chain's head.</param>
    /// <param name="cancel">Stops between commits.</param>
    public async Task Run(Lease lease, ulong from, BlockRef target, bool isHead, CancellationToken cancel)
    {
        var router = writer.Router;
        if (router.HasFactories) await ReadAnnouncements(lease, from, target, cancel);
        var filter = new LogFilter { Addresses = router.Addresses, Topics = router.Topics };
        await ReadAll(from, target, filter, router.Write, async (batches, first, last, progress) =>
        {
            var end = last == target.Number ? Task.FromResult(target) : Header(last, cancel);
            await writer.Fill(lease, batches, first, target, end, isHead && last == target.Number, cancel);
            report(progress);
        }, cancel);
    }

    /// <summary>Reads final blocks again that the tables hold wrongly, and replaces their rows in one transaction.</summary>
    /// <param name="lease">Held for this pack and chain.</param>
    /// <param name="from">First block.</param>
    /// <param name="to">Last block: final.</param>
    /// <param name="cancel">Before the commit.</param>
    public async Task Again(Lease lease, ulong from, BlockRef to, CancellationToken cancel)
    {
        var router = writer.Router;
        if (router.HasFactories) await ReadAnnouncements(lease, from, to, cancel);
        var filter = new LogFilter { Addresses = router.Addresses, Topics = router.Topics };
        List<RowBatch> all = [];
        try
        {
            await ReadAll(from, to, filter, router.Write, (batches, _, _, _) =>
            {
                all.AddRange(batches);
                batches.Clear();
                return Task.CompletedTask;
            }, cancel);
            await writer.Replace(lease, all, from, to, cancel);
        }
        finally
        {
            foreach (var batch in all) batch.Dispose();
        }
    }

    // Who is announced anywhere in the range must be known before the first log is read.
    private async Task ReadAnnouncements(Lease lease, ulong from, BlockRef target, CancellationToken cancel)
    {
        for (var depth = 0; depth < writer.Router.Depth; depth++)
        {
            if (writer.Router.Announcers(depth) is not var (addresses, topics, take)) return;
            await ReadAll(from, target, new LogFilter { Addresses = addresses, Topics = topics }, take, async (batches, _, _, progress) =>
            {
                await writer.Announce(lease, [.. batches.SelectMany(b => b.Announced)], target, cancel);
                report(progress with { Phase = BackfillPhase.Announcements });
            }, cancel);
        }
    }

    private async Task ReadAll(ulong from, BlockRef target, LogFilter filter, TakeLog take, Commit commit, CancellationToken cancel)
    {
        var planner = new RangePlanner(from, target.Number, settings.BatchSize);
        var gate = new RequestGate(settings.Concurrency, endpoints.Members.Count);
        var ranges = new RangeReader(endpoints, planner, gate, target, failed, store.Clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // The reading runs ahead of the writing by so many ranges and no more: that bounds the memory.
        var reading = Channel.CreateBounded<(ulong To, Task<RowBatch[]> Rows)>(new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });
        var planning = Plan(planner, gate, ranges, filter, take, reading.Writer, ended.Token);
        var progress = new BackfillRate(from, target.Number, store.Clock);
        List<RowBatch> pending = [];
        try
        {
            var (next, since, least) = (from, store.Clock.GetTimestamp(), 0);
            await foreach (var (to, rows) in reading.Reader.ReadAllAsync(ended.Token))
            {
                pending.AddRange(await rows);
                var bytes = pending.Sum(p => p.Bytes);
                // The database is never idle while there is something to write: the first rows are written at once, and what has
                // come by the end of one commit is the next.
                if (to < target.Number && bytes < CommitBytes && store.Clock.GetElapsedTime(since) < CommitEvery
                    && (bytes < least || reading.Reader.TryPeek(out var ready) && ready.Rows.IsCompleted)) continue;
                progress.Advance(to, pending.Sum(p => (long)p.Rows), pending.Sum(p => (long)p.Undecodable));
                await commit(pending, next, to, progress.Now(planner.Size, gate.Limit, ranges.LastFailure));
                foreach (var batch in pending) batch.Dispose();
                pending.Clear();
                (next, since, least) = (to + 1, store.Clock.GetTimestamp(), LeastCommitBytes);
            }

            await planning;
        }
        finally
        {
            await ended.CancelAsync();
            await planning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var batch in pending) batch.Dispose();
            while (reading.Reader.TryRead(out var left)) await Discard(left.Rows);
        }
    }

    private async Task Plan(
        RangePlanner planner, RequestGate gate, RangeReader ranges, LogFilter filter, TakeLog take, ChannelWriter<(ulong, Task<RowBatch[]>)> reading,
        CancellationToken cancel)
    {
        Task<RowBatch[]>? begun = null;
        try
        {
            while (true)
            {
                // A range is cut only when it can be asked for, so that its size follows the answers so far.
                await gate.Enter(cancel);
                gate.Leave();
                if (planner.Next() is not (var from, var to)) break;
                begun = ranges.Read(from, to, filter, take, writer.Router.Tables.Count, cancel);
                await reading.WriteAsync((to, begun), cancel);
                begun = null;
            }

            reading.Complete();
        }
        catch (Exception e)
        {
            reading.Complete(e);
            if (begun is not null) await Discard(begun);
            throw;
        }
    }

    private static async Task Discard(Task<RowBatch[]> rows)
    {
        await ((Task)rows).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!rows.IsCompletedSuccessfully) return;
        foreach (var batch in await rows) batch.Dispose();
    }

    private async Task<BlockRef> Header(ulong number, CancellationToken cancel) =>
        (await reader.Block(number, cancel) ?? throw new TransientException($"{reader.Name} has no block {number}, whose logs it gave.")).Ref;

    private delegate Task Commit(List<RowBatch> batches, ulong first, ulong last, BackfillProgress progress);
}
