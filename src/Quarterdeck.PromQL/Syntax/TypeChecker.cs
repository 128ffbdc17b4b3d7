using System.Globalization;

namespace Quarterdeck.PromQL;

/// <summary>Prometheus's rules on which kinds of values may stand where.</summary>
internal sealed class TypeChecker(string text)
{
    public static void Check(string text, Expr expr) => new TypeChecker(text).Walk(expr);

    private ValueKind Walk(Expr expr)
    {
        switch (expr)
        {
            case ParenExpr paren: return Walk(paren.Inner);
            case UnaryExpr unary: Unary(unary); break;
            case BinaryExpr binary: Binary(binary); break;
            case AggregateExpr aggregate: Aggregate(aggregate); break;
            case CallExpr call: Call(call); break;
            case SubqueryExpr subquery:
                if (Walk(subquery.Inner) is not ValueKind.Vector and var kind)
                    throw Error(subquery, $"subquery is only allowed on instant vector, got {Name(kind)} in {GoStrings.Quote(subquery.ToString())} instead");
                break;
            case MatrixSelector matrix: Walk(matrix.Selector); break;
            case VectorSelector selector: Selector(selector); break;
        }

        return expr.Kind;
    }

    private void Unary(UnaryExpr unary)
    {
        if (Walk(unary.Inner) is not (ValueKind.Scalar or ValueKind.Vector) and var kind)
            throw Error(unary, $"unary expression only allowed on expressions of type scalar or instant vector, got {GoStrings.Quote(Name(kind))}");
    }

    private void Binary(BinaryExpr binary)
    {
        var left = Walk(binary.Left);
        var right = Walk(binary.Right);
        var op = binary.Operator;
        if (binary.ReturnBool && !op.IsComparison())
            throw Error(binary, "bool modifier can only be used on comparison operators");
        if (op.IsComparison() && !binary.ReturnBool && left == ValueKind.Scalar && right == ValueKind.Scalar)
            throw Error(binary, "comparisons between scalars must use BOOL modifier");
        foreach (var (side, kind) in ((Expr, ValueKind)[])[(binary.Left, left), (binary.Right, right)])
        {
            if (kind is not (ValueKind.Scalar or ValueKind.Vector))
                throw Error(side, "binary expression must contain only scalar and instant vector types");
        }

        if (left == ValueKind.Vector && right == ValueKind.Vector) return;
        if (binary.Matching is { } matching && (matching.IsExplicit || matching.Cardinality is MatchCardinality.ManyToOne or MatchCardinality.OneToMany))
            throw Error(binary, "vector matching only allowed between instant vectors");
        if (op.IsSet())
            throw Error(binary, $"set operator {GoStrings.Quote(op.Text())} not allowed in binary scalar expression");
    }

    private void Aggregate(AggregateExpr aggregate)
    {
        var name = aggregate.Operator.Text();
        Expect(aggregate.Inner, ValueKind.Vector, "aggregation expression");
        if (aggregate.Parameter is { } parameter)
        {
            Expect(parameter, aggregate.Operator == Aggregation.CountValues ? ValueKind.String : ValueKind.Scalar,
                $"aggregation parameter of {name}");
        }
    }

    private void Call(CallExpr call)
    {
        var function = call.Function;
        var most = function.Arguments.Count;
        var least = most - Math.Abs(function.Optional);
        var count = call.Arguments.Count;
        if (function.Optional == 0 && count != most)
            throw Error(call, Invariant($"expected {most} argument(s) in call to {GoStrings.Quote(function.Name)}, got {count}"));
        if (count < least)
            throw Error(call, Invariant($"expected at least {least} argument(s) in call to {GoStrings.Quote(function.Name)}, got {count}"));
        if (function.Optional > 0 && count > most)
            throw Error(call, Invariant($"expected at most {most} argument(s) in call to {GoStrings.Quote(function.Name)}, got {count}"));
        for (var i = 0; i < count; i++)
        {
            Expect(call.Arguments[i], function.Arguments[Math.Min(i, most - 1)],
                $"call to function {GoStrings.Quote(function.Name)}");
        }
    }

    private void Selector(VectorSelector selector)
    {
        if (selector.Name is not null)
        {
            if (selector.Matchers.Skip(1).FirstOrDefault(matcher => matcher.Name == Labels.MetricName) is { Kind: MatchKind.Equal } second)
            {
                throw Error(selector, $"metric name must not be set twice: {GoStrings.Quote(selector.Name)} or {GoStrings.Quote(second.Value)}");
            }

            if (selector.Name.Length > 0) return;
        }

        if (selector.Matchers.All(matcher => matcher.Matches("")))
            throw Error(selector, "vector selector must contain at least one non-empty matcher");
    }

    private void Expect(Expr expr, ValueKind wanted, string where)
    {
        var kind = Walk(expr);
        if (kind != wanted) throw Error(expr, $"expected type {Name(wanted)} in {where}, got {Name(kind)}");
    }

    internal static string Name(ValueKind kind) => kind switch
    {
        ValueKind.Scalar => "scalar",
        ValueKind.String => "string",
        ValueKind.Vector => "instant vector",
        _ => "range vector",
    };

    private PromSyntaxException Error(Expr expr, string problem) => new(text, expr.Start, problem);

    private static string Invariant(FormattableString message) => message.ToString(CultureInfo.InvariantCulture);
}
