using System.Globalization;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>Selectors, label lists and the modifiers behind an expression.</summary>
public sealed partial class PromParser
{
    private VectorSelector Selector()
    {
        var start = Current.Start;
        var end = Current.End;
        string? name = null;
        var matchers = new List<Matcher>();
        if (Current.Kind == TokenKind.Identifier)
        {
            name = Current.Text;
            _at++;
        }

        if (Current.Kind == TokenKind.LeftBrace)
        {
            _at++;
            while (Current.Kind != TokenKind.RightBrace)
            {
                MatcherOrName(matchers, ref name);
                if (Current.Kind != TokenKind.Comma) break;
                _at++;
            }

            end = Expect(TokenKind.RightBrace, "',' or '}'").End;
        }
        else if (name is null)
        {
            throw Unexpected("a metric name or '{'");
        }

        if (name is not null) matchers.Insert(0, new Matcher(MatchKind.Equal, Labels.MetricName, name));
        return new VectorSelector(start, end, name, matchers, default);
    }

    private void MatcherOrName(List<Matcher> matchers, ref string? name)
    {
        var token = Current;
        string label;
        if (token.Kind == TokenKind.String) label = Text(token);
        else if (token.Kind == TokenKind.Identifier) label = token.Text;
        else throw Unexpected("a label name or '}'");
        _at++;
        if (token.Kind == TokenKind.String && Current.Kind is TokenKind.Comma or TokenKind.RightBrace)
        {
            if (name is not null)
            {
                throw Error(token, $"metric name must not be set twice: {GoStrings.Quote(name)} or {GoStrings.Quote(label)}");
            }

            name = label;
            return;
        }

        var kind = Current.Kind switch
        {
            TokenKind.Equal => MatchKind.Equal,
            TokenKind.NotEqual => MatchKind.NotEqual,
            TokenKind.EqualRegex => MatchKind.Regex,
            TokenKind.NotRegex => MatchKind.NotRegex,
            _ => throw Unexpected("one of '=', '!=', '=~', '!~'"),
        };
        _at++;
        var value = Expect(TokenKind.String, "a quoted label value");
        try
        {
            matchers.Add(new Matcher(kind, label, Text(value)));
        }
        catch (FormatException problem)
        {
            throw Error(value, problem.Message);
        }
    }

    private List<string> LabelList()
    {
        Expect(TokenKind.LeftParen, "'('");
        var labels = new List<string>();
        while (Current.Kind != TokenKind.RightParen)
        {
            var token = Current;
            if (token.Kind is not (TokenKind.Identifier or TokenKind.String)) throw Unexpected("a label name or ')'");
            var label = token.Kind == TokenKind.String ? Text(token) : token.Text;
            if (!LabelNames.IsValid(label) || (token.Kind == TokenKind.Identifier && label.Contains(':', StringComparison.Ordinal)))
                throw Error(token, $"invalid label name {GoStrings.Quote(label)}");
            labels.Add(label);
            _at++;
            if (Current.Kind != TokenKind.Comma) break;
            _at++;
        }

        Expect(TokenKind.RightParen, "',' or ')'");
        return labels;
    }

    private Expr Postfix(Expr expr)
    {
        while (true)
        {
            var token = Current;
            if (token.Kind == TokenKind.LeftBracket) expr = Range(expr);
            else if (token.Is("offset")) expr = Offset(expr);
            else if (token.Kind == TokenKind.At) expr = At(expr);
            else if (token.Is("anchored") || token.Is("smoothed") || token.Is("align"))
                throw Unsupported(token, $"experimental modifier '{token.Text}'");
            else return expr;
        }
    }

    private Expr Range(Expr expr)
    {
        var bracket = Current;
        _at++;
        var range = PositiveDuration("a range such as 5m");
        long? step = null;
        var colon = Current.Kind == TokenKind.Colon;
        if (colon)
        {
            _at++;
            if (Current.Kind == TokenKind.Colon) throw Unsupported(Current, "experimental aligned subquery '::'");
            if (Current.Kind != TokenKind.RightBracket) step = PositiveDuration("a step or ']'");
        }

        var end = Expect(TokenKind.RightBracket, colon ? "']'" : "':' or ']'").End;
        if (colon) return new SubqueryExpr(expr.Start, end, expr, range, step, default);
        if (expr is not VectorSelector selector)
            throw Error(bracket, "ranges only allowed for vector selectors");
        if (selector.Time != default)
            throw Error(bracket, "no offset or @ modifiers allowed before range");
        return new MatrixSelector(expr.Start, end, selector, range);
    }

