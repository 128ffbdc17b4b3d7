namespace Quarterdeck.PromQL;

/// <summary>A call of a function that turns the range of each series into one value.</summary>
internal sealed class RangeFunctionNode(CallExpr expr, RangeFunction function, RangeNode range, Node? parameter, int slot) : Node(expr)
{
    private readonly string _name = expr.Function.Name;

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        range.Bind(run, fromMs, toMs);
        parameter?.Bind(run, fromMs, toMs);
        run.State[slot] = new List<RangeSeries>();
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var ranges = (List<RangeSeries>)run.State[slot]!;
        ranges.Clear();
        range.Range(run, timeMs, ranges);
        var number = parameter?.Scalar(run, timeMs).Value ?? 0;
        if (_name == "quantile_over_time" && ranges.Count > 0) Quantiles.Check(run, number, parameter!.Expr.Start);
        var end = range.EndOf(run, timeMs);
        var keepsName = _name == "last_over_time";
        var counter = _name is "rate" or "increase";
        foreach (var series in ranges)
        {
            if (counter) AdviseCounter(run, series.Labels);
            var arguments = new RangeArguments
            {
                T = series.T,
                V = series.V,
                Begin = end - range.RangeMs,
                End = end,
                Time = timeMs,
                Parameter = number,
            };
            if (!function(arguments, out var value)) continue;
            if (keepsName)
                output.Add(series.Labels, value, VectorSelectorNode.Exact(series.Exacts, series.Start + series.Count - 1), series.DropName);
            else
                run.AddDropped(output, series.Labels, value);
        }

        if (!run.Delayed && !keepsName) EvaluationRun.RefuseDuplicates(output);
    }

    private void AdviseCounter(EvaluationRun run, Labels labels)
    {
        var name = labels.Name;
        if (name.Length == 0 || name.EndsWith("_total", StringComparison.Ordinal) || name.EndsWith("_sum", StringComparison.Ordinal)
            || name.EndsWith("_count", StringComparison.Ordinal) || name.EndsWith("_bucket", StringComparison.Ordinal)) return;
        run.Inform($"metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {GoStrings.Quote(name)}",
            range.Expr.Start);
    }
}

/// <summary><c>absent</c> and <c>absent_over_time</c>: one sample with the labels that the selector asked for, where nothing was found.</summary>
internal sealed class AbsentNode : Node
{
    private readonly Node _inner;
    private readonly Labels _labels;

    public AbsentNode(CallExpr expr, Node inner) : base(expr)
    {
        _inner = inner;
        var selector = expr.Arguments[0] switch
        {
            VectorSelector vector => vector,
            MatrixSelector matrix => matrix.Selector,
            _ => null,
        };
        var builder = new LabelsBuilder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var matcher in selector?.Matchers ?? [])
        {
            if (matcher.Name == Labels.MetricName) continue;
            // A label that is asked for twice is in doubt, and left out.
            if (matcher.Kind == MatchKind.Equal && seen.Add(matcher.Name)) builder.Set(matcher.Name, matcher.Value);
            else builder.Delete(matcher.Name);
        }

        _labels = builder.Build();
    }

    public override void Bind(EvaluationRun run, long fromMs, long toMs) => _inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        bool any;
        if (_inner is RangeNode range)
        {
            var found = new List<RangeSeries>();
            range.Range(run, timeMs, found);
            any = found.Count > 0;
        }
        else
        {
            var found = run.Rent();
            _inner.Vector(run, timeMs, found);
            any = found.Count > 0;
            run.Return(found);
        }

        if (!any) output.Add(_labels, 1, null, false);
    }
}
