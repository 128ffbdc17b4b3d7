using System.Numerics;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Counts events, or sums one of their fields, from the pack's own tables. Adds up only what came since the last time; after a
/// reorganisation it counts anew.
/// </summary>
internal sealed class EventSampler
{
    private readonly OperationsStore _store;
    private readonly string _chain;
    private readonly List<Count> _counts = [];

    public EventSampler(OperationsStore store, BoundPack pack, string chain)
    {
        (_store, _chain) = (store, chain);
        var tables = EventTableDefinition.Of(pack, chain);
        foreach (var metric in pack.Pack.Metrics)
        {
            foreach (var series in metric.Series)
            {
                if (series.Source is not EventSource source || Chain(pack, source.Contract) != chain) continue;
                var labels = SeriesLabels.Of(metric.Name, series.Labels);
                var table = tables.FirstOrDefault(t =>
                    t.ContractName == source.Contract && (t.Event.Name == source.Event || t.Event.Signature == source.Event));
                var column = source.Sum is null ? null : table?.Columns.FirstOrDefault(c => c.Parameter == source.Sum);
                _counts.Add(new Count(labels, table, column, source));
            }
        }
    }

    // The contracts that a factory announces are on the chain of the contract that announces the first of them.
    private static string? Chain(BoundPack pack, string contract) =>
        pack.Contract(contract)?.Chain ?? pack.Contract(pack.Pack.Index.FirstOrDefault(t => t.Contract == contract)?.RootContract ?? "")?.Chain;

    /// <summary>Forgets what was counted: rows may have been taken back.</summary>
    public void StartOver()
    {
        foreach (var count in _counts) (count.Until, count.Total) = (-1, 0);
    }

    /// <summary>The values up to and with the block.</summary>
    public async Task<(List<Sample> Samples, List<FailedRead> Failures)> Sample(BlockRef block, CancellationToken cancel)
    {
        var (samples, failures) = (new List<Sample>(_counts.Count), new List<FailedRead>());
        foreach (var count in _counts)
        {
            if (count.Table is null || (count.Source.Sum is not null && count.Column is null))
            {
                failures.Add(new FailedRead(count.Labels,
                    $"index.yaml has no table with {count.Source.Contract}.{count.Source.Event}{(count.Source.Sum is { } s ? $" and its field {s}" : "")}"));
                continue;
            }

            var what = count.Column is { } column ? $"coalesce(sum({Raw(column)}), 0)" : "count(*)::numeric";
            var more = await _store.QueryFirstOrDefault<BigInteger>(
                $"SELECT {what} FROM {count.Table.QualifiedName} WHERE chain = @chain AND block_number > @after AND block_number <= @until",
                new { chain = _chain, after = count.Until, until = (long)block.Number }, cancel);
            count.Total += more;
            count.Until = (long)block.Number;
            samples.Add(Metrics.Sample.Scaled(count.Labels, count.Total, count.Column is null ? 0 : count.Source.Decimals));
        }

        return (samples, failures);
    }

    // A column may hold scaled amounts; sums are kept as the contract's integers.
    private static string Raw(EventTableColumn column)
    {
        var name = EventTableDefinition.Quote(column.Name);
        return column.Decimals is > 0 ? $"trunc({name} * 1e{column.Decimals})" : name;
    }

    private sealed class Count(Labels labels, EventTableDefinition? table, EventTableColumn? column, EventSource source)
    {
        public Labels Labels => labels;

        public EventTableDefinition? Table => table;

        public EventTableColumn? Column => column;

        public EventSource Source => source;

        public long Until { get; set; } = -1;

        public BigInteger Total { get; set; }
    }
}
