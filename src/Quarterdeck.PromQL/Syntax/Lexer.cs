namespace Quarterdeck.PromQL;

/// <summary>Cuts a query into tokens. Whether <c>5m:1m</c> in brackets is a range or a metric name depends on the bracket, so the depth is kept.</summary>
internal sealed class Lexer(string text)
{
    private static readonly string?[] Symbols = new string?[(int)TokenKind.TrimLower + 1];
    private readonly List<Token> _tokens = new(12);
    private int _at;
    private bool _inBracket;
    private bool _inBrace;

    public static IReadOnlyList<Token> Tokens(string text)
    {
        var lexer = new Lexer(text);
        while (lexer.Next())
        {
        }

        return lexer._tokens;
    }

    private bool Next()
    {
        SkipSpaceAndComments();
        if (_at >= text.Length)
        {
            _tokens.Add(new Token(TokenKind.End, text.Length, text.Length, ""));
            return false;
        }

        var c = text[_at];
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)))) NumberOrDuration();
        else if (char.IsAsciiLetter(c) || c == '_' || (c == ':' && !_inBracket && !_inBrace)) Identifier();
        else if (c is '"' or '\'' or '`') String(c);
        else Symbol(c);
        return true;
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private void SkipSpaceAndComments()
    {
        while (_at < text.Length)
        {
            if (text[_at] is ' ' or '\t' or '\n' or '\r') _at++;
            else if (text[_at] == '#')
                while (_at < text.Length && text[_at] is not ('\n' or '\r')) _at++;
            else return;
        }
    }

    private void Add(TokenKind kind, int length)
    {
        // A symbol has one text, which every token of it shares.
        _tokens.Add(new Token(kind, _at, _at + length, kind <= TokenKind.String ? text.Substring(_at, length) : Symbols[(int)kind] ??= text.Substring(_at, length)));
        _at += length;
    }

    private void Identifier()
    {
        var length = 1;
        while (char.IsAsciiLetterOrDigit(Peek(length)) || Peek(length) == '_'
            || (Peek(length) == ':' && !_inBracket && !_inBrace)) length++;
        Add(TokenKind.Identifier, length);
    }

    private void NumberOrDuration()
    {
        var duration = PromDuration.Scan(text.AsSpan(_at));
        if (duration > 0 && !IsWord(Peek(duration)))
        {
            Add(TokenKind.Duration, duration);
            return;
        }

        var length = GoNumbers.Scan(text.AsSpan(_at));
        if (length == 0 || IsWord(Peek(length)) || Peek(length) == '.')
        {
            var end = Math.Max(length, 1);
            while (IsWord(Peek(end)) || Peek(end) == '.') end++;
            throw Error($"bad number or duration syntax: {GoStrings.Quote(text.Substring(_at, end))}");
        }

        Add(TokenKind.Number, length);
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private void String(char quote)
    {
        var end = _at + 1;
        while (end < text.Length && text[end] != quote)
        {
            if (quote != '`' && text[end] == '\n') throw Error("unterminated quoted string");
            end += quote != '`' && text[end] == '\\' ? 2 : 1;
        }

        if (end >= text.Length) throw Error(quote == '`' ? "unterminated raw string" : "unterminated quoted string");
        Add(TokenKind.String, end + 1 - _at);
    }

    private void Symbol(char c)
    {
        var next = Peek(1);
        switch (c)
        {
            case '(': Add(TokenKind.LeftParen, 1); break;
            case ')': Add(TokenKind.RightParen, 1); break;
            case '{':
                if (_inBrace) throw Error("unexpected left brace '{'");
                Add(TokenKind.LeftBrace, 1);
                _inBrace = true;
                break;
            case '}':
                if (!_inBrace) throw Error("unexpected right brace '}'");
                Add(TokenKind.RightBrace, 1);
                _inBrace = false;
                break;
            case '[':
                if (_inBracket) throw Error("unexpected left bracket '['");
                Add(TokenKind.LeftBracket, 1);
                _inBracket = true;
                break;
            case ']':
                if (!_inBracket) throw Error("unexpected right bracket ']'");
                Add(TokenKind.RightBracket, 1);
                _inBracket = false;
                break;
            case ',': Add(TokenKind.Comma, 1); break;
            case ':': Add(TokenKind.Colon, 1); break;
            case '@': Add(TokenKind.At, 1); break;
            case '+': Add(TokenKind.Add, 1); break;
            case '-': Add(TokenKind.Sub, 1); break;
            case '*': Add(TokenKind.Mul, 1); break;
            case '/': Add(TokenKind.Div, 1); break;
            case '%': Add(TokenKind.Mod, 1); break;
            case '^': Add(TokenKind.Pow, 1); break;
            case '=' when next == '=': Add(TokenKind.EqualEqual, 2); break;
            case '=' when next == '~': Add(TokenKind.EqualRegex, 2); break;
            case '=': Add(TokenKind.Equal, 1); break;
            case '!' when next == '=': Add(TokenKind.NotEqual, 2); break;
            case '!' when next == '~': Add(TokenKind.NotRegex, 2); break;
            case '<' when next == '=': Add(TokenKind.LessEqual, 2); break;
            case '<' when next == '/': Add(TokenKind.TrimUpper, 2); break;
            case '<': Add(TokenKind.Less, 1); break;
            case '>' when next == '=': Add(TokenKind.GreaterEqual, 2); break;
            case '>' when next == '/': Add(TokenKind.TrimLower, 2); break;
            case '>': Add(TokenKind.Greater, 1); break;
            default: throw Error($"unexpected character: {GoStrings.Quote(c.ToString())}");
        }
    }

    private PromSyntaxException Error(string problem) => new(text, _at, problem);
}