    private Expr Offset(Expr expr)
    {
        var word = Current;
        _at++;
        var negative = Sign();
        var offset = Milliseconds("a duration such as 5m");
        if (negative) offset = -offset;
        return Modify(expr, word, "offset", time => time.OffsetMs != 0
            ? throw Error(word, "offset may not be set multiple times")
            : time with { OffsetMs = offset });
    }

    private Expr At(Expr expr)
    {
        var word = Current;
        _at++;
        var anchor = Current.Is("start") ? AtAnchor.Start : Current.Is("end") ? AtAnchor.End : AtAnchor.None;
        long? at = null;
        if (anchor != AtAnchor.None)
        {
            _at++;
            Expect(TokenKind.LeftParen, "'('");
            Expect(TokenKind.RightParen, "')'");
        }
        else
        {
            var negative = Sign();
            var token = Current;
            var seconds = token.Is("inf") || token.Is("nan") ? GoNumbers.Parse(token.Text)
                : token.Kind is TokenKind.Number or TokenKind.Duration ? Number(token).Value
                : throw Unexpected("a timestamp, start() or end()");
            _at++;
            if (negative) seconds = -seconds;
            if (!(Math.Abs(seconds) < long.MaxValue / 1000))
                throw Error(token, $"timestamp out of bounds for @ modifier: {GoNumbers.FormatPlain(seconds)}");
            at = (long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
        }

        return Modify(expr, word, "@", time => time.IsFixed
            ? throw Error(word, "@ <timestamp> may not be set multiple times")
            : time with { AtMs = at, Anchor = anchor });
    }

    private Expr Modify(Expr expr, Token word, string what, Func<TimeModifier, TimeModifier> change)
    {
        var end = _tokens[_at - 1].End;
        return expr switch
        {
            VectorSelector selector => selector with { Time = change(selector.Time), End = end },
            MatrixSelector matrix => matrix with
            {
                Selector = matrix.Selector with { Time = change(matrix.Selector.Time) },
                End = end,
            },
            SubqueryExpr subquery => subquery with { Time = change(subquery.Time), End = end },
            _ => throw Error(word, $"{what} modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
        };
    }

    private bool Sign()
    {
        if (Current.Kind is not (TokenKind.Add or TokenKind.Sub)) return false;
        return _tokens[_at++].Kind == TokenKind.Sub;
    }

    private long PositiveDuration(string expected)
    {
        var token = Current;
        var milliseconds = Milliseconds(expected);
        return milliseconds > 0 ? milliseconds : throw Error(token, "duration must be greater than 0");
    }

    private long Milliseconds(string expected)
    {
        var token = Current;
        if (token.Kind is not (TokenKind.Number or TokenKind.Duration))
        {
            if (token.Kind is TokenKind.LeftParen or TokenKind.Add or TokenKind.Sub || ((token.Is("step") || token.Is("range")
                || token.Is("min") || token.Is("max") || token.Is("min_of") || token.Is("max_of")) && Ahead.Kind == TokenKind.LeftParen))
                throw Unsupported(token, "experimental duration expression");
            throw Unexpected(expected);
        }

        _at++;
        var seconds = Number(token).Value;
        if (!(seconds * 1000 < long.MaxValue / 1_000_000)) throw Error(token, "duration out of range");
        // Inside brackets an operator can only be duration arithmetic.
        if (Current.Kind is TokenKind.Mul or TokenKind.Div or TokenKind.Mod or TokenKind.Pow or TokenKind.Add or TokenKind.Sub
            && _tokens.Skip(_at).FirstOrDefault(next => next.Kind is TokenKind.LeftBracket or TokenKind.RightBracket).Kind
            == TokenKind.RightBracket)
            throw Unsupported(Current, "experimental duration expression");
        return (long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
    }

    private NumberLiteral Number(Token token)
    {
        try
        {
            if (token.Kind == TokenKind.Duration)
            {
                var milliseconds = PromDuration.Parse(token.Text);
                return new NumberLiteral(token.Start, token.End, milliseconds / 1000.0, new Rational(milliseconds, 1000), true);
            }

            var value = GoNumbers.Parse(token.Text, out var exact);
            return new NumberLiteral(token.Start, token.End, value, exact, false);
        }
        catch (FormatException problem)
        {
            throw Error(token, problem.Message);
        }
    }

    private string Text(Token token)
    {
        try
        {
            return GoStrings.Unquote(token.Text);
        }
        catch (FormatException problem)
        {
            throw Error(token, string.Create(CultureInfo.InvariantCulture, $"error unquoting string {token.Text}: {problem.Message}"));
        }
    }
}
