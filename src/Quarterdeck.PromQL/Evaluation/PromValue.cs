using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>The outcome of a query.</summary>
public abstract record PromValue
{
    /// <summary>Prometheus's "PromQL warning: …" lines.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Prometheus's "PromQL info: …" lines.</summary>
    public IReadOnlyList<string> Infos { get; init; } = [];
}

/// <summary>One number at a time in Unix milliseconds.</summary>
public sealed record PromScalar(long TimeMs, double Value, Rational? Exact) : PromValue;

/// <summary>A text at a time in Unix milliseconds.</summary>
public sealed record PromText(long TimeMs, string Value) : PromValue;

/// <summary>One sample for each series, in the order that Prometheus would give: as found, or as sorted by the query.</summary>
public sealed record PromVector(IReadOnlyList<VectorSample> Samples) : PromValue;

/// <summary>A range of samples for each series, ordered by labels.</summary>
public sealed record PromMatrix(IReadOnlyList<MatrixSeries> Series) : PromValue;

/// <summary>A sample of a vector. <paramref name="Exact"/> is set where the value is known without rounding.</summary>
public readonly record struct VectorSample(Labels Labels, long TimeMs, double Value, Rational? Exact);

/// <summary>A series of a matrix, in ascending time.</summary>
public sealed record MatrixSeries(Labels Labels, IReadOnlyList<SamplePoint> Points);

/// <summary>A point of a series.</summary>
public readonly record struct SamplePoint(long TimeMs, double Value, Rational? Exact);

/// <summary>A query cannot be evaluated on the data there is; the message is Prometheus's.</summary>
public sealed class PromEvaluationException : Exception
{
    internal PromEvaluationException(string message, bool unsupported = false) : base(message) => Unsupported = unsupported;

    /// <summary>True where the query met native histograms, which this engine does not evaluate.</summary>
    public bool Unsupported { get; }
}

/// <summary>Settings of an evaluation; the defaults are Prometheus's.</summary>
public sealed record EvaluatorOptions
{
    /// <summary>The defaults.</summary>
    public static EvaluatorOptions Default { get; } = new();

    /// <summary>How old, in milliseconds, the newest sample of a series may be to count as its present value. 5 minutes.</summary>
    public long LookbackMs { get; init; } = 300_000;

    /// <summary>
    /// Whether ranges and the lookback include a sample exactly at their start, as in Prometheus 2. Off: Prometheus 3
    /// leaves it out.
    /// </summary>
    public bool ClosedRanges { get; init; }

    /// <summary>Step of a subquery that names none, in milliseconds. 1 minute.</summary>
    public long SubqueryStepMs { get; init; } = 60_000;

    /// <summary>Prometheus's feature flag promql-delayed-name-removal: names fall away at the end of the query. Off.</summary>
    public bool DelayedNameRemoval { get; init; }

    /// <summary>More steps than this in a range query or subquery are refused. Prometheus allows 11,000 points of a range query.</summary>
    public int MaximalSteps { get; init; } = 10_000_000;
}
