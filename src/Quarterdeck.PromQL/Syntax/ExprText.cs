using System.Text;

namespace Quarterdeck.PromQL;

/// <summary>Prints an expression so that reading it again gives the same expression.</summary>
internal static class ExprText
{
    public static string Print(Expr expr)
    {
        var text = new StringBuilder();
        Write(text, expr);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Expr expr)
    {
        switch (expr)
        {
            case NumberLiteral number:
                text.Append(number.IsDuration && number.Value >= 0
                    ? PromDuration.Format((long)Math.Round(number.Value * 1000))
                    : GoNumbers.Format(number.Value));
                break;
            case StringLiteral literal: text.Append(GoStrings.Quote(literal.Value)); break;
            case ParenExpr paren: Write(text.Append('('), paren.Inner); text.Append(')'); break;
            case UnaryExpr unary: Write(text.Append(unary.Negative ? '-' : '+'), unary.Inner); break;
            case VectorSelector selector: Selector(text, selector); Time(text, selector.Time); break;
            case MatrixSelector matrix:
                Selector(text, matrix.Selector);
                text.Append('[').Append(PromDuration.Format(matrix.RangeMs)).Append(']');
                Time(text, matrix.Selector.Time);
                break;
            case SubqueryExpr subquery:
                Write(text, subquery.Inner);
                text.Append('[').Append(PromDuration.Format(subquery.RangeMs)).Append(':');
                if (subquery.StepMs is { } step) text.Append(PromDuration.Format(step));
                text.Append(']');
                Time(text, subquery.Time);
                break;
            case CallExpr call: List(text.Append(call.Function.Name), call.Arguments); break;
            case AggregateExpr aggregate: Aggregate(text, aggregate); break;
            case BinaryExpr binary: Binary(text, binary); break;
        }
    }

    private static void List(StringBuilder text, IReadOnlyList<Expr> items)
    {
        text.Append('(');
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(", ");
            Write(text, items[i]);
        }

        text.Append(')');
    }

    private static void Aggregate(StringBuilder text, AggregateExpr aggregate)
    {
        text.Append(aggregate.Operator.Text());
        if (aggregate.Without || aggregate.Grouping.Count > 0)
            Names(text.Append(aggregate.Without ? " without " : " by "), aggregate.Grouping).Append(' ');
        List(text, aggregate.Parameter is { } parameter ? [parameter, aggregate.Inner] : [aggregate.Inner]);
    }

    private static void Binary(StringBuilder text, BinaryExpr binary)
    {
        Write(text, binary.Left);
        text.Append(' ').Append(binary.Operator.Text());
        if (binary.ReturnBool) text.Append(" bool");
        if (binary.Matching is { } matching)
        {
            var grouped = matching.Cardinality is MatchCardinality.ManyToOne or MatchCardinality.OneToMany;
            if (matching.IsExplicit || grouped)
                Names(text.Append(matching.On ? " on " : " ignoring "), matching.Labels);
            if (grouped)
            {
                text.Append(matching.Cardinality == MatchCardinality.ManyToOne ? " group_left " : " group_right ");
                Names(text, matching.Include);
            }
        }

        text.Append(' ');
        Write(text, binary.Right);
    }

    private static StringBuilder Names(StringBuilder text, IReadOnlyList<string> names) =>
        text.Append('(').AppendJoin(", ", names.Select(name => LabelNames.IsLegacyLabelName(name) ? name : GoStrings.Quote(name))).Append(')');

    private static void Selector(StringBuilder text, VectorSelector selector)
    {
        var plain = selector.Name is { } name && LabelNames.IsLegacyMetricName(name);
        if (plain) text.Append(selector.Name);
        var skip = plain ? 1 : 0;
        if (selector.Matchers.Count <= skip) return;
        text.Append('{');
        for (var i = skip; i < selector.Matchers.Count; i++)
        {
            if (i > skip) text.Append(',');
            if (i == 0 && selector.Name is not null) text.Append(GoStrings.Quote(selector.Name));
            else text.Append(selector.Matchers[i]);
        }

        text.Append('}');
    }

    private static void Time(StringBuilder text, TimeModifier time)
    {
        if (time.AtMs is { } at)
        {
            text.Append(" @ ").Append(at < 0 ? "-" : "");
            text.Append(new Primitives.Amounts.Rational(at < 0 ? -at : at, 1000).ToString(3));
        }
        else if (time.Anchor != AtAnchor.None)
        {
            text.Append(time.Anchor == AtAnchor.Start ? " @ start()" : " @ end()");
        }

        if (time.OffsetMs != 0) text.Append(" offset ").Append(PromDuration.Format(time.OffsetMs));
    }
}
