namespace Quarterdeck.PromQL;

/// <summary>One run of a prepared query: its source, its time range, and the scratch space of its nodes.</summary>
internal sealed class EvaluationRun(
    ISeriesSource source, EvaluatorOptions options, long startMs, long endMs, string text, int slots, CancellationToken cancel)
{
    private readonly Stack<Vec> _vectors = new();
    private List<string>? _warnings;
    private List<string>? _infos;
    private HashSet<string>? _seen;

    public ISeriesSource Source => source;

    public EvaluatorOptions Options => options;

    public long StartMs => startMs;

    public long EndMs => endMs;

    public object?[] State { get; } = new object?[slots];

    public IReadOnlyList<string> Warnings => _warnings ?? (IReadOnlyList<string>)[];

    public IReadOnlyList<string> Infos => _infos ?? (IReadOnlyList<string>)[];

    /// <summary>How many milliseconds before its start a range still takes samples.</summary>
    public long Overlap => options.ClosedRanges ? 1 : 0;

    public bool Delayed => options.DelayedNameRemoval;

    public void ThrowIfCancelled() => cancel.ThrowIfCancellationRequested();

    public Vec Rent() => _vectors.TryPop(out var vector) ? vector : new Vec();

    public void Return(Vec vector)
    {
        vector.Clear();
        _vectors.Push(vector);
    }

    public void Warn(string message, int position) => Note(ref _warnings, "PromQL warning: " + message, position);

    public void Inform(string message, int position) => Note(ref _infos, "PromQL info: " + message, position);

    /// <summary>Drops the metric name: now, or at the end of the query where names are removed late.</summary>
    public void AddDropped(Vec output, Labels labels, double value, ExactNumber? exact = null) =>
        output.Add(Delayed ? labels : labels.WithoutName(), value, exact, Delayed);

    /// <summary>Refuses a vector in which two series carry the same labels; only series of different names can have come together.</summary>
    public static void RefuseDuplicates(Vec vector)
    {
        var samples = vector.Span;
        if (samples.Length < 2) return;
        var seen = new HashSet<Labels>(samples.Length);
        foreach (ref readonly var sample in samples)
        {
            if (!seen.Add(sample.Labels))
                throw new PromEvaluationException("vector cannot contain metrics with the same labelset");
        }
    }

    private void Note(ref List<string>? list, string message, int position)
    {
        var (line, column) = PromSyntaxException.Place(text, position);
        var full = $"{message} ({line}:{column})";
        if (!(_seen ??= []).Add(full)) return;
        (list ??= []).Add(full);
    }
}
