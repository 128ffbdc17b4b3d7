using System.Globalization;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>What the expression of a rule may yield, and what a recording rule makes of it.</summary>
public static class RuleResult
{
    /// <summary>The samples of a vector; a number is a vector of one sample without labels.</summary>
    /// <exception cref="PromRuleException">The value is neither.</exception>
    public static IReadOnlyList<VectorSample> Samples(PromValue value) => value switch
    {
        PromVector vector => vector.Samples,
        PromScalar scalar => [new VectorSample(Labels.Empty, scalar.TimeMs, scalar.Value, scalar.Exact)],
        _ => throw new PromRuleException("rule result is not a vector or scalar"),
    };

    /// <summary>The samples that a recording rule writes.</summary>
    /// <exception cref="PromRuleException">Two samples come out alike, or there are more than the limit.</exception>
    public static IReadOnlyList<VectorSample> Record(RecordingRule rule, PromValue value, int limit)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var samples = Samples(value);
        if (limit > 0 && samples.Count > limit)
            throw new PromRuleException(string.Create(CultureInfo.InvariantCulture, $"exceeded limit of {limit} with {samples.Count} series"));
        var seen = new HashSet<Labels>(samples.Count);
        var recorded = new VectorSample[samples.Count];
        for (var i = 0; i < recorded.Length; i++)
        {
            var labels = new LabelsBuilder(samples[i].Labels).Set(Labels.MetricName, rule.Name);
            foreach (var (name, text) in rule.Labels) labels.Set(name, text);
            recorded[i] = samples[i] with { Labels = labels.Build() };
            if (!seen.Add(recorded[i].Labels))
                throw new PromRuleException("vector contains metrics with the same labelset after applying rule labels");
        }

        return recorded;
    }
}

/// <summary>A rule cannot be evaluated on the data there is.</summary>
public sealed class PromRuleException(string message) : Exception(message);
