using System.Text;

namespace Quarterdeck.Packs.Runbooks.Shell;

public sealed partial class ShellParser
{
    private ShellWord Word()
    {
        var start = _at;
        var parts = new List<WordPart>();
        var text = new StringBuilder();
        while (_at < _end)
        {
            Spend();
            var c = Peek();
            if (c is ' ' or '\t' or '\n' or '\r' or ';' or '|' or '&' or ')' or '>') break;
            if (c == '<')
            {
                var placeholder = PlaceholderShape().Match(_text, _at, Math.Min(80, _end - _at));
                if (placeholder.Success)
                {
                    text.Append(placeholder.Value);
                    _at += placeholder.Length;
                    continue;
                }

                if (Peek(1) != '(' || _at != start) break;
            }

            if (c == '(' || (c == '<' && Peek(1) == '('))
            {
                // A bracket inside an unquoted word, as in pause(), is written by people though a shell refuses it.
                var open = _at;
                if (c == '<') _at++;
                Balanced('(', ')');
                text.Append(_text, open, _at - open);
            }
            else if (c == '\'') SingleQuoted(text);
            else if (c == '"') DoubleQuoted(text, parts);
            else if (c == '\\') Escaped(text);
            else if (c == '$') Dollar(text, parts, false);
            else if (c == '`') Backquoted(text, parts);
            else
            {
                text.Append(c);
                _at++;
            }
        }

        if (_at == start) throw new ShellSyntaxException();
        Flush(text, parts);
        if (parts.Count == 0) parts.Add(new LiteralPart(""));
        return new ShellWord(_text[start.._at], parts, LineOf(start));
    }

    private static void Flush(StringBuilder text, List<WordPart> parts)
    {
        if (text.Length == 0) return;
        parts.Add(new LiteralPart(text.ToString()));
        text.Clear();
    }

    private void SingleQuoted(StringBuilder text)
    {
        var close = _text.IndexOf('\'', _at + 1);
        if (close < 0) throw new ShellSyntaxException();
        _budget -= (close - _at) / 8;
        text.Append(_text, _at + 1, close - _at - 1);
        _at = close + 1;
    }

    private void DoubleQuoted(StringBuilder text, List<WordPart> parts)
    {
        _at++;
        while (true)
        {
            Spend();
            if (_at >= _end) throw new ShellSyntaxException();
            var c = Peek();
            if (c == '"')
            {
                _at++;
                return;
            }

            if (c == '\\')
            {
                var next = Peek(1);
                if (next is '"' or '\\' or '$' or '`') text.Append(next);
                else if (next != '\n') text.Append(c).Append(next);
                _at += 2;
            }
            else if (c == '$') Dollar(text, parts, true);
            else if (c == '`') Backquoted(text, parts);
            else
            {
                text.Append(c);
                _at++;
            }
        }
    }

    private void Escaped(StringBuilder text)
    {
        if (TrailingBackslash()) return;
        if (_at + 1 >= _end)
        {
            _at = _end;
            return;
        }

        if (Peek(1) != '\n') text.Append(Peek(1));
        _at += 2;
    }

    private void Dollar(StringBuilder text, List<WordPart> parts, bool quoted)
    {
        var start = _at;
        var next = Peek(1);
        if (next == '\'' && !quoted)
        {
            _at++;
            SingleQuoted(text);
        }
        else if (next == '(' && Peek(2) == '(')
        {
            var open = _at;
            _at++;
            Balanced('(', ')');
            Flush(text, parts);
            parts.Add(new ArithmeticPart(_at - open > 5 ? _text[(open + 3)..(_at - 2)].Trim() : ""));
        }
        else if (next == '(')
        {
            _at += 2;
            var script = Nested();
            Flush(text, parts);
            parts.Add(new SubstitutionPart(script, _text[start.._at]));
        }
        else if (next == '{')
        {
            _at++;
            Balanced('{', '}');
            Flush(text, parts);
            parts.Add(Braced(_text[start.._at]));
        }
        else if (char.IsAsciiLetter(next) || next == '_')
        {
            var end = _at + 1;
            while (end < _end && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_')) end++;
            Flush(text, parts);
            parts.Add(new VariablePart(_text[(_at + 1)..end], _text[_at..end], null));
            _at = end;
        }
        else if (next is '?' or '!' or '#' or '@' or '*' or '$' or '-' || char.IsAsciiDigit(next))
        {
            Flush(text, parts);
            parts.Add(new VariablePart(next.ToString(), _text[_at..(_at + 2)], null));
            _at += 2;
        }
        else
        {
            text.Append('$');
            _at++;
        }
    }

    private static VariablePart Braced(string source)
    {
        var inner = source[2..^1].TrimStart('#', '!');
        var end = 0;
        while (end < inner.Length && (char.IsAsciiLetterOrDigit(inner[end]) || inner[end] == '_')) end++;
        var (name, rest) = (inner[..end], inner[end..]);
        var fallback = rest.StartsWith(":-", StringComparison.Ordinal) ? rest[2..] : rest.StartsWith('-') ? rest[1..] : null;
        return new VariablePart(name.Length == 0 ? inner : name, source, fallback);
    }

    /// <summary>What is inside <c>$( )</c>; the closing bracket is consumed.</summary>
    private ShellScript Nested()
    {
        if (++_depth > MaxDepth) throw new ShellSyntaxException();
        try
        {
            var comment = _comment;
            var statements = Statements(')');
            _comment = comment;
            if (Peek() != ')' || _at >= _end) throw new ShellSyntaxException();
            _at++;
            return new ShellScript(statements);
        }
        finally
        {
            _depth--;
        }
    }

    private void Backquoted(StringBuilder text, List<WordPart> parts)
    {
        var start = _at;
        var close = _text.IndexOf('`', _at + 1);
        if (close < 0 || _depth >= MaxDepth) throw new ShellSyntaxException();
        _budget -= (close - start) / 8;
        var inner = new ShellParser(_text[(start + 1)..close], LineOf(start)) { _depth = _depth + 1, _budget = _budget };
        var script = new ShellScript(inner.Statements(')'));
        _budget = inner._budget;
        if (inner._at < inner._end) throw new ShellSyntaxException();
        _at = close + 1;
        Flush(text, parts);
        parts.Add(new SubstitutionPart(script, _text[start.._at]));
    }

    /// <summary>Steps over a bracketed stretch, quotes inside respected.</summary>
    private void Balanced(char open, char close)
    {
        var depth = 0;
        while (_at < _end)
        {
            Spend();
            var c = Peek();
            if (c == open) depth++;
            else if (c == close && --depth == 0)
            {
                _at++;
                return;
            }
            else if (c == '\\') _at++;
            else if (c == '\'' && open == '(')
            {
                var end = _text.IndexOf('\'', _at + 1);
                if (end < 0) throw new ShellSyntaxException();
                _budget -= (end - _at) / 8;
                _at = end;
            }

            _at++;
        }

        _at = Math.Min(_at, _end);
        throw new ShellSyntaxException();
    }
}
