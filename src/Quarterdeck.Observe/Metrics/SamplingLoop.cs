using Microsoft.Extensions.Logging;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Samples every metric of a pack at each new indexed block, and at least every two seconds where no block comes, so that
/// probes and silence are seen too.
/// </summary>
internal sealed class SamplingLoop(
    OperationsStore store, BoundPack pack, LiveSeries live, IReadOnlyDictionary<string, EvmReader> readers,
    OutsideSampler outside, SamplingHealth health, ILogger logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private readonly string _name = pack.Pack.Name;
    private readonly SampleStore _samples = new(store, pack.Pack.Name);
    private readonly FormulaSampler _formulas = new(pack);
    private readonly Dictionary<string, BlockRef> _sampled = [];
    private readonly Dictionary<string, (ContractSampler Contracts, EventSampler Events)> _chains =
        pack.Environment.Chains.Keys.Where(readers.ContainsKey)
            .ToDictionary(c => c, c => (new ContractSampler(pack, c), new EventSampler(store, pack, c)));

    private long _lastReorganisation;

    /// <summary>Runs until cancelled or until the lease is lost.</summary>
    public async Task Run(Lease lease, CancellationToken cancel)
    {
        using var blocks = store.Signals.Subscribe(Signals.Blocks);
        _lastReorganisation = await LastReorganisation(cancel);
        await Refill(cancel);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await TakeBack(lease, cancel);
                await SampleAll(lease, cancel);
            }
            catch (Exception e) when (e is TransientException or RpcException)
            {
                // A block that was orphaned meanwhile answers with an error too; the next round has another head.
                logger.LogWarning("Sampling {Pack} waits: {Why}", _name, e.Message);
            }

            await blocks.Wait(LongestPause, cancel);
        }
    }

    private async Task SampleAll(Lease lease, CancellationToken cancel)
    {
        var moved = false;
        foreach (var (chain, samplers) in _chains)
        {
            if (await store.Head(_name, chain, cancel) is not { } head) continue;
            if (_sampled.TryGetValue(chain, out var last) && last == head) continue;
            await SampleBlock(lease, chain, samplers, head, cancel);
            _sampled[chain] = head;
            moved = true;
        }

        if (!moved) await SampleOutside(lease, cancel);
    }

    private async Task SampleBlock(
        Lease lease, string chain, (ContractSampler Contracts, EventSampler Events) samplers, BlockRef head, CancellationToken cancel)
    {
        var (samples, failures) = await samplers.Contracts.Sample(readers[chain], head, cancel);
        var events = await samplers.Events.Sample(head, cancel);
        var others = outside.Newest();
        var at = store.Clock.GetUtcNow();
        var lag = new Sample(
            Labels.Of(Labels.MetricName, "quarterdeck_chain_head_age_seconds", "chain", chain), (at - head.Time).TotalSeconds, null);
        var round = new SamplingRound(at, head,
            [.. samples, .. events.Samples, .. others.Samples, lag], [.. failures, .. events.Failures, .. others.Failures]);
        await Finish(lease, FactSource.Block(pack.Environment.Chains[chain].Id, head), chain, round, cancel);
    }

    private async Task SampleOutside(Lease lease, CancellationToken cancel)
    {
        var (samples, failures) = outside.Newest();
        var at = store.Clock.GetUtcNow();
        var ages = _sampled.Select(c => new Sample(
            Labels.Of(Labels.MetricName, "quarterdeck_chain_head_age_seconds", "chain", c.Key), (at - c.Value.Time).TotalSeconds, null));
        await Finish(lease, FactSource.Clock(at), null, new SamplingRound(at, null, [.. samples, .. ages], failures), cancel);
    }

    private async Task Finish(Lease lease, FactSource source, string? chain, SamplingRound round, CancellationToken cancel)
    {
        live.Append(round);
        var (samples, failures) = _formulas.Sample(live, round.At, cancel);
        var whole = round with { Samples = [.. round.Samples, .. samples], Failures = [.. round.Failures, .. failures] };
        health.Note(_name, whole);
        if (round.Block is not null) live.BlockIsSampled();
        await _samples.Write(lease, source, chain, whole, wake: true, cancel);
    }

    private async Task TakeBack(Lease lease, CancellationToken cancel)
    {
        var seen = await store.Query<Reorganisation>(
            "SELECT id, chain, from_number FROM indexing.reorganisations WHERE pack = @pack AND id > @after ORDER BY id",
            new { pack = _name, after = _lastReorganisation }, cancel);
        if (seen.Count == 0) return;
        foreach (var reorganisation in seen)
        {
            await _samples.TakeBack(lease, reorganisation.Chain, reorganisation.FromNumber, cancel);
            if (_chains.TryGetValue(reorganisation.Chain, out var samplers)) samplers.Events.StartOver();
        }

        await Refill(cancel);
        _lastReorganisation = seen[^1].Id;
    }

    private async Task Refill(CancellationToken cancel)
    {
        var from = store.Clock.GetUtcNow() - live.Horizon;
        live.Reset(from, await _samples.Since(from, cancel));
    }

    private async Task<long> LastReorganisation(CancellationToken cancel) =>
        await store.QueryFirstOrDefault<long?>(
            "SELECT max(id) FROM indexing.reorganisations WHERE pack = @pack", new { pack = _name }, cancel) ?? 0;

    private sealed record Reorganisation(long Id, string Chain, long FromNumber);
}
