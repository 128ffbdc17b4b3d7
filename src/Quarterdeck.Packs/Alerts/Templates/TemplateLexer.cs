namespace Quarterdeck.Packs.Alerts.Templates;

internal enum TemplateTokenKind
{
    Text,
    Open,
    Close,
    Word,
    Field,
    Dot,
    Variable,
    String,
    Number,
    Char,
    Pipe,
    LeftParen,
    RightParen,
    Declare,
    Assign,
    Comma,
    Space,
    End,
}

internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line);

/// <summary>Cuts a template into text and the tokens of its actions; trims around <c>{{-</c> and <c>-}}</c>.</summary>
internal sealed class TemplateLexer(string text)
{
    private readonly List<TemplateToken> _tokens = [];
    private int _at;
    private int _line = 1;

    public static List<TemplateToken> Tokens(string text)
    {
        var lexer = new TemplateLexer(text);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        var trimLeft = false;
        while (_at < text.Length)
        {
            var open = text.IndexOf("{{", _at, StringComparison.Ordinal);
            var literal = open < 0 ? text[_at..] : text[_at..open];
            var lines = literal.Count(c => c == '\n');
            if (trimLeft) literal = literal.TrimStart();
            var trimRight = open >= 0 && open + 3 < text.Length && text[open + 2] == '-' && char.IsWhiteSpace(text[open + 3]);
            if (trimRight) literal = literal.TrimEnd();
            if (literal.Length > 0) Add(TemplateTokenKind.Text, literal);
            _line += lines;
            if (open < 0) break;
            _at = open + (trimRight ? 3 : 2);
            trimLeft = Comment() ?? Action();
        }

        Add(TemplateTokenKind.End, "");
    }

    private void Add(TemplateTokenKind kind, string value) => _tokens.Add(new TemplateToken(kind, value, _line));

    private bool? Comment()
    {
        var start = _at;
        while (start < text.Length && char.IsWhiteSpace(text[start])) start++;
        if (!text.AsSpan(start).StartsWith("/*")) return null;
        var end = text.IndexOf("*/", start, StringComparison.Ordinal);
        if (end < 0) throw Error("unclosed comment");
        _line += text[start..end].Count(c => c == '\n');
        _at = end + 2;
        return Closing() ?? throw Error("comment ends before closing delimiter");
    }

    /// <summary>True where the action closes with a trim marker, false where without; null where it does not close here.</summary>
    private bool? Closing()
    {
        var rest = text.AsSpan(_at);
        if (rest.StartsWith("}}"))
        {
            _at += 2;
            return false;
        }

        if (rest.Length > 3 && char.IsWhiteSpace(rest[0]) && rest[1..].StartsWith("-}}"))
        {
            _at += 4;
            return true;
        }

        return null;
    }

    private bool Action()
    {
        Add(TemplateTokenKind.Open, "{{");
        while (_at < text.Length)
        {
            if (Closing() is { } trim)
            {
                Add(TemplateTokenKind.Close, "}}");
                return trim;
            }

            Token();
        }

        throw Error("unclosed action");
    }

    private void Token()
    {
        var c = text[_at];
        var start = _at;
        if (char.IsWhiteSpace(c))
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]) && !text.AsSpan(_at + 1).StartsWith("-}}"))
            {
                if (text[_at++] == '\n') _line++;
            }

            if (_at > start) Add(TemplateTokenKind.Space, " ");
            return;
        }

        switch (c)
        {
            case '|': Single(TemplateTokenKind.Pipe); return;
            case '(': Single(TemplateTokenKind.LeftParen); return;
            case ')': Single(TemplateTokenKind.RightParen); return;
            case ',': Single(TemplateTokenKind.Comma); return;
            case '=': Single(TemplateTokenKind.Assign); return;
            case ':' when text.AsSpan(_at).StartsWith(":="):
                _at += 2;
                Add(TemplateTokenKind.Declare, ":=");
                return;
            case '"' or '`' or '\'': Quoted(c); return;
        }

        if (c == '.' && !(_at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1])))
        {
            _at++;
            var name = Name();
            Add(name.Length == 0 ? TemplateTokenKind.Dot : TemplateTokenKind.Field, name);
        }
        else if (c == '$')
        {
            _at++;
            Add(TemplateTokenKind.Variable, "$" + Name());
        }
        else if (char.IsAsciiDigit(c) || c is '.' or '-' or '+')
        {
            _at++;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.' or '_'
                || (text[_at] is '+' or '-' && text[_at - 1] is 'e' or 'E'))) _at++;
            Add(TemplateTokenKind.Number, text[start.._at]);
        }
        else if (char.IsLetter(c) || c == '_')
        {
            Add(TemplateTokenKind.Word, Name());
        }
        else
        {
            throw Error($"unexpected '{c}' in an action");
        }
    }

    private void Single(TemplateTokenKind kind)
    {
        Add(kind, text[_at].ToString());
        _at++;
    }

    private string Name()
    {
        var start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
        return text[start.._at];
    }

    private void Quoted(char quote)
    {
        var start = _at++;
        while (_at < text.Length && text[_at] != quote)
        {
            if (quote != '`' && text[_at] == '\n') break;
            _at += quote != '`' && text[_at] == '\\' ? 2 : 1;
        }

        if (_at >= text.Length || text[_at] != quote) throw Error(quote == '`' ? "unterminated raw quoted string" : "unterminated quoted string");
        _at++;
        Add(quote == '\'' ? TemplateTokenKind.Char : TemplateTokenKind.String, text[start.._at]);
    }

    private FormatException Error(string problem) => new($"line {_line}: {problem}");
}
