using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>One growing series of a <see cref="SeriesMemory"/>.</summary>
internal sealed class MemorySeries(Labels labels)
{
    private long[] _times = new long[4];
    private double[] _values = new double[4];
    private Rational?[]? _exacts;
    private List<long>? _histograms;
    private int _start;
    private int _end;

    public Labels Labels => labels;

    public bool IsEmpty => _start == _end && _histograms is null;

    public void Append(long time, double value, Rational? exact)
    {
        if (_end > _start && time <= _times[_end - 1])
        {
            Place(time, value, exact);
            return;
        }

        if (_end == _times.Length) Grow();
        Set(_end, time, value, exact);
        _end++;
    }

    public void AppendHistogram(long time) => (_histograms ??= []).Add(time);

    public void DropBefore(long time)
    {
        while (_start < _end && _times[_start] < time) _start++;
        _histograms?.RemoveAll(at => at < time);
        if (_histograms is { Count: 0 }) _histograms = null;
    }

    public SeriesWindow? Window(long from, long to)
    {
        // The whole series is handed out: the evaluator finds its place by binary search, and nothing is copied.
        var histograms = _histograms is { } times && times.Exists(at => at >= from && at <= to);
        if (!histograms && (_end == _start || _times[_end - 1] < from || _times[_start] > to)) return null;
        return new SeriesWindow(labels, _times, _values, _exacts, _start, _end - _start) { HasHistograms = histograms };
    }

    private void Set(int at, long time, double value, Rational? exact)
    {
        _times[at] = time;
        _values[at] = value;
        if (exact is null && _exacts is null) return;
        (_exacts ??= new Rational?[_times.Length])[at] = exact;
    }

    private void Grow()
    {
        var count = _end - _start;
        // New arrays, never a shift in place: a running query may still read the old ones.
        var capacity = Math.Max(4, count * 2);
        _times = Moved(_times, count, capacity);
        _values = Moved(_values, count, capacity);
        if (_exacts is not null) _exacts = Moved(_exacts, count, capacity);
        (_start, _end) = (0, count);
    }

    private T[] Moved<T>(T[] from, int count, int capacity)
    {
        var to = new T[capacity];
        Array.Copy(from, _start, to, 0, count);
        return to;
    }

    private void Place(long time, double value, Rational? exact)
    {
        var at = Array.BinarySearch(_times, _start, _end - _start, time);
        if (at >= 0)
        {
            Set(at, time, value, exact);
            return;
        }

        at = ~at - _start;
        Grow();
        Array.Copy(_times, at, _times, at + 1, _end - at);
        Array.Copy(_values, at, _values, at + 1, _end - at);
        if (_exacts is not null) Array.Copy(_exacts, at, _exacts, at + 1, _end - at);
        _end++;
        Set(at, time, value, exact);
    }
}
