using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts;

/// <summary>Evaluates one pack's rules once, with the state of the last time, and writes what changed.</summary>
/// <param name="store">Where state is.</param>
/// <param name="pack">Whose rules.</param>
/// <param name="chains">The pack's chains: an alert names the newest block of the first that has one.</param>
/// <param name="rules">Rule files.</param>
/// <param name="live">What the rules read, and where they record.</param>
/// <param name="health">Told how each rule went.</param>
internal sealed class AlertsRound(
    OperationsStore store, string pack, IReadOnlyCollection<string> chains, IReadOnlyList<RuleFile> rules, LiveSeries live, RuleHealth health)
{
    private readonly AlertBook _book = new(store, pack);
    private readonly SampleStore _recorded = new(store, pack);
    private List<RuleGroupState> _groups = [];
    private long _evaluated = -1;

    /// <summary>Begins again from what is written, at the next evaluation.</summary>
    public void Forget() => (_groups, _evaluated) = ([], -1);

    /// <summary>Time until a group's interval has passed; null where no group has one.</summary>
    public TimeSpan? UntilDue()
    {
        var now = store.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        TimeSpan? soonest = null;
        foreach (var group in _groups)
        {
            if (group is not { Group.Interval: { } interval, EvaluatedAtMs: { } last }) continue;
            var left = TimeSpan.FromMilliseconds(Math.Max(0, last - now)) + interval - TimeSpan.FromMilliseconds(Math.Max(0, now - last));
            if (soonest is null || left < soonest) soonest = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        return soonest;
    }

    /// <summary>
    /// One evaluation at the present time, of every group at a new block, also one that replaces another, and between blocks of
    /// those whose interval has passed; a group without an interval is evaluated whenever there are new samples.
    /// </summary>
    /// <returns>Number of groups evaluated.</returns>
    public async Task<int> Evaluate(Lease lease, CancellationToken cancel)
    {
        if (_groups.Count == 0) await Restore(cancel);
        var at = store.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var sampled = live.BlocksSampled;
        var due = _groups.Where(g => sampled != _evaluated || IsDue(g, at)).ToList();
        if (due.Count == 0) return 0;
        var (chain, block) = await Block(cancel);
        var recorded = new List<VectorSample>();
        var transitions = new List<(RuleGroup, Packs.Alerts.AlertTransition)>();
        var surroundings = new TemplateSurroundings
        {
            Query = text => PreparedQuery.Parse(text).Instant(at, live, null, cancel) as PromVector ?? new PromVector([]),
        };
        foreach (var group in due)
        {
            var found = RuleGroupEvaluation.Evaluate(group, at, live, Record, EvaluatorOptions.Default, surroundings, cancel);
            transitions.AddRange(found.Select(t => (group.Group, t)));
        }

        health.Note(pack, _groups);
        await _book.Write(lease, block, _groups, transitions, cancel);
        await Keep(lease, chain, block, at, recorded, cancel);
        _evaluated = sampled;
        return due.Count;

        void Record(VectorSample sample)
        {
            live.Write(sample);
            recorded.Add(sample);
        }
    }

    private static bool IsDue(RuleGroupState group, long atMs) =>
        group.Group.Interval is not { } interval || group.EvaluatedAtMs is not { } last
        || Math.Abs(atMs - last) >= (long)interval.TotalMilliseconds;

    private async Task Restore(CancellationToken cancel)
    {
        List<RuleGroupState> groups = [.. rules.SelectMany(f => f.Groups).Select(g => new RuleGroupState(g))];
        await _book.Restore(groups, cancel);
        _groups = groups;
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
        foreach (var chain in chains)
        {
            if (await store.Head(pack, chain, cancel) is { } head) return (chain, head);
        }

        return (null, null);
    }
}
