using Microsoft.Extensions.Logging;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>
/// Indexes one pack and does nothing else of watching: no metric, no rule. It takes the lease that a server watches the pack
/// under, so that only one of them writes.
/// </summary>
/// <param name="store">Where the tables are.</param>
/// <param name="pack">What to index.</param>
/// <param name="health">Where progress is noted.</param>
/// <param name="logger">Where it is told.</param>
public sealed class PackIndexing(OperationsStore store, BoundPack pack, ChainHealth health, ILogger logger)
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes the pack's tables and indexes until cancelled, or until all its chains are as far as asked for. Waits while
    /// another process watches the pack.
    /// </summary>
    /// <param name="ownerConnectionString">A connection that may make tables.</param>
    /// <param name="goal">How far; null to follow on and on.</param>
    /// <param name="waiting">Called once where another process watches the pack.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="LeaseLostException">Another process took the pack over.</exception>
    public async Task Run(string ownerConnectionString, IndexingGoal? goal, Action? waiting, CancellationToken cancel)
    {
        var links = pack.Environment.Chains.Where(c => c.Value.Id.Namespace == "eip155")
            .ToDictionary(c => c.Key, c => WatchedChain.Open(c.Value, store.Clock), StringComparer.Ordinal);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            // Connections and endpoints are made ready while the tables are, so that a start takes as long as the slowest of them.
            var ready = Task.WhenAll(links.Select(l => Task.Run(() => Look(l.Key, l.Value, ended.Token), ended.Token))
                .Append(Task.Run(() => store.Connect(ended.Token), ended.Token)));
            await EventTables.Create(ownerConnectionString, [pack], cancel);
            var lease = await Acquire(waiting, cancel);
            await ready;
            List<Task> loops =
            [
                HeldLease.Keep(store, lease, LeaseTime, logger, ended.Token),
                .. links.Select(l => new IndexingLoop(
                    store, pack, l.Key, l.Value.Endpoints, l.Value.Agreed, l.Value.Heads, health, logger).Run(lease, ended.Token)),
            ];
            if (goal is not null) loops.Add(Reached(goal, links, ended.Token));
            var first = await Task.WhenAny(loops);
            await ended.CancelAsync();
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await store.Leases.Release(lease, CancellationToken.None);
            if (!cancel.IsCancellationRequested) await first;
        }
        finally
        {
            await ended.CancelAsync();
            foreach (var link in links.Values) await link.Endpoints.DisposeAsync();
        }
    }

    private async Task Look(string chain, WatchedChain link, CancellationToken cancel)
    {
        await link.Endpoints.Probe(cancel);
        try
        {
            health.Seen(pack.Pack.Name, chain, (await link.Agreed.Head(cancel)).Ref);
        }
        catch (Exception e) when (e is TransientException or RpcException or WrongChainException)
        {
            // The loop that begins now asks again, and tells of it.
        }
    }

    private async Task<Lease> Acquire(Action? waiting, CancellationToken cancel)
    {
        for (var told = false; ; told = true)
        {
            if (await store.Leases.TryAcquire($"watch:{pack.Pack.Name}", LeaseTime, cancel) is { } lease) return lease;
            if (!told) waiting?.Invoke();
            await Task.Delay(TimeSpan.FromMilliseconds(250), store.Clock, cancel);
        }
    }

    private async Task Reached(IndexingGoal goal, Dictionary<string, WatchedChain> links, CancellationToken cancel)
    {
        var blocks = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (chain, link) in links) blocks[chain] = goal.Block ?? (await link.Agreed.Head(cancel)).Number;
        while (!blocks.All(b => health.Chains.Any(s => s.Pack == pack.Pack.Name && s.Chain == b.Key
            && (s.Backfill is { Phase: Indexing.Backfilling.BackfillPhase.Events } fill && fill.At >= b.Value || s.Indexed?.Number >= b.Value))))
            await Task.Delay(TimeSpan.FromMilliseconds(2), store.Clock, cancel);
    }
}

/// <summary>When indexing is done.</summary>
/// <param name="Block">At this block; null for the chain's head as it was at the start.</param>
public sealed record IndexingGoal(ulong? Block);
