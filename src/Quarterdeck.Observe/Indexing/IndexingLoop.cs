using Microsoft.Extensions.Logging;
using Quarterdeck.Chains;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Follow;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Keeps the event tables of one chain of a pack equal to it: fills them up to the last final block, then follows the head
/// from the very cursor that the filling left.
/// </summary>
/// <param name="store">Where the tables are.</param>
/// <param name="pack">What to index.</param>
/// <param name="chain">The pack's name of the chain.</param>
/// <param name="endpoints">Where bulk reads go.</param>
/// <param name="reader">What the head is read through: of as many endpoints as must agree.</param>
/// <param name="heads">A WebSocket that tells of new heads; null to poll.</param>
/// <param name="health">Where progress and failures are noted.</param>
/// <param name="logger">Where they are told.</param>
internal sealed class IndexingLoop(
    OperationsStore store, BoundPack pack, string chain, RpcEndpoints endpoints, EvmReader reader, JsonRpcTransport? heads, ChainHealth health,
    ILogger logger)
{
    private const int KnownBlocks = 512;

    /// <summary>Fewer blocks than this are followed rather than filled.</summary>
    private const ulong SmallestBackfill = 64;

    private static readonly TimeSpan SearchEvery = TimeSpan.FromHours(1);

    private long _filledUndecodable;
    private IReadOnlyList<long> _wrong = [];
    private readonly string _name = pack.Pack.Name;
    private readonly EnvironmentChainFacts _facts = EnvironmentChainFacts.Of(pack, chain);
    private readonly IndexWriter _writer = new(store, pack, chain, pack.Environment.Chains[chain].Id);

    private GapRepair Gaps => new(store, _writer, _name, pack.Environment.Chains[chain], endpoints, reader, health, logger);

    /// <summary>Runs until cancelled or until the lease is lost.</summary>
    public async Task Run(Lease lease, CancellationToken cancel)
    {
        health.Watched(_name, chain, endpoints);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await reader.RequireChain(_facts.Id, cancel);
                if (_writer.Router.Tables.Count > 0) await Gaps.MendFoundation(lease, cancel);
                await Gaps.Mend(lease, _wrong, cancel);
                _wrong = [];
                await Fill(lease, cancel);
                await Follow(lease, cancel);
            }
            catch (ReorganisationTooDeepException e) when (_facts.IsDisposable)
            {
                logger.LogWarning("{Pack}/{Chain} is indexed again from its start: {Why}", _name, chain, e.Message);
                await _writer.StartOver(lease, cancel);
            }
            catch (Exception e) when (e is TransientException or RpcException or WrongChainException or ReorganisationTooDeepException)
            {
                health.Failed(_name, chain, e.Message);
                logger.LogWarning("Indexing {Pack}/{Chain} waits: {Why}", _name, chain, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), store.Clock, cancel);
            }
        }
    }

    private async Task Fill(Lease lease, CancellationToken cancel)
    {
        await _writer.LoadAnnounced(cancel);
        if (_writer.Router.Tables.Count == 0) return;
        while (true)
        {
            var cursor = await store.Cursor(_name, chain, cancel);
            if (cursor?.FirstBlock is { } first && _facts.Start is { } start && (ulong)first > start)
            {
                logger.LogWarning("{Pack}/{Chain} is indexed from block {First}, but should be from {Start}: it is filled again", _name, chain, first, start);
                await _writer.StartOver(lease, cancel);
                continue;
            }

            // Where the start is unknown, history is not asked for: following begins at the head.
            if ((cursor is null ? _facts.Start : (ulong)cursor.BlockNumber + 1) is not { } next) return;
            var head = (await reader.Head(cancel)).Ref;
            health.Seen(_name, chain, head);
            var final = await Final(head, cancel);
            if (final.Number < next || final.Number - next + 1 < SmallestBackfill) return;
            // A cursor on an orphaned block is for the follower, who takes it back first.
            if (cursor is not null && (await reader.Block((ulong)cursor.BlockNumber, cancel))?.Hash != cursor.BlockHash) return;
            logger.LogInformation("{Pack}/{Chain} is filled from block {From} to {To}", _name, chain, next, final.Number);
            var backfill = new Backfill(store, _writer, endpoints, reader, pack.Environment.Chains[chain], Report, why => health.Failed(_name, chain, why));
            await backfill.Run(lease, next, final, final.Number == head.Number, cancel);
        }
    }

    private void Report(BackfillProgress progress)
    {
        if (progress.Phase == BackfillPhase.Events) _filledUndecodable = progress.Undecodable;
        health.Filled(_name, chain, progress);
        logger.LogInformation(
            "{Pack}/{Chain}: block {At} of {To} ({Done:P0}), {Rate:N0} events/s, {Remaining} left", _name, chain, progress.At, progress.To,
            progress.Done, progress.EventsPerSecond, progress.Remaining is { } left ? TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)).ToString() : "unknown");
    }

    private async Task<BlockRef> Final(BlockRef head, CancellationToken cancel)
    {
        try
        {
            if (await reader.Block(BlockId.Finalized, cancel) is { } final) return final.Ref;
        }
        catch (RpcException)
        {
            // The node has no such tag: depth decides.
        }

        var depth = head.Number > EnvironmentChainFacts.FinalityDepth ? head.Number - EnvironmentChainFacts.FinalityDepth : 0;
        return (await reader.Block(depth, cancel) ?? throw new TransientException($"{reader.Name} has no block {depth}.")).Ref;
    }

    private async Task Follow(Lease lease, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var searching = Search(ended);
        try
        {
            await FollowUntilCancelled(lease, ended.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && _wrong.Count > 0)
        {
            // What was found comes first; following goes on from the cursor after it.
        }
        finally
        {
            await ended.CancelAsync();
            await searching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Beside the following, since counting large tables takes a while: at the start, and then every hour.
    private async Task Search(CancellationTokenSource following)
    {
        var cancel = following.Token;
        while (_writer.Router.Tables.Count > 0)
        {
            try
            {
                if (await Gaps.Wrong(cancel) is { Count: > 0 } wrong)
                {
                    _wrong = wrong;
                    await following.CancelAsync();
                    return;
                }
            }
            catch (TransientException e)
            {
                logger.LogWarning("The tables of {Pack}/{Chain} could not be counted: {Why}", _name, chain, e.Message);
            }

            await Task.Delay(SearchEvery, store.Clock, cancel);
        }
    }

    private async Task FollowUntilCancelled(Lease lease, CancellationToken cancel)
    {
        var known = await store.Window(_name, chain, KnownBlocks, cancel);
        var follower = new EvmFollower(reader, known, new FollowOptions
        {
            PollInterval = _facts.PollInterval,
            Start = _facts.Start,
            Window = KnownBlocks,
            Clock = store.Clock,
            Heads = heads,
            FinalityDepth = (int)EnvironmentChainFacts.FinalityDepth,
        });
        await foreach (var update in follower.WithCancellation(cancel))
        {
            var seen = store.Clock.GetTimestamp();
            switch (update)
            {
                case ChainUpdate.Extended(var blocks):
                    var added = await _writer.Extend(lease, await Batch(blocks, cancel), cancel);
                    health.Followed(_name, chain, follower.Head ?? blocks[^1], blocks[^1], added, store.Clock.GetElapsedTime(seen));
                    health.Undecodable(_name, chain, _filledUndecodable + _writer.Undecodable);
                    // A node that was away for long comes back far ahead: that is filled, not followed.
                    if (follower.Head is { } head && head.Number > blocks[^1].Number + 4 * SmallestBackfill) return;
                    break;
                case ChainUpdate.Reorganised(var old, var fresh):
                    _writer.Router.ForgetFrom(old[0].Number);
                    var removed = await _writer.Reorganise(lease, old, await Batch(fresh, cancel), cancel);
                    health.Followed(_name, chain, follower.Head ?? fresh[^1], fresh[^1], 0, store.Clock.GetElapsedTime(seen));
                    health.Reorganised(_name, chain, old.Count);
                    logger.LogWarning(
                        "{Pack}/{Chain} was reorganised: {Depth} blocks from {From} on, {Rows} rows taken back",
                        _name, chain, old.Count, old[0].Number, removed);
                    break;
                case ChainUpdate.Finalised(var block):
                    await _writer.Finalise(lease, block, cancel);
                    break;
            }
        }
    }

    // By block hash, so that logs and blocks agree whatever the chain does meanwhile.
    private async Task<BlockBatch> Batch(IReadOnlyList<BlockRef> blocks, CancellationToken cancel)
    {
        var router = _writer.Router;
        if (router.Tables.Count == 0) return new BlockBatch(blocks, []);
        IReadOnlyList<Address> addresses = router.Addresses;
        List<EvmLog> logs = [.. (await reader.LogsOfBlocks(blocks, addresses, router.Topics, cancel)).SelectMany(l => l)];
        if (!router.HasFactories || addresses.Count == 0) return new BlockBatch(blocks, logs);

        // What a contract announced just now has emitted since is not in the answer yet, and it may announce others in turn.
        var asked = addresses.ToHashSet();
        while (router.FindAnnounced(logs).Except(asked).ToList() is { Count: > 0 } fresh)
        {
            logs.AddRange((await reader.LogsOfBlocks(blocks, fresh, router.Topics, cancel)).SelectMany(l => l));
            logs = [.. logs.OrderBy(l => l.BlockNumber).ThenBy(l => l.LogIndex)];
            asked.UnionWith(fresh);
        }

        return new BlockBatch(blocks, logs);
    }
}

/// <summary>What the loop needs to know of a chain in its environment.</summary>
internal sealed record EnvironmentChainFacts(ChainId Id, TimeSpan PollInterval, ulong? Start, bool IsDisposable)
{
    /// <summary>Blocks below the head that count as final where a node has no word of its own: two epochs of Ethereum, and a half.</summary>
    public const ulong FinalityDepth = 80;

    public static EnvironmentChainFacts Of(BoundPack pack, string chain)
    {
        var bound = pack.Environment.Chains[chain];
        // A quarter of the block time sees a block early without asking too often; half a second where it is unknown.
        var poll = bound.BlockTime is { } time ? time / 4 : TimeSpan.FromMilliseconds(500);
        return new EnvironmentChainFacts(
            bound.Id, TimeSpan.FromMilliseconds(Math.Clamp(poll.TotalMilliseconds, 50, 3000)), pack.Environment.DeploymentBlock ?? FirstStart(pack, chain),
            pack.Environment.Kind is EnvironmentKind.Devnet or EnvironmentKind.Fork);
    }

    // Where each table says its own start, the lowest is known though the deployment's block is not.
    private static ulong? FirstStart(BoundPack pack, string chain)
    {
        var tables = pack.Pack.Index.Where(t => pack.Contract(t.RootContract)?.Chain == chain).ToList();
        return tables.Count > 0 && tables.TrueForAll(t => t.Start is not null) ? tables.Min(t => t.Start) : null;
    }
}
