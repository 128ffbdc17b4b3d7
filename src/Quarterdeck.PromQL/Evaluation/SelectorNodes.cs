using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

internal sealed class VectorSelectorNode(VectorSelector expr, int slot) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        var first = RangeNode.ReferenceOf(run, expr.Time, fromMs) - run.Options.LookbackMs + 1 - run.Overlap;
        run.State[slot] = run.Source.Select(expr.Matchers, first, RangeNode.ReferenceOf(run, expr.Time, toMs));
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output) => Read(run, timeMs, output, timestamps: false);

    /// <summary>As <see cref="Vector"/>, with the time of each sample in seconds for its value: what <c>timestamp()</c> wants.</summary>
    public void Read(EvaluationRun run, long timeMs, Vec output, bool timestamps)
    {
        var reference = RangeNode.ReferenceOf(run, expr.Time, timeMs);
        var oldest = reference - run.Options.LookbackMs - run.Overlap;
        var list = (IReadOnlyList<SeriesWindow>)run.State[slot]!;
        for (var i = 0; i < list.Count; i++)
        {
            var series = list[i];
            if (series.HasHistograms) throw Histograms.Met(series.Labels);
            var at = Last(series, reference);
            if (at < 0 || series.Times[at] <= oldest || Staleness.IsMarker(series.Values[at])) continue;
            if (timestamps)
                run.AddDropped(output, series.Labels, series.Times[at] / 1000.0);
            else
                output.Add(series.Labels, series.Values[at], Exact(series.Exacts, at), false);
        }
    }

    public static ExactNumber? Exact(Rational?[]? exacts, int at) =>
        exacts?[at] is { } exact ? new ExactNumber(exact, true) : null;

    /// <summary>Index of the newest sample not after the time; -1 where there is none.</summary>
    internal static int Last(in SeriesWindow series, long time)
    {
        var end = series.Start + series.Count;
        if (series.Count == 0) return -1;
        if (series.Times[end - 1] <= time) return end - 1;
        var at = Search.FirstAfter(series.Times, series.Start, end, time);
        return at == series.Start ? -1 : at - 1;
    }
}

internal sealed class MatrixSelectorNode(MatrixSelector expr, int slot) : RangeNode(expr)
{
    public override long RangeMs => expr.RangeMs;

    public override long EndOf(EvaluationRun run, long timeMs) => Reference(run, expr.Selector.Time, timeMs);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        var first = Reference(run, expr.Selector.Time, fromMs) - expr.RangeMs + 1 - run.Overlap;
        run.State[slot] = run.Source.Select(expr.Selector.Matchers, first, Reference(run, expr.Selector.Time, toMs));
    }

    public override void Range(EvaluationRun run, long timeMs, List<RangeSeries> output)
    {
        var end = EndOf(run, timeMs);
        var begin = end - expr.RangeMs - run.Overlap;
        var list = (IReadOnlyList<SeriesWindow>)run.State[slot]!;
        for (var i = 0; i < list.Count; i++)
        {
            var series = list[i];
            if (series.HasHistograms) throw Histograms.Met(series.Labels);
            var stop = series.Start + series.Count;
            var first = Search.FirstAfter(series.Times, series.Start, stop, begin);
            var behind = series.Count > 0 && series.Times[stop - 1] <= end ? stop : Search.FirstAfter(series.Times, first, stop, end);
            if (behind <= first) continue;
            var range = WithoutMarkers(series, first, behind);
            if (range.Count > 0) output.Add(range);
        }
    }

    private static RangeSeries WithoutMarkers(in SeriesWindow series, int first, int behind)
    {
        var markers = 0;
        for (var i = first; i < behind; i++)
        {
            if (Staleness.IsMarker(series.Values[i])) markers++;
        }

        if (markers == 0)
            return new RangeSeries(series.Labels, false, series.Times, series.Values, series.Exacts, first, behind - first);

        var count = behind - first - markers;
        var (times, values) = (new long[count], new double[count]);
        var exacts = series.Exacts is null ? null : new Rational?[count];
        var at = 0;
        for (var i = first; i < behind; i++)
        {
            if (Staleness.IsMarker(series.Values[i])) continue;
            times[at] = series.Times[i];
            values[at] = series.Values[i];
            if (exacts is not null) exacts[at] = series.Exacts![i];
            at++;
        }

        return new RangeSeries(series.Labels, false, times, values, exacts, 0, count);
    }
}

internal static class Search
{
    /// <summary>Index of the first time after the given one, in [start, end); <paramref name="end"/> where there is none.</summary>
    public static int FirstAfter(long[] times, int start, int end, long time)
    {
        var (low, high) = (start, end);
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (times[middle] <= time) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

internal static class Histograms
{
    public static PromEvaluationException Met(Labels labels) =>
        new($"samples that are no plain numbers (native histograms, states, start timestamps) are not supported; the query met "
            + $"{labels.ToSeriesText()}", unsupported: true);
}
