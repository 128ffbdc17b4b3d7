using Microsoft.Extensions.Logging;
using Quarterdeck.Chains;
using Quarterdeck.Chains.Evm.Follow;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>Follows one chain of a pack from its cursor and keeps the event tables equal to it.</summary>
internal sealed class IndexingLoop(
    OperationsStore store, BoundPack pack, string chain, EvmReader reader, ChainHealth health, ILogger logger)
{
    private const int KnownBlocks = 512;
    private readonly EnvironmentChainFacts _facts = EnvironmentChainFacts.Of(pack, chain);
    private readonly IndexWriter _writer = new(store, pack, chain, pack.Environment.Chains[chain].Id);

    /// <summary>Runs until cancelled or until the lease is lost.</summary>
    public async Task Run(Lease lease, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await reader.RequireChain(_facts.Id, cancel);
                await Follow(lease, cancel);
            }
            catch (ReorganisationTooDeepException e) when (_facts.IsDisposable)
            {
                logger.LogWarning("{Pack}/{Chain} is indexed again from its start: {Why}", pack.Pack.Name, chain, e.Message);
                await _writer.StartOver(lease, cancel);
            }
            catch (Exception e) when (e is TransientException or RpcException or WrongChainException or ReorganisationTooDeepException)
            {
                health.Failed(pack.Pack.Name, chain, reader.Name, e.Message);
                logger.LogWarning("Indexing {Pack}/{Chain} waits: {Why}", pack.Pack.Name, chain, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), store.Clock, cancel);
            }
        }
    }

    private async Task Follow(Lease lease, CancellationToken cancel)
    {
        var known = await store.Window(pack.Pack.Name, chain, KnownBlocks, cancel);
        var follower = new EvmFollower(reader, known, new FollowOptions
        {
            PollInterval = _facts.PollInterval, Start = _facts.Start, Window = KnownBlocks, Clock = store.Clock,
        });
        await foreach (var update in follower.WithCancellation(cancel))
        {
            switch (update)
            {
                case ChainUpdate.Extended(var blocks):
                    await _writer.Extend(lease, await Batch(blocks, cancel), cancel);
                    health.Followed(pack.Pack.Name, chain, reader.Name, follower.Head ?? blocks[^1], blocks[^1]);
                    break;
                case ChainUpdate.Reorganised(var old, var fresh):
                    var removed = await _writer.Reorganise(lease, old, await Batch(fresh, cancel), cancel);
                    health.Followed(pack.Pack.Name, chain, reader.Name, follower.Head ?? fresh[^1], fresh[^1]);
                    logger.LogWarning(
                        "{Pack}/{Chain} was reorganised: {Depth} blocks from {From} on, {Rows} rows taken back",
                        pack.Pack.Name, chain, old.Count, old[0].Number, removed);
                    break;
                case ChainUpdate.Finalised(var block):
                    await _writer.Finalise(lease, block, cancel);
                    break;
            }
        }
    }

    private async Task<BlockBatch> Batch(IReadOnlyList<BlockRef> blocks, CancellationToken cancel)
    {
        if (_writer.Addresses.Count == 0) return new BlockBatch(blocks, []);
        var filter = new LogFilter
        {
            FromBlock = blocks[0].Number, ToBlock = blocks[^1].Number, Addresses = _writer.Addresses, Topics = [_writer.Topics],
        };
        var logs = await reader.Logs(filter, cancel);
        var hashes = blocks.Select(b => b.Hash).ToHashSet();
        if (logs.All(l => hashes.Contains(l.BlockHash))) return new BlockBatch(blocks, logs);

        // The chain turned between the headers and the logs: ask for each block by its hash, which cannot be answered wrongly.
        var exact = new List<EvmLog>();
        foreach (var block in blocks)
        {
            exact.AddRange(await reader.Logs(
                new LogFilter { BlockHash = block.Hash, Addresses = _writer.Addresses, Topics = [_writer.Topics] }, cancel));
        }

        return new BlockBatch(blocks, exact);
    }
}

/// <summary>What the loop needs to know of a chain in its environment.</summary>
internal sealed record EnvironmentChainFacts(ChainId Id, TimeSpan PollInterval, ulong? Start, bool IsDisposable)
{
    public static EnvironmentChainFacts Of(BoundPack pack, string chain)
    {
        var bound = pack.Environment.Chains[chain];
        // A quarter of the block time sees a block early without asking too often; half a second where it is unknown.
        var poll = bound.BlockTime is { } time ? time / 4 : TimeSpan.FromMilliseconds(500);
        return new EnvironmentChainFacts(
            bound.Id, TimeSpan.FromMilliseconds(Math.Clamp(poll.TotalMilliseconds, 50, 3000)), pack.Environment.DeploymentBlock,
            pack.Environment.Kind is EnvironmentKind.Devnet or EnvironmentKind.Fork);
    }
}
