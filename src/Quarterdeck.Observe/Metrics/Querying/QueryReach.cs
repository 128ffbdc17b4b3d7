using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics.Querying;

/// <summary>One selector of a query and the span of time it can ask its source for, both ends included (Unix milliseconds).</summary>
internal sealed record SelectorReach(IReadOnlyList<Matcher> Matchers, long FromMs, long ToMs);

/// <summary>
/// Says beforehand what a query will read, so that history can be fetched before the evaluation, which does no I/O. A reach may
/// be wider than what is read, never narrower.
/// </summary>
internal static class QueryReach
{
    /// <summary>The reach of each selector of a query evaluated from start to end.</summary>
    public static IReadOnlyList<SelectorReach> Of(Expr expr, long startMs, long endMs, EvaluatorOptions options)
    {
        var found = new List<SelectorReach>();
        Visit(expr, new Span(startMs, endMs), (startMs, endMs), options, found);
        return found;
    }

    private static void Visit(
        Expr expr, Span span, (long Start, long End) query, EvaluatorOptions options, List<SelectorReach> found)
    {
        switch (expr)
        {
            case VectorSelector selector:
                Add(selector, options.LookbackMs);
                break;
            case MatrixSelector matrix:
                Add(matrix.Selector, matrix.RangeMs);
                break;
            case SubqueryExpr subquery:
                var step = subquery.StepMs ?? options.SubqueryStepMs;
                var outer = Moved(span, subquery.Time, query);
                Visit(subquery.Inner, new Span(outer.From - subquery.RangeMs - step, outer.To), query, options, found);
                break;
            case UnaryExpr unary:
                Visit(unary.Inner, span, query, options, found);
                break;
            case ParenExpr paren:
                Visit(paren.Inner, span, query, options, found);
                break;
            case BinaryExpr binary:
                Visit(binary.Left, span, query, options, found);
                Visit(binary.Right, span, query, options, found);
                break;
            case AggregateExpr aggregate:
                Visit(aggregate.Inner, span, query, options, found);
                if (aggregate.Parameter is { } parameter) Visit(parameter, span, query, options, found);
                break;
            case CallExpr call:
                foreach (var argument in call.Arguments) Visit(argument, span, query, options, found);
                break;
        }

        void Add(VectorSelector selector, long back)
        {
            var moved = Moved(span, selector.Time, query);
            found.Add(new SelectorReach(selector.Matchers, moved.From - back, moved.To));
        }
    }

    private static Span Moved(Span span, TimeModifier time, (long Start, long End) query)
    {
        var at = time.AtMs ?? time.Anchor switch { AtAnchor.Start => query.Start, AtAnchor.End => query.End, _ => (long?)null };
        var fixedSpan = at is { } instant ? new Span(instant, instant) : span;
        return new Span(fixedSpan.From - time.OffsetMs, fixedSpan.To - time.OffsetMs);
    }

    private readonly record struct Span(long From, long To);
}
