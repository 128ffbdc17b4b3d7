using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Checking;

/// <summary>Names of metrics that a pack makes, and that expressions use.</summary>
public static class PackMetrics
{
    /// <summary>What the pack and the platform produce.</summary>
    public static IReadOnlySet<string> Names(ProtocolPack pack) => pack.Metrics.SelectMany(Series)
        .Concat(pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<RecordingRule>().Select(r => r.Name))
        .Concat(["up", "ALERTS", "ALERTS_FOR_STATE", "scrape_duration_seconds", "scrape_samples_scraped"]).ToHashSet(StringComparer.Ordinal);

    /// <summary>The names that a metric's series have.</summary>
    private static IEnumerable<string> Series(MetricDefinition metric) => metric.Type == MetricType.Histogram
        ? [metric.Name + "_bucket", metric.Name + "_sum", metric.Name + "_count"]
        : [metric.Name];

    /// <summary>Names that a rule, formula or check of the pack uses.</summary>
    public static IReadOnlySet<string> Used(ProtocolPack pack)
    {
        var used = pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).SelectMany(r => In(r.Query.Expr)).ToHashSet(StringComparer.Ordinal);
        var texts = pack.Metrics.SelectMany(m => m.Series).Select(s => s.Source).OfType<FormulaSource>().Select(f => f.Expression)
            .Concat(pack.Runbooks.SelectMany(r => r.Steps).OfType<Runbooks.CheckStep>().Select(s => s.Expression));
        foreach (var text in texts)
        {
            try
            {
                used.UnionWith(In(PromParser.Parse(text)));
            }
            catch (PromQL.PromSyntaxException)
            {
                continue; // reported where the expression stands
            }
        }

        return used;
    }

    /// <summary>Metric names in an expression.</summary>
    public static IEnumerable<string> In(Expr expr) => expr switch
    {
        VectorSelector s => s.Name is { } name ? [name] : [],
        MatrixSelector m => In(m.Selector),
        SubqueryExpr s => In(s.Inner),
        UnaryExpr u => In(u.Inner),
        ParenExpr p => In(p.Inner),
        BinaryExpr b => In(b.Left).Concat(In(b.Right)),
        AggregateExpr a => In(a.Inner).Concat(a.Parameter is null ? [] : In(a.Parameter)),
        CallExpr c => c.Arguments.SelectMany(In),
        _ => [],
    };
}
