using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe;

/// <summary>Everything this process watches, as one exposition: the packs' metrics, and how the watching itself goes.</summary>
public sealed class WatchExposition(
    WatchedPacks watched, SamplingHealth sampling, ChainHealth chains, RuleHealth rules, TimeProvider clock)
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
        text.Family("quarterdeck_rule_healthy", "1 while the rule can be evaluated.", false,
            rules.Rules.GroupBy(r => (r.Pack, r.Group, r.Name)).Select(g => (
                (IEnumerable<Label>)[new Label("pack", g.Key.Pack), new Label("rule_group", g.Key.Group), new Label("rule", g.Key.Name)],
                g.All(r => r.Error is null) ? 1.0 : 0.0)));
    }

    private static IEnumerable<Label> With(Labels labels, string pack) =>
        labels.Where(l => l.Name != "pack").Append(new Label("pack", pack));

    private static IEnumerable<Label> Pack(string name) => [new Label("pack", name)];

    private static IEnumerable<Label> Chain(ChainState chain) => [new Label("chain", chain.Chain), new Label("pack", chain.Pack)];
}
