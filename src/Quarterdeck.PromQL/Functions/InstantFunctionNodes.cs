namespace Quarterdeck.PromQL;

/// <summary>A function of each sample of a vector, with up to two numbers beside it; without a vector, of the evaluation time.</summary>
internal sealed class SampleFunctionNode(CallExpr expr, Node? inner, Node? first, Node? second, Func<double, double, double, double> function)
    : Node(expr)
{
    private readonly string _name = expr.Function.Name;

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        inner?.Bind(run, fromMs, toMs);
        first?.Bind(run, fromMs, toMs);
        second?.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var a = first?.Scalar(run, timeMs).Value ?? 0;
        var b = second?.Scalar(run, timeMs).Value ?? 0;
        if (inner is null)
        {
            output.Add(Labels.Empty, function(timeMs / 1000.0, a, b), null, false);
            return;
        }

        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        // clamp between bounds that are the wrong way round has no result.
        if (_name != "clamp" || !(b < a))
        {
            foreach (ref readonly var sample in input.Span)
                run.AddDropped(output, sample.Labels, function(sample.Value, a, b));
        }

        run.Return(input);
        if (!run.Delayed) EvaluationRun.RefuseDuplicates(output);
    }
}

internal sealed class TimestampNode(CallExpr expr, Node inner) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        // Only a selector still knows when its samples were taken; everything else is of the evaluation time.
        if (inner is VectorSelectorNode selector)
        {
            selector.Read(run, timeMs, output, timestamps: true);
        }
        else
        {
            var input = run.Rent();
            inner.Vector(run, timeMs, input);
            foreach (ref readonly var sample in input.Span) run.AddDropped(output, sample.Labels, timeMs / 1000.0);
            run.Return(input);
        }

        if (!run.Delayed) EvaluationRun.RefuseDuplicates(output);
    }
}

internal sealed class SortNode(CallExpr expr, Node inner) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        var sign = expr.Function.Name == "sort" ? 1 : -1;
        var order = input.Span.ToArray().Select((sample, position) => (sample, position)).ToArray();
        Array.Sort(order, (a, b) =>
        {
            var (x, y) = (a.sample.Value, b.sample.Value);
            var byValue = double.IsNaN(x) || double.IsNaN(y)
                ? double.IsNaN(x).CompareTo(double.IsNaN(y))
                : sign * (Num.Compare(BinaryOperator.Less, a.sample.Num, b.sample.Num) ? -1
                    : Num.Compare(BinaryOperator.Greater, a.sample.Num, b.sample.Num) ? 1 : 0);
            return byValue != 0 ? byValue : a.position.CompareTo(b.position);
        });
        foreach (var (sample, _) in order) output.Add(sample);
        run.Return(input);
    }
}

/// <summary><c>vector</c>, <c>scalar</c>, <c>time</c> and <c>pi</c>.</summary>
internal sealed class ConversionNode(CallExpr expr, Node? inner) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner?.Bind(run, fromMs, toMs);

    public override Num Scalar(EvaluationRun run, long timeMs)
    {
        if (expr.Function.Name == "pi") return Num.Of(Math.PI);
        if (inner is null) return Num.Of(timeMs / 1000.0);
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        var value = input.Count == 1 ? input.Span[0].Num : Num.Of(double.NaN);
        run.Return(input);
        return value;
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var value = inner!.Scalar(run, timeMs);
        output.Add(Labels.Empty, value.Value, value.Exact, false);
    }
}
