using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics.Querying;

/// <summary>History up to a moment and live samples from it on, as one source.</summary>
internal sealed class JoinedSeries(ISeriesSource history, ISeriesSource live, long liveSinceMs) : ISeriesSource
{
    public IReadOnlyList<SeriesWindow> Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs)
    {
        if (fromMs >= liveSinceMs) return live.Select(matchers, fromMs, toMs);
        var old = history.Select(matchers, fromMs, toMs);
        if (toMs < liveSinceMs) return old;
        var recent = live.Select(matchers, liveSinceMs, toMs);
        if (old.Count == 0) return recent;
        if (recent.Count == 0) return old;
        var byLabels = recent.ToDictionary(window => window.Labels);
        var joined = new List<SeriesWindow>(Math.Max(old.Count, recent.Count));
        foreach (var window in old) joined.Add(byLabels.Remove(window.Labels, out var tail) ? Join(window, tail) : window);
        joined.AddRange(recent.Where(window => byLabels.ContainsKey(window.Labels)));
        return joined;
    }

    private SeriesWindow Join(in SeriesWindow head, in SeriesWindow tail)
    {
        var skip = 0;
        while (skip < tail.Count && tail.Times[tail.Start + skip] < liveSinceMs) skip++;
        var keep = tail.Count - skip;
        var count = head.Count + keep;
        var (times, values) = (new long[count], new double[count]);
        Array.Copy(head.Times, head.Start, times, 0, head.Count);
        Array.Copy(head.Values, head.Start, values, 0, head.Count);
        Array.Copy(tail.Times, tail.Start + skip, times, head.Count, keep);
        Array.Copy(tail.Values, tail.Start + skip, values, head.Count, keep);
        Rational?[]? exacts = null;
        if (tail.Exacts is { } known)
        {
            exacts = new Rational?[count];
            Array.Copy(known, tail.Start + skip, exacts, head.Count, keep);
        }

        return new SeriesWindow(head.Labels, times, values, exacts, 0, count);
    }
}
