using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Computes the metrics that are formulas over others, in the order of metrics.yaml, so that a formula may use one above it.
/// </summary>
internal sealed class FormulaSampler
{
    private readonly List<Formula> _formulas = [];

    public FormulaSampler(BoundPack pack)
    {
        foreach (var metric in pack.Pack.Metrics)
        {
            foreach (var series in metric.Series)
            {
                if (series.Source is FormulaSource source)
                    _formulas.Add(new Formula(SeriesLabels.Of(metric.Name, series.Labels), PreparedQuery.Parse(source.Expression)));
            }
        }
    }

    /// <summary>Evaluates at the round's time and appends each result at once, so that the next formula sees it.</summary>
    public (List<Sample> Samples, List<FailedRead> Failures) Sample(LiveSeries live, DateTimeOffset at, CancellationToken cancel)
    {
        var (samples, failures) = (new List<Sample>(), new List<FailedRead>());
        foreach (var formula in _formulas)
        {
            var (found, why) = Evaluate(formula, live, at, cancel);
            // A result that is no longer there ends its series, as a failed read does.
            var gone = formula.Last.Except(found.Select(s => s.Labels)).ToList();
            if (found.Count == 0 && gone.Count == 0) gone.Add(formula.Labels);
            var lost = gone.ConvertAll(labels => new FailedRead(labels, why ?? "a metric it needs has no value"));
            formula.Last = [.. found.Select(s => s.Labels)];
            live.Append(new SamplingRound(at, null, found, lost));
            samples.AddRange(found);
            failures.AddRange(lost);
        }

        return (samples, failures);
    }

    private static (List<Sample> Found, string? Why) Evaluate(
        Formula formula, LiveSeries live, DateTimeOffset at, CancellationToken cancel)
    {
        try
        {
            return formula.Query.Instant(at.ToUnixTimeMilliseconds(), live, null, cancel) switch
            {
                PromScalar scalar => ([new Sample(formula.Labels, scalar.Value, scalar.Exact)], null),
                PromVector vector => (
                    [.. vector.Samples.Where(s => !double.IsNaN(s.Value)).Select(s => new Sample(Join(formula.Labels, s.Labels), s.Value, s.Exact))],
                    null),
                _ => ([], "a formula gives a number or a vector, not a range or text"),
            };
        }
        catch (PromEvaluationException e)
        {
            return ([], e.Message);
        }
    }

    private static Labels Join(Labels own, Labels found) => Labels.From(
        [.. found.Where(l => l.Name != Labels.MetricName).Concat(own).Select(l => new KeyValuePair<string, string>(l.Name, l.Value))]);

    private sealed class Formula(Labels labels, PreparedQuery query)
    {
        public Labels Labels => labels;

        public PreparedQuery Query => query;

        public List<Labels> Last { get; set; } = [];
    }
}
