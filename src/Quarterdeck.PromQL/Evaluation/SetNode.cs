namespace Quarterdeck.PromQL;

/// <summary><c>and</c>, <c>or</c> and <c>unless</c>.</summary>
internal sealed class SetNode(BinaryExpr expr, Node left, Node right) : Node(expr)
{
    private readonly MatchComparer _comparer = expr.Matching is { On: true } on
        ? MatchComparer.On(on.Labels)
        : MatchComparer.Ignoring(expr.Matching?.Labels ?? []);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        left.Bind(run, fromMs, toMs);
        right.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var (a, b) = (run.Rent(), run.Rent());
        left.Vector(run, timeMs, a);
        right.Vector(run, timeMs, b);
        if (expr.Operator == BinaryOperator.Or)
        {
            var known = Keys(a);
            foreach (ref readonly var sample in a.Span) output.Add(sample);
            foreach (ref readonly var sample in b.Span)
            {
                if (!known.Contains(sample.Labels)) output.Add(sample);
            }
        }
        else
        {
            var wanted = expr.Operator == BinaryOperator.And;
            var known = Keys(b);
            foreach (ref readonly var sample in a.Span)
            {
                if (known.Contains(sample.Labels) == wanted) output.Add(sample);
            }
        }

        run.Return(a);
        run.Return(b);
        if (!run.Delayed && expr.Operator == BinaryOperator.Or) EvaluationRun.RefuseDuplicates(output);
    }

    private HashSet<Labels> Keys(Vec vector)
    {
        var keys = new HashSet<Labels>(_comparer);
        foreach (ref readonly var sample in vector.Span) keys.Add(sample.Labels);
        return keys;
    }
}
