namespace Quarterdeck.PromQL;

/// <summary>A binary operator between two numbers.</summary>
internal sealed class ScalarBinaryNode(BinaryExpr expr, Node left, Node right) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        left.Bind(run, fromMs, toMs);
        right.Bind(run, fromMs, toMs);
    }

    public override Num Scalar(EvaluationRun run, long timeMs)
    {
        var (a, b) = (left.Scalar(run, timeMs), right.Scalar(run, timeMs));
        return expr.Operator.IsComparison()
            ? Num.Of(Num.Compare(expr.Operator, a, b) ? 1 : 0)
            : Num.Calculate(expr.Operator, a, b);
    }
}

/// <summary>A binary operator between a vector and a number. A comparison keeps the vector's values.</summary>
internal sealed class VectorScalarNode(BinaryExpr expr, Node left, Node right) : Node(expr)
{
    private readonly bool _vectorLeft = left.Kind == ValueKind.Vector;

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        left.Bind(run, fromMs, toMs);
        right.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var input = run.Rent();
        (_vectorLeft ? left : right).Vector(run, timeMs, input);
        var scalar = (_vectorLeft ? right : left).Scalar(run, timeMs);
        var op = expr.Operator;
        foreach (ref readonly var sample in input.Span)
        {
            var (a, b) = _vectorLeft ? (sample.Num, scalar) : (scalar, sample.Num);
            if (!op.IsComparison())
            {
                var value = Num.Calculate(op, a, b);
                run.AddDropped(output, sample.Labels, value.Value, value.Exact);
            }
            else if (expr.ReturnBool)
            {
                run.AddDropped(output, sample.Labels, Num.Compare(op, a, b) ? 1 : 0);
            }
            else if (Num.Compare(op, a, b))
            {
                output.Add(sample);
            }
        }

        run.Return(input);
        if (!run.Delayed && (!op.IsComparison() || expr.ReturnBool)) EvaluationRun.RefuseDuplicates(output);
    }
}
