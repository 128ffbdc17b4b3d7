using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Packs;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>What another room measures of itself; its samples join those of the platform, whose rules may use them.</summary>
public delegate Task<IReadOnlyList<Sample>> PlatformSource(CancellationToken cancel);

/// <summary>
/// Measures the watching itself from what it left in the database, so that a watcher that hangs, or died with its process, is seen
/// by whichever process looks.
/// </summary>
internal sealed class PlatformSampler(
    OperationsStore store, WatchedPacks watched, RuleHealth rules, IEnumerable<PlatformSource>? others = null)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan UnknownBlockTime = TimeSpan.FromSeconds(30);
    private readonly DateTimeOffset _began = store.Clock.GetUtcNow();
    private HashSet<Labels> _last = [];

    /// <summary>One round.</summary>
    public async Task<SamplingRound> Sample(CancellationToken cancel)
    {
        var now = store.Clock.GetUtcNow();
        var samples = new List<Sample> { Of("quarterdeck_packs_watched", watched.Packs.Count) };
        var latest = await store.Query<Latest>(
            """
            SELECT s.pack, s.name, m.at, m.value IS NOT NULL AS has_value
            FROM metrics.series s
            CROSS JOIN LATERAL (SELECT at, value FROM metrics.samples WHERE series_id = s.id AND at > @since AND at <= @until ORDER BY at DESC LIMIT 1) m
            WHERE s.pack <> @own
            """, new { since = now.AddHours(-1), until = now.AddMinutes(1), own = PlatformSeries.Pack }, cancel);
        var cursors = await Indexing.ChainCursors.Cursors(store, cancel);
        foreach (var pack in watched.Packs)
        {
            var name = pack.Pack.Name;
            var own = latest.Where(l => l.Pack == name).ToList();
            samples.Add(Of("quarterdeck_sample_age_seconds", Age(own.Count == 0 ? DateTimeOffset.MinValue : own.Max(l => l.At)), "pack", name));
            var present = own.Where(l => l.HasValue && now - l.At <= Fresh).Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
            samples.AddRange(pack.Pack.Metrics.Where(m => !m.External).Select(m => Of("quarterdeck_metric_present", present.Contains(m.Name) ? 1 : 0, "pack", name, "metric", m.Name)));
            foreach (var cursor in cursors.Where(c => c.Pack == name && pack.Environment.Chains.ContainsKey(c.Chain)))
            {
                samples.Add(Of("quarterdeck_chain_cursor_age_seconds", Age(cursor.MovedAt), "pack", name, "chain", cursor.Chain));
                samples.Add(Of("quarterdeck_chain_silence_limit_seconds", SilenceLimit(pack.Environment.Chains[cursor.Chain]).TotalSeconds, "pack", name, "chain", cursor.Chain));
            }
        }

        samples.AddRange(rules.Rules.Where(r => r.Pack != PlatformSeries.Pack).GroupBy(r => (r.Pack, r.Group, r.Name)).Select(g =>
            Of("quarterdeck_rule_healthy", g.All(r => r.Error is null) ? 1 : 0, "pack", g.Key.Pack, "rule_group", g.Key.Group, "rule", g.Key.Name)));
        samples.AddRange((await store.FailingChannels(cancel)).Select(c =>
            Of("quarterdeck_notification_channel_failing", 1, "receiver", c.Receiver, "channel", c.Channel)));
        foreach (var source in others ?? []) samples.AddRange(await source(cancel));
        // A channel that works again, or a rule that is gone, ends its series now and not after the lookback.
        var gone = _last.Except(samples.Select(s => s.Labels)).Select(l => new FailedRead(l, "there is nothing to say of it any more")).ToList();
        _last = [.. samples.Select(s => s.Labels)];
        return new SamplingRound(now, null, samples, gone);

        // A process that has just begun does not blame the watchers for the time before it: they begin with it.
        double Age(DateTimeOffset last) => (now - (last > _began ? last : _began)).TotalSeconds;
    }

    // Twenty blocks, and a minute at least: a chain may skip a block, and a development chain mines only when asked.
    private static TimeSpan SilenceLimit(EnvironmentChain chain)
    {
        var limit = (chain.BlockTime ?? UnknownBlockTime) * 20;
        return limit < TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : limit;
    }

    private static Sample Of(string name, double value, params string[] labels) =>
        new(Labels.Of([Labels.MetricName, name, .. labels]), value, null);

    private sealed record Latest(string Pack, string Name, DateTimeOffset At, bool HasValue);
}
