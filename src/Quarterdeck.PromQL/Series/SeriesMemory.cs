using System.Runtime.InteropServices;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>
/// Series in memory, indexed by metric name and by every label pair of a name. For tests, rule unit tests and short
/// horizons. One writer at a time; readers see what was appended before they asked.
/// </summary>
public sealed class SeriesMemory : ISeriesSource
{
    private readonly Dictionary<Labels, MemorySeries> _all = [];
    private readonly Dictionary<string, NameIndex> _byName = new(StringComparer.Ordinal);

    /// <summary>Number of series.</summary>
    public int Count => _all.Count;

    /// <summary>Every label set, in the order of arrival.</summary>
    public IEnumerable<Labels> Series => _all.Keys;

    /// <summary>Adds a sample; one with the time of the newest sample replaces it, an older one is put in its place.</summary>
    public void Append(Labels labels, long timeMs, double value, Rational? exact = null) =>
        Find(labels).Append(timeMs, value, exact);

    /// <summary>Says that the series holds a native histogram at this time.</summary>
    public void AppendHistogram(Labels labels, long timeMs) => Find(labels).AppendHistogram(timeMs);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _all.Clear();
        _byName.Clear();
    }

    /// <summary>Forgets samples older than the time, and series left without any.</summary>
    public void DropBefore(long timeMs)
    {
        foreach (var series in _all.Values.ToArray())
        {
            series.DropBefore(timeMs);
            if (!series.IsEmpty) continue;
            _all.Remove(series.Labels);
            var index = _byName[series.Labels.Name];
            index.Remove(series);
            if (index.All.Count == 0) _byName.Remove(series.Labels.Name);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<SeriesWindow> Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        var found = new List<SeriesWindow>();
        Matcher? name = null;
        foreach (var matcher in matchers)
        {
            if (matcher is { Kind: MatchKind.Equal, Name: Labels.MetricName }) name = matcher;
        }

        if (name is not null)
        {
            if (_byName.TryGetValue(name.Value, out var index)) index.Select(matchers, fromMs, toMs, found);
        }
        else
        {
            foreach (var index in _byName.Values) index.Select(matchers, fromMs, toMs, found);
        }

        return found;
    }

    private MemorySeries Find(Labels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_all, labels, out var exists);
        if (exists) return slot!;
        slot = new MemorySeries(labels);
        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, labels.Name, out _);
        (index ??= new NameIndex()).Add(slot);
        return slot;
    }

    private sealed class NameIndex
    {
        private readonly Dictionary<Label, List<MemorySeries>> _byLabel = [];

        public List<MemorySeries> All { get; } = [];

        public void Add(MemorySeries series)
        {
            All.Add(series);
            foreach (var label in series.Labels.Span)
            {
                if (label.Name == Labels.MetricName) continue;
                ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byLabel, label, out _);
                (list ??= []).Add(series);
            }
        }

        public void Remove(MemorySeries series)
        {
            All.Remove(series);
            foreach (var label in series.Labels.Span)
            {
                if (label.Name != Labels.MetricName) _byLabel[label].Remove(series);
            }
        }

        public void Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs, List<SeriesWindow> found)
        {
            var candidates = All;
            for (var i = 0; i < matchers.Count; i++)
            {
                var matcher = matchers[i];
                if (matcher.Kind != MatchKind.Equal || matcher.Value.Length == 0 || matcher.Name == Labels.MetricName)
                    continue;
                if (!_byLabel.TryGetValue(new Label(matcher.Name, matcher.Value), out var list)) return;
                if (list.Count < candidates.Count) candidates = list;
            }

            foreach (var series in candidates)
            {
                var matches = true;
                for (var i = 0; matches && i < matchers.Count; i++) matches = matchers[i].Matches(series.Labels);
                if (matches && series.Window(fromMs, toMs) is { } window) found.Add(window);
            }
        }
    }
}
