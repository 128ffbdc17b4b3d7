namespace Quarterdeck.PromQL;

/// <summary>A step of a prepared query. Nodes are immutable; what changes during a run is in the run's slot of the node.</summary>
internal abstract class Node(Expr expr)
{
    public Expr Expr => expr;

    public ValueKind Kind => expr.Kind;

    /// <summary>Tells the node between which evaluation times it will be asked, so that it can fetch its series once.</summary>
    public abstract void Bind(EvaluationRun run, long fromMs, long toMs);

    public virtual Num Scalar(EvaluationRun run, long timeMs) => throw Wrong();

    public virtual void Vector(EvaluationRun run, long timeMs, Vec output) => throw Wrong();

    public virtual string Text() => throw Wrong();

    private InvalidOperationException Wrong() => new($"'{expr}' was asked for a kind of value that it does not have.");
}

/// <summary>A node that yields a range of samples for each series.</summary>
internal abstract class RangeNode(Expr expr) : Node(expr)
{
    public abstract long RangeMs { get; }

    /// <summary>The end of the range for an evaluation time, after <c>offset</c> and <c>@</c>.</summary>
    public abstract long EndOf(EvaluationRun run, long timeMs);

    /// <summary>The samples in (end − range, end].</summary>
    public abstract void Range(EvaluationRun run, long timeMs, List<RangeSeries> output);

    protected static long Reference(EvaluationRun run, in TimeModifier modifier, long timeMs)
    {
        var at = modifier.AtMs ?? (modifier.Anchor switch
        {
            AtAnchor.Start => run.StartMs,
            AtAnchor.End => run.EndMs,
            _ => timeMs,
        });
        return at - modifier.OffsetMs;
    }

    internal static long ReferenceOf(EvaluationRun run, in TimeModifier modifier, long timeMs) => Reference(run, modifier, timeMs);
}

internal sealed class NumberNode(NumberLiteral expr) : Node(expr)
{
    private readonly Num _value = new(expr.Value, expr.Exact is { } exact ? new ExactNumber(exact, false) : null);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
    }

    public override Num Scalar(EvaluationRun run, long timeMs) => _value;
}

internal sealed class TextNode(StringLiteral expr) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
    }

    public override string Text() => expr.Value;
}

internal sealed class NegateNode(UnaryExpr expr, Node inner) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override Num Scalar(EvaluationRun run, long timeMs) => inner.Scalar(run, timeMs).Negate();

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        foreach (ref readonly var sample in input.Span)
        {
            var value = sample.Num.Negate();
            run.AddDropped(output, sample.Labels, value.Value, value.Exact);
        }

        run.Return(input);
        if (!run.Delayed) EvaluationRun.RefuseDuplicates(output);
    }
}
