using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>Where the evaluator finds samples. Implementations index by metric name and labels.</summary>
public interface ISeriesSource
{
    /// <summary>
    /// The series that satisfy every matcher and may have samples with <paramref name="fromMs"/> ≤ time ≤
    /// <paramref name="toMs"/> (Unix milliseconds). A window may hold more than was asked for; never less.
    /// </summary>
    IReadOnlyList<SeriesWindow> Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs);
}

/// <summary>
/// Samples of one series, in strictly ascending time. The arrays are read only while a query runs; a source may append
/// behind <paramref name="Count"/> meanwhile, but not change what is inside.
/// </summary>
/// <param name="Labels">Identity, with the metric name.</param>
/// <param name="Times">Unix milliseconds.</param>
/// <param name="Values">One for each time; <see cref="Staleness.Marker"/> ends a series.</param>
/// <param name="Exacts">Exact values where known, else null; the whole array is null where no sample has one.</param>
/// <param name="Start">Index of the first sample.</param>
/// <param name="Count">Number of samples.</param>
public readonly record struct SeriesWindow(
    Labels Labels, long[] Times, double[] Values, Rational?[]? Exacts, int Start, int Count)
{
    /// <summary>The series holds native histograms, which this engine reports as unsupported when a query meets them.</summary>
    public bool HasHistograms { get; init; }
}
