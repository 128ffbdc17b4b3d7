using System.Globalization;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe;

/// <summary>Everything this process watches, as one exposition: the packs' metrics, and how the watching itself goes.</summary>
public sealed class WatchExposition(
    WatchedPacks watched, SamplingHealth sampling, ChainHealth chains, RuleHealth rules, NotifyingHealth notifying, TimeProvider clock)
{
    /// <summary>Writes all families. Each sample carries the label <c>pack</c>, since two packs may use one name.</summary>
    public void WriteTo(Exposition text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var definitions = watched.Packs.SelectMany(p => p.Pack.Metrics.Select(m => (Pack: p.Pack.Name, Metric: m)));
        foreach (var family in definitions.GroupBy(d => d.Metric.Name))
        {
            var first = family.First().Metric;
            text.Family(first.Name, first.Help, first.Type == Packs.Manifest.MetricType.Counter,
                from definition in family
                let health = sampling.Of(definition.Pack)
                where health is not null
                from current in health.Current
                where current.Key.Name == first.Name
                select (With(current.Key, definition.Pack), current.Value.Sample.Value));
        }

        WriteOwn(text);
    }

    private void WriteOwn(Exposition text)
    {
        var packs = sampling.Packs.Select(p => (Name: p, Health: sampling.Of(p)!)).ToList();
        text.Family("quarterdeck_failed_reads_total", "Metric reads that failed; their series had no value.", true,
            packs.Select(p => (Pack(p.Name), (double)p.Health.FailedReads)));
        text.Family("quarterdeck_sampling_age_seconds", "Time since the last round of sampling.", false,
            packs.Select(p => (Pack(p.Name), (clock.GetUtcNow() - p.Health.At).TotalSeconds)));
        text.Family("quarterdeck_chain_indexed_block", "Newest block in the event tables.", false,
            from chain in chains.Chains where chain.Indexed is not null select (Chain(chain), (double)chain.Indexed!.Value.Number));
        text.Family("quarterdeck_chain_block_lag", "Blocks between the head and the event tables.", false,
            from chain in chains.Chains where chain.BlockLag is not null select (Chain(chain), (double)chain.BlockLag!.Value));
        text.Family("quarterdeck_chain_up", "1 while the chain's endpoint answers as it should.", false,
            from chain in chains.Chains select (Chain(chain), chain.Failure is null ? 1.0 : 0.0));
        WriteIndexing(text);
        text.Family("quarterdeck_rule_healthy", "1 while the rule can be evaluated.", false,
            rules.Rules.GroupBy(r => (r.Pack, r.Group, r.Name)).Select(g => (
                (IEnumerable<Label>)[new Label("pack", g.Key.Pack), new Label("rule_group", g.Key.Group), new Label("rule", g.Key.Name)],
                g.All(r => r.Error is null) ? 1.0 : 0.0)));
        text.Family("quarterdeck_notifications_total", "Attempts to notify.", true,
            from channel in notifying.Channels
            from outcome in ((string Name, long Count)[])[("accepted", channel.Sent), ("refused", channel.Failed)]
            select ((IEnumerable<Label>)[new Label("channel", channel.Channel), new Label("outcome", outcome.Name), new Label("receiver", channel.Receiver)], (double)outcome.Count));
    }

    private void WriteIndexing(Exposition text)
    {
        text.Family("quarterdeck_indexed_events_total", "Event rows written by this process.", true,
            from chain in chains.Chains select (Chain(chain), (double)chain.Events));
        text.Family("quarterdeck_indexed_events_per_minute", "Event rows written in the last 60 seconds.", false,
            from chain in chains.Chains select (Chain(chain), (double)chain.EventsPerMinute));
        text.Family("quarterdeck_indexing_gaps_total", "Gaps found in the event tables and filled again.", true,
            from chain in chains.Chains select (Chain(chain), (double)chain.Gaps));
        text.Family("quarterdeck_undecodable_logs_total", "Logs of watched events whose data is malformed; they are in no table.", true,
            from chain in chains.Chains select (Chain(chain), (double)chain.Undecodable));
        text.Family("quarterdeck_reorganisations_total", "Reorganisations of the chain.", true,
            from chain in chains.Chains select (Chain(chain), (double)chain.Reorganisations));
        text.Family("quarterdeck_commit_seconds", "From seeing the last block to its rows being committed.", false,
            from chain in chains.Chains where chain.CommitTime is not null select (Chain(chain), chain.CommitTime!.Value.TotalSeconds));
        text.Family("quarterdeck_backfill_remaining_seconds", "Time left of the backfill at its rate; absent while none runs.", false,
            from chain in chains.Chains where chain.Backfill?.Remaining is not null select (Chain(chain), chain.Backfill!.Remaining!.Value.TotalSeconds));
        text.Family("quarterdeck_backfill_events_per_second", "Rate of the backfill; absent while none runs.", false,
            from chain in chains.Chains where chain.Backfill is not null select (Chain(chain), chain.Backfill!.EventsPerSecond));
        WriteEndpoints(text, [.. chains.Chains.SelectMany(c => c.Endpoints.Select((e, place) => (Chain: c, Place: place, Endpoint: e)))]);
    }

    private static void WriteEndpoints(Exposition text, List<(ChainState Chain, int Place, EndpointHealth Endpoint)> endpoints)
    {
        text.Family("quarterdeck_endpoint_up", "1 while requests go to the endpoint.", false,
            from e in endpoints select (Endpoint(e), e.Endpoint.Usable ? 1.0 : 0.0));
        text.Family("quarterdeck_endpoint_head_lag", "Blocks behind the highest head of all endpoints.", false,
            from e in endpoints select (Endpoint(e), (double)e.Endpoint.HeadLag));
        text.Family("quarterdeck_endpoint_latency_seconds", "Smoothed time of an answer.", false,
            from e in endpoints select (Endpoint(e), e.Endpoint.Latency.TotalSeconds));
        text.Family("quarterdeck_endpoint_answers_total", "Requests answered.", true,
            from e in endpoints select (Endpoint(e), (double)e.Endpoint.Answers));
        text.Family("quarterdeck_endpoint_failures_total", "Requests failed.", true,
            from e in endpoints select (Endpoint(e), (double)e.Endpoint.Failures));
    }

    // Two endpoints may share a host: their place in the environment tells them apart.
    private static IEnumerable<Label> Endpoint((ChainState Chain, int Place, EndpointHealth Endpoint) e) =>
        [.. Chain(e.Chain), new Label("endpoint", e.Endpoint.Name), new Label("place", (e.Place + 1).ToString(CultureInfo.InvariantCulture))];

    private static IEnumerable<Label> With(Labels labels, string pack) =>
        labels.Where(l => l.Name != "pack").Append(new Label("pack", pack));

    private static IEnumerable<Label> Pack(string name) => [new Label("pack", name)];

    private static IEnumerable<Label> Chain(ChainState chain) => [new Label("chain", chain.Chain), new Label("pack", chain.Pack)];
}
