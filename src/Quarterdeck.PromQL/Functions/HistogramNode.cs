using System.Runtime.InteropServices;

namespace Quarterdeck.PromQL;

/// <summary><c>histogram_quantile</c> and <c>histogram_fraction</c> over classic histograms: series that differ in <c>le</c>.</summary>
internal sealed class HistogramNode(CallExpr expr, Node first, Node? second, Node inner) : Node(expr)
{
    private const string BucketLabel = "le";
    private static readonly MatchComparer Plain = MatchComparer.Ignoring([BucketLabel]);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        first.Bind(run, fromMs, toMs);
        second?.Bind(run, fromMs, toMs);
        inner.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var a = first.Scalar(run, timeMs).Value;
        var b = second?.Scalar(run, timeMs).Value ?? 0;
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        if (second is null) Quantiles.Check(run, a, first.Expr.Start);
        foreach (var (labels, buckets) in Group(run, input))
        {
            double value;
            if (second is null)
            {
                value = ClassicBuckets.Quantile(a, buckets, out var mended);
                if (mended) Mended(run, labels);
            }
            else
            {
                value = ClassicBuckets.Fraction(a, b, buckets);
            }

            run.AddDropped(output, labels, value);
        }

        run.Return(input);
        if (!run.Delayed) EvaluationRun.RefuseDuplicates(output);
    }

    private void Mended(EvaluationRun run, Labels labels) => run.Inform(
        "input to histogram_quantile needed to be fixed for monotonicity (see "
        + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)" + ForMetric(labels),
        inner.Expr.Start);

    private static string ForMetric(Labels labels) => labels.Name is { Length: > 0 } name ? $" for metric name {GoStrings.Quote(name)}" : "";

    private List<(Labels Labels, List<Bucket> Buckets)> Group(EvaluationRun run, Vec input)
    {
        var groups = new List<(Labels, List<Bucket>)>();
        var index = new Dictionary<(string, Labels), int>();
        foreach (ref readonly var sample in input.Span)
        {
            var le = sample.Labels.Get(BucketLabel);
            double bound;
            try
            {
                bound = GoNumbers.Parse(le);
            }
            catch (FormatException)
            {
                run.Warn($"bucket label {GoStrings.Quote(BucketLabel)} is missing or has a malformed value of {GoStrings.Quote(le)}"
                    + ForMetric(sample.Labels), inner.Expr.Start);
                continue;
            }

            // Buckets of different metrics are different histograms.
            ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(index, (sample.Labels.Name, Plain.Key(sample.Labels)), out var exists);
            if (!exists)
            {
                at = groups.Count;
                groups.Add((sample.Labels.With(BucketLabel, ""), []));
            }

            groups[at].Item2.Add(new Bucket(bound, sample.Value));
        }

        return groups;
    }
}

internal record struct Bucket(double UpperBound, double Count);

internal static class ClassicBuckets
{
    // Differences below this share of a count come from floating point, not from the histogram.
    private const double Tolerance = 1e-12;

    public static double Quantile(double q, List<Bucket> buckets, out bool mended)
    {
        mended = false;
        if (double.IsNaN(q)) return double.NaN;
        if (q < 0) return double.NegativeInfinity;
        if (q > 1) return double.PositiveInfinity;
        if (!Merge(buckets)) return double.NaN;
        mended = MakeMonotonic(buckets);
        if (buckets.Count < 2) return double.NaN;
        var observations = buckets[^1].Count;
        if (observations == 0) return double.NaN;
        var rank = q * observations;
        var at = 0;
        while (at < buckets.Count - 1 && buckets[at].Count < rank) at++;
        if (at == buckets.Count - 1) return buckets[^2].UpperBound;
        if (at == 0 && buckets[0].UpperBound <= 0) return buckets[0].UpperBound;
        double start = 0;
        var count = buckets[at].Count;
        if (at > 0)
        {
            start = buckets[at - 1].UpperBound;
            count -= buckets[at - 1].Count;
            rank -= buckets[at - 1].Count;
        }

        return start + (buckets[at].UpperBound - start) * (rank / count);
    }

    /// <summary>The share of observations between two bounds.</summary>
    public static double Fraction(double lower, double upper, List<Bucket> buckets)
    {
        if (!Merge(buckets) || double.IsNaN(lower) || double.IsNaN(upper)) return double.NaN;
        var count = buckets[^1].Count;
        if (count == 0) return double.NaN;
        return lower >= upper ? 0 : (Rank(buckets, upper) - Rank(buckets, lower)) / count;
    }

    private static double Rank(List<Bucket> buckets, double bound)
    {
        double below = 0;
        for (var i = 0; i < buckets.Count; i++)
        {
            // The first bucket of a histogram with a positive bound begins at zero, as for quantiles.
            var start = i > 0 ? buckets[i - 1].UpperBound : buckets[0].UpperBound > 0 ? 0 : double.NegativeInfinity;
            var end = buckets[i].UpperBound;
            if (start >= bound) return below;
            if (end > bound)
            {
                if (double.IsInfinity(start)) return buckets[i].Count;
                return Math.Min(buckets[^1].Count, below + (buckets[i].Count - below) * (bound - start) / (end - start));
            }

            below = buckets[i].Count;
        }

        return buckets[^1].Count;
    }

    /// <summary>Sorts by bound and adds up buckets of equal bounds; false where the bucket +Inf is missing.</summary>
    private static bool Merge(List<Bucket> buckets)
    {
        buckets.Sort(static (a, b) => a.UpperBound.CompareTo(b.UpperBound));
        if (!double.IsPositiveInfinity(buckets[^1].UpperBound)) return false;
        var last = 0;
        for (var i = 1; i < buckets.Count; i++)
        {
            if (buckets[i].UpperBound == buckets[last].UpperBound)
                buckets[last] = buckets[last] with { Count = buckets[last].Count + buckets[i].Count };
            else
                buckets[++last] = buckets[i];
        }

        buckets.RemoveRange(last + 1, buckets.Count - last - 1);
        return true;
    }

    private static bool MakeMonotonic(List<Bucket> buckets)
    {
        var mended = false;
        var previous = buckets[0].Count;
        for (var i = 1; i < buckets.Count; i++)
        {
            var count = buckets[i].Count;
            if (count == previous) continue;
            var close = Math.Abs(count - previous) <= Tolerance * (Math.Abs(count) + Math.Abs(previous)) / 2;
            if (close || count < previous)
            {
                mended |= !close;
                buckets[i] = buckets[i] with { Count = previous };
            }
            else
            {
                previous = count;
            }
        }

        return mended;
    }
}
