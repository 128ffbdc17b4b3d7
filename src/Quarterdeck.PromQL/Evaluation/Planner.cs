namespace Quarterdeck.PromQL;

/// <summary>Turns a checked expression into nodes.</summary>
internal sealed class Planner
{
    public int Slots { get; private set; }

    public Node Plan(Expr expr) => expr switch
    {
        ParenExpr paren => Plan(paren.Inner),
        NumberLiteral number => new NumberNode(number),
        StringLiteral text => new TextNode(text),
        UnaryExpr { Negative: false } unary => Plan(unary.Inner),
        UnaryExpr unary => new NegateNode(unary, Plan(unary.Inner)),
        VectorSelector selector => new VectorSelectorNode(selector, Slots++),
        MatrixSelector matrix => new MatrixSelectorNode(matrix, Slots++),
        SubqueryExpr subquery => new SubqueryNode(subquery, Plan(subquery.Inner), Slots++),
        BinaryExpr binary => Binary(binary),
        AggregateExpr aggregate => Aggregate(aggregate),
        CallExpr call => Call(call),
        _ => throw new ArgumentOutOfRangeException(nameof(expr), expr, "Not an expression of PromQL."),
    };

    private Node Binary(BinaryExpr binary)
    {
        var (left, right) = (Plan(binary.Left), Plan(binary.Right));
        if (left.Kind == ValueKind.Scalar && right.Kind == ValueKind.Scalar) return new ScalarBinaryNode(binary, left, right);
        if (left.Kind == ValueKind.Scalar || right.Kind == ValueKind.Scalar) return new VectorScalarNode(binary, left, right);
        return binary.Operator.IsSet() ? new SetNode(binary, left, right) : new VectorBinaryNode(binary, left, right);
    }

    private Node Aggregate(AggregateExpr aggregate)
    {
        var inner = Plan(aggregate.Inner);
        var parameter = aggregate.Parameter is { } expr ? Plan(expr) : null;
        return aggregate.Operator switch
        {
            Aggregation.TopK or Aggregation.BottomK => new RankNode(aggregate, inner, parameter!),
            Aggregation.CountValues => new CountValuesNode(aggregate, inner, parameter!),
            _ => new AggregateNode(aggregate, inner, parameter),
        };
    }

    private Node Call(CallExpr call)
    {
        var name = call.Function.Name;
        var arguments = call.Arguments.Select(Plan).ToArray();
        if (MathFunctions.Find(name) is { } math)
            return new SampleFunctionNode(call, arguments.ElementAtOrDefault(0), null, null, (value, _, _) => math(value));
        if (RangeFunctions.Find(name) is { } function)
        {
            var range = arguments.OfType<RangeNode>().Single();
            return new RangeFunctionNode(call, function, range, arguments.FirstOrDefault(node => node is not RangeNode), Slots++);
        }

        switch (name)
        {
            case "absent" or "absent_over_time": return new AbsentNode(call, arguments[0]);
            case "clamp":
                return new SampleFunctionNode(call, arguments[0], arguments[1], arguments[2],
                    static (value, low, high) => Math.Max(low, Math.Min(high, value)));
            case "clamp_max":
                return new SampleFunctionNode(call, arguments[0], arguments[1], null, static (value, high, _) => Math.Min(high, value));
            case "clamp_min":
                return new SampleFunctionNode(call, arguments[0], arguments[1], null, static (value, low, _) => Math.Max(low, value));
            case "round":
                var nearest = arguments.Length > 1 ? arguments[1] : new NumberNode(new NumberLiteral(0, 0, 1, null, false));
                return new SampleFunctionNode(call, arguments[0], nearest, null, static (value, to, _) => MathFunctions.Round(value, to));
            case "histogram_quantile": return new HistogramNode(call, arguments[0], null, arguments[1]);
            case "histogram_fraction": return new HistogramNode(call, arguments[0], arguments[1], arguments[2]);
            case "label_replace": return new LabelReplaceNode(call, arguments[0], Texts(arguments));
            case "label_join": return new LabelJoinNode(call, arguments[0], Texts(arguments));
            case "sort" or "sort_desc": return new SortNode(call, arguments[0]);
            case "timestamp": return new TimestampNode(call, arguments[0]);
            case "pi" or "time" or "scalar" or "vector": return new ConversionNode(call, arguments.ElementAtOrDefault(0));
            default: throw new ArgumentOutOfRangeException(nameof(call), name, "The function has a signature but no meaning.");
        }
    }

    private static string[] Texts(Node[] arguments) => [.. arguments.Skip(1).Select(node => node.Text())];
}
