using System.Globalization;

namespace Quarterdeck.PromQL;

/// <summary>
/// Reads PromQL as Prometheus 3 does, without native histograms and without what stands behind its experimental flags.
/// </summary>
public sealed partial class PromParser
{
    private const int PowerPrecedence = 6;
    private const int MaximalDepth = 500;
    private readonly string _text;
    private readonly IReadOnlyList<Token> _tokens;
    private int _at;
    private int _depth;

    private PromParser(string text) => (_text, _tokens) = (text, Lexer.Tokens(text));

    private Token Current => _tokens[_at];

    private Token Ahead => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    /// <summary>Reads and type-checks one expression.</summary>
    /// <exception cref="PromSyntaxException">The text is not a valid expression; the message says where and what was expected.</exception>
    public static Expr Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new PromParser(text);
        if (parser.Current.Kind == TokenKind.End)
            throw parser.Error(parser.Current, "no expression found in input");
        var expr = parser.Expression(0);
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("an operator or the end of the expression");
        TypeChecker.Check(text, expr);
        return expr;
    }

    /// <summary>Reads a series such as <c>up{job="a"}</c>: equality only.</summary>
    /// <exception cref="PromSyntaxException">Not a series.</exception>
    public static Labels ParseSeries(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new PromParser(text);
        var selector = parser.Selector();
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("the end of the series");
        var builder = new LabelsBuilder();
        foreach (var matcher in selector.Matchers)
        {
            if (matcher.Kind != MatchKind.Equal)
                throw parser.Error(parser._tokens[0], "a series is written with '=' only");
            builder.Set(matcher.Name, matcher.Value);
        }

        return builder.Build();
    }

    private Expr Expression(int minimum)
    {
        if (++_depth > MaximalDepth) throw Error(Current, $"expression is nested deeper than {MaximalDepth} levels");
        var left = Unary();
        while (Operator(Current) is { } op && op.Precedence() >= minimum)
        {
            _at++;
            var returnBool = Current.Is("bool");
            if (returnBool) _at++;
            var matching = Matching(op);
            // ^ binds to the right, everything else to the left.
            var right = Expression(op == BinaryOperator.Power ? op.Precedence() : op.Precedence() + 1);
            left = new BinaryExpr(left.Start, right.End, op, left, right, matching, returnBool);
        }

        _depth--;
        return left;
    }

    private BinaryOperator? Operator(Token token) => token.Kind switch
    {
        TokenKind.Add => BinaryOperator.Add,
        TokenKind.Sub => BinaryOperator.Subtract,
        TokenKind.Mul => BinaryOperator.Multiply,
        TokenKind.Div => BinaryOperator.Divide,
        TokenKind.Mod => BinaryOperator.Modulo,
        TokenKind.Pow => BinaryOperator.Power,
        TokenKind.EqualEqual => BinaryOperator.Equal,
        TokenKind.NotEqual => BinaryOperator.NotEqual,
        TokenKind.Less => BinaryOperator.Less,
        TokenKind.LessEqual => BinaryOperator.LessOrEqual,
        TokenKind.Greater => BinaryOperator.Greater,
        TokenKind.GreaterEqual => BinaryOperator.GreaterOrEqual,
        TokenKind.TrimLower or TokenKind.TrimUpper => throw Unsupported(token, $"operator '{token.Text}' of native histograms"),
        TokenKind.Identifier => token.Text.ToLowerInvariant() switch
        {
            "and" => BinaryOperator.And,
            "or" => BinaryOperator.Or,
            "unless" => BinaryOperator.Unless,
            "atan2" => BinaryOperator.Atan2,
            "bitand" or "bitor" or "bitxor" => throw Unsupported(token, $"experimental operator '{token.Text}'"),
            _ => null,
        },
        _ => null,
    };

    private VectorMatching? Matching(BinaryOperator op)
    {
        var cardinality = op.IsSet() ? MatchCardinality.ManyToMany : MatchCardinality.OneToOne;
        var on = Current.Is("on");
        IReadOnlyList<string> labels = [];
        IReadOnlyList<string> include = [];
        if ((on || Current.Is("ignoring")) && Ahead.Kind == TokenKind.LeftParen)
        {
            _at++;
            labels = LabelList();
            if (Current.Is("group_left") || Current.Is("group_right"))
            {
                if (op.IsSet()) throw Error(Current, $"no grouping allowed for \"{op.Text()}\" operation");
                cardinality = Current.Is("group_left") ? MatchCardinality.ManyToOne : MatchCardinality.OneToMany;
                _at++;
                if (Current.Kind == TokenKind.LeftParen) include = LabelList();
                if (on && include.FirstOrDefault(labels.Contains) is { } both)
                    throw Error(Current, $"label \"{both}\" must not occur in ON and GROUP clause at once");
            }
        }

        if ((Current.Is("fill") || Current.Is("fill_left") || Current.Is("fill_right")) && Ahead.Kind == TokenKind.LeftParen)
            throw Unsupported(Current, "experimental modifier 'fill'");
        return new VectorMatching(cardinality, on, labels, include);
    }

    private Expr Unary()
    {
        if (Current.Kind is not (TokenKind.Add or TokenKind.Sub)) return Postfix(Primary());
        var sign = Current;
        _at++;
        var inner = Expression(PowerPrecedence);
        if (inner is NumberLiteral number)
        {
            return sign.Kind == TokenKind.Add
                ? number with { Start = sign.Start }
                : number with { Start = sign.Start, Value = -number.Value, Exact = -number.Exact };
        }

        return new UnaryExpr(sign.Start, inner.End, sign.Kind == TokenKind.Sub, inner);
    }

    private Expr Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number or TokenKind.Duration:
                _at++;
                return Number(token);
            case TokenKind.String:
                _at++;
                return new StringLiteral(token.Start, token.End, Text(token));
            case TokenKind.LeftParen:
                _at++;
                var inner = Expression(0);
                var close = Expect(TokenKind.RightParen, "')'");
                return new ParenExpr(token.Start, close.End, inner);
            case TokenKind.LeftBrace:
                return Selector();
            case TokenKind.Identifier:
                return Word(token);
            default:
                throw Unexpected("a metric, a number, a string, a function or '('");
        }
    }

    private Expr Word(Token token)
    {
        var next = Ahead;
        if (OperatorText.Aggregate(token.Text) is { } aggregation
            && (next.Kind == TokenKind.LeftParen || next.Is("by") || next.Is("without")))
            return Aggregate(token, aggregation);
        if ((token.Is("limitk") || token.Is("limit_ratio"))
            && (next.Kind == TokenKind.LeftParen || next.Is("by") || next.Is("without")))
            throw Unsupported(token, $"experimental aggregation '{token.Text}'");
        if (token.Is("inf") || token.Is("nan"))
        {
            _at++;
            return new NumberLiteral(token.Start, token.End, GoNumbers.Parse(token.Text), null, false);
        }

        if (token.Is("bool") || token.Is("on") || token.Is("ignoring") || token.Is("group_left") || token.Is("group_right"))
            throw Unexpected("a metric, a number, a string, a function or '('");
        return next.Kind == TokenKind.LeftParen ? Call(token) : Selector();
    }

    private CallExpr Call(Token name)
    {
        if (!PromFunction.All.TryGetValue(name.Text, out var function))
        {
            if (PromFunction.Unsupported.Contains(name.Text))
                throw Unsupported(name, $"function '{name.Text}' (experimental, or of native histograms)");
            throw new PromSyntaxException(_text, name.Start, $"unknown function with name {GoStrings.Quote(name.Text)}") { IsUnknownFunction = true };
        }

        _at++;
        var (arguments, end) = Arguments();
        return new CallExpr(name.Start, end, function, arguments);
    }

    private (IReadOnlyList<Expr> Items, int End) Arguments()
    {
        Expect(TokenKind.LeftParen, "'('");
        var items = new List<Expr>();
        while (Current.Kind != TokenKind.RightParen)
        {
            items.Add(Expression(0));
            if (Current.Kind != TokenKind.Comma) break;
            _at++;
            if (Current.Kind == TokenKind.RightParen)
                throw Error(Current, "trailing commas not allowed in function call args");
        }

        return (items, Expect(TokenKind.RightParen, "',' or ')'").End);
    }

    private AggregateExpr Aggregate(Token name, Aggregation aggregation)
    {
        _at++;
        IReadOnlyList<string>? grouping = null;
        var without = false;
        if (Current.Kind != TokenKind.LeftParen) (grouping, without) = Grouping();
        var (arguments, end) = Arguments();
        if (grouping is null && (Current.Is("by") || Current.Is("without")))
        {
            (grouping, without) = Grouping();
            end = _tokens[_at - 1].End;
        }

        if (arguments.Count == 0) throw Error(name, "no arguments for aggregate expression provided");
        var wanted = aggregation.HasParameter() ? 2 : 1;
        if (arguments.Count != wanted)
        {
            throw Error(name, string.Create(CultureInfo.InvariantCulture,
                $"wrong number of arguments for aggregate expression provided, expected {wanted}, got {arguments.Count}"));
        }

        return new AggregateExpr(name.Start, end, aggregation, arguments[^1], wanted == 2 ? arguments[0] : null, grouping ?? [], without);
    }

    private (IReadOnlyList<string> Labels, bool Without) Grouping()
    {
        var without = Current.Is("without");
        _at++;
        return (LabelList(), without);
    }

    private Token Expect(TokenKind kind, string what)
    {
        if (Current.Kind != kind) throw Unexpected(what);
        return _tokens[_at++];
    }

    private PromSyntaxException Unexpected(string expected) =>
        Error(Current, $"unexpected {Current.Describe()}, expected {expected}");

    private PromSyntaxException Error(Token token, string problem) => new(_text, token.Start, problem);

    private PromSyntaxException Unsupported(Token token, string what) =>
        new(_text, token.Start, $"{what} is not supported", unsupported: true);
}
