using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>A sample on its way through a query.</summary>
internal struct VSample
{
    public Labels Labels;
    public double Value;
    public ExactNumber? Exact;
    public bool DropName;

    public readonly Num Num => new(Value, Exact);
}

/// <summary>A growing vector that is used again and again, so that a step of an evaluation allocates nothing.</summary>
internal sealed class Vec
{
    private VSample[] _items = new VSample[16];

    public int Count { get; private set; }

    public Span<VSample> Span => _items.AsSpan(0, Count);

    public void Add(Labels labels, double value, ExactNumber? exact, bool dropName)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        ref var item = ref _items[Count++];
        item.Labels = labels;
        item.Value = value;
        item.Exact = exact;
        item.DropName = dropName;
    }

    public void Add(in VSample sample) => Add(sample.Labels, sample.Value, sample.Exact, sample.DropName);

    public void Clear()
    {
        _items.AsSpan(0, Count).Clear();
        Count = 0;
    }

    public void Truncate(int count)
    {
        _items.AsSpan(count, Count - count).Clear();
        Count = count;
    }
}

/// <summary>The samples of one series in a range, without staleness markers.</summary>
internal readonly record struct RangeSeries(
    Labels Labels, bool DropName, long[] Times, double[] Values, Rational?[]? Exacts, int Start, int Count)
{
    public ReadOnlySpan<long> T => Times.AsSpan(Start, Count);

    public ReadOnlySpan<double> V => Values.AsSpan(Start, Count);
}
