using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts;

/// <summary>Evaluates a pack's rules after each round of sampling, which is at each block.</summary>
internal sealed class AlertsLoop(
    OperationsStore store, BoundPack pack, IReadOnlyList<RuleFile> rules, LiveSeries live, RuleHealth health, ILogger logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly AlertBook _book = new(store, pack.Pack.Name);
    private readonly SampleStore _recorded = new(store, pack.Pack.Name);
    private List<RuleGroupState> _groups = [];

    /// <summary>Runs until cancelled or until the lease is lost.</summary>
    public async Task Run(Lease lease, CancellationToken cancel)
    {
        using var samples = store.Signals.Subscribe(Signals.Samples);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (_groups.Count == 0) await Restore(cancel);
                await samples.Wait(LongestPause, cancel);
                await Evaluate(lease, cancel);
            }
            catch (TransientException e)
            {
                // What was evaluated is not written: begin again from what is.
                _groups = [];
                logger.LogWarning("Alerts of {Pack} wait: {Why}", pack.Pack.Name, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(500), store.Clock, cancel);
            }
        }
    }

    private async Task Restore(CancellationToken cancel)
    {
        List<RuleGroupState> groups = [.. rules.SelectMany(f => f.Groups).Select(g => new RuleGroupState(g))];
        await _book.Restore(groups, cancel);
        _groups = groups;
    }

    private async Task Evaluate(Lease lease, CancellationToken cancel)
    {
        var at = store.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (chain, block) = await Block(cancel);
        var recorded = new List<VectorSample>();
        var transitions = new List<(RuleGroup, Packs.Alerts.AlertTransition)>();
        var surroundings = new TemplateSurroundings
        {
            Query = text => PreparedQuery.Parse(text).Instant(at, live, null, cancel) as PromVector ?? new PromVector([]),
        };
        foreach (var group in _groups)
        {
            var found = RuleGroupEvaluation.Evaluate(
                group, at, live, Record, EvaluatorOptions.Default, surroundings, cancel);
            transitions.AddRange(found.Select(t => (group.Group, t)));
        }

        health.Note(pack.Pack.Name, _groups, store.Clock.GetUtcNow());
        await _book.Write(lease, block, _groups, transitions, cancel);
        await Keep(lease, chain, block, at, recorded, cancel);

        void Record(VectorSample sample)
        {
            live.Write(sample);
            recorded.Add(sample);
        }
    }

    // What rules record outlives a restart, and is taken back with the block it was computed at.
    private async Task Keep(
        Lease lease, string? chain, BlockRef? block, long atMs, List<VectorSample> recorded, CancellationToken cancel)
    {
        if (recorded.Count == 0) return;
        var at = DateTimeOffset.FromUnixTimeMilliseconds(atMs);
        var round = new SamplingRound(at, block,
            [.. recorded.Where(s => !Staleness.IsMarker(s.Value)).Select(s => new Sample(s.Labels, s.Value, s.Exact))],
            [.. recorded.Where(s => Staleness.IsMarker(s.Value)).Select(s => new FailedRead(s.Labels, "the rule yields it no more"))]);
        await _recorded.Write(lease, FactSource.Clock(at), chain, round, wake: false, cancel);
    }

    private async Task<(string? Chain, BlockRef? Block)> Block(CancellationToken cancel)
    {
        foreach (var chain in pack.Environment.Chains.Keys)
        {
            if (await store.Head(pack.Pack.Name, chain, cancel) is { } head) return (chain, head);
        }

        return (null, null);
    }
}
