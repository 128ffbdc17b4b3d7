using System.Text;
using YamlDotNet.Core;

namespace Quarterdeck.Packs.Alerts;

/// <summary>Texts and one-line collections.</summary>
internal sealed partial class PlainYaml
{
    /// <summary>Whether a plain text can begin here.</summary>
    private bool MayBegin(bool inFlow) => Now switch
    {
        '\n' or ' ' or '[' or ']' or '{' or '}' or ',' or '#' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' => false,
        '-' or '?' or ':' => !(Peek(1) is ' ' or '\n' or ',' or '[' or ']' or '{' or '}') && !(inFlow && Now != '-'),
        _ => true,
    };

    /// <summary>A plain text, which may go on in deeper lines.</summary>
    private YamlText Plain(int parent)
    {
        if (!MayBegin(inFlow: false)) throw Beyond();
        var (line, column) = (_line, Column + 1);
        var first = PlainLine(out var commented);
        StringBuilder? whole = null;
        EndLine();
        while (!AtEnd)
        {
            var blank = _line;
            if (!NextLine() || Column <= parent) break;
            // A comment ends a plain text, and an empty line within one is a line break: left to the whole parser.
            if (commented || _line != blank || Now == '#') throw Beyond();
            whole ??= new StringBuilder(first);
            whole.Append(' ').Append(PlainLine(out commented));
            EndLine();
        }

        return new YamlText(line, column, whole?.ToString() ?? first, ScalarStyle.Plain);
    }

    private string PlainLine(out bool commented)
    {
        var from = _at;
        commented = false;
        while (Now != '\n')
        {
            if (Now == ':' && Peek(1) is ' ' or '\n') throw Beyond();
            if (Now == '#' && _at > from && _text[_at - 1] == ' ')
            {
                commented = true;
                break;
            }

            _at++;
        }

        return _text.AsSpan(from, _at - from).TrimEnd(' ').ToString();
    }

    /// <summary>A text in quotes, on one line.</summary>
    private YamlText Quoted()
    {
        var (line, column, quote) = (_line, Column + 1, Now);
        var from = ++_at;
        StringBuilder? text = null;
        while (true)
        {
            var c = Now;
            if (c == '\n') throw Beyond();
            if (c == quote && quote == '\'' && Peek(1) == '\'')
            {
                (text ??= new StringBuilder()).Append(_text, from, _at + 1 - from);
                _at += 2;
                from = _at;
            }
            else if (c == quote)
            {
                break;
            }
            else if (c == '\\' && quote == '"')
            {
                (text ??= new StringBuilder()).Append(_text, from, _at - from).Append(Peek(1) switch
                {
                    '"' => '"',
                    '\\' => '\\',
                    '/' => '/',
                    'n' => '\n',
                    't' => '\t',
                    _ => throw Beyond(),
                });
                _at += 2;
                from = _at;
            }
            else
            {
                _at++;
            }
        }

        var value = text is null ? _text[from.._at] : text.Append(_text, from, _at - from).ToString();
        _at++;
        return new YamlText(line, column, value, quote == '"' ? ScalarStyle.DoubleQuoted : ScalarStyle.SingleQuoted);
    }

    /// <summary>A text behind <c>|</c> or <c>&gt;</c>, with at most one line break at its end.</summary>
    private YamlText BlockText(int parent)
    {
        var (line, column, folded) = (_line, Column + 1, Now == '>');
        _at++;
        var strip = Now == '-';
        if (strip) _at++;
        Spaces();
        if (Now != '\n' || AtEnd) throw Beyond();
        EndLine();
        var lines = new List<(int From, int Length)>();
        var indent = -1;
        while (!AtEnd)
        {
            var start = _at;
            var spaces = Spaces();
            var blank = Now == '\n';
            if (!blank && indent < 0)
            {
                // Empty lines before the first, or a first line that is not deeper, have rules of their own.
                if (lines.Count > 0) throw Beyond();
                if (spaces <= parent) break;
                indent = spaces;
            }

            if (!blank && spaces < indent) break;
            var length = Rest().Length + spaces;
            if (blank && spaces > Math.Max(indent, 0)) throw Beyond();
            if (folded && !blank && spaces > indent) throw Beyond();
            lines.Add(blank ? (start, 0) : (start + indent, length - indent));
            EndLine();
        }

        // The text ends with the line before: the next one is read again from its beginning.
        _at = _lineStart;
        var ended = _text[^1] == '\n' || !AtEnd;
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        if (lines.Count == 0 || (!ended && !strip)) throw Beyond();
        NextLine();
        return new YamlText(line, column, Joined(lines, folded, strip), folded ? ScalarStyle.Folded : ScalarStyle.Literal);
    }

    private string Joined(List<(int From, int Length)> lines, bool folded, bool strip)
    {
        var text = new StringBuilder();
        var empty = 0;
        foreach (var (from, length) in lines)
        {
            if (folded && length == 0)
            {
                empty++;
                continue;
            }

            if (text.Length > 0)
            {
                if (!folded) text.Append('\n');
                else if (empty == 0) text.Append(' ');
                else text.Append('\n', empty);
            }

            empty = 0;
            text.Append(_text, from, length);
        }

        return (strip ? text : text.Append('\n')).ToString();
    }

    /// <summary>A list in brackets or a mapping in braces, on one line.</summary>
    private YamlItem Flow()
    {
        if (++_depth > MaximalDepth) throw Beyond();
        var (line, column, list) = (_line, Column + 1, Now == '[');
        var items = new List<YamlItem>();
        var pairs = new List<(YamlItem, YamlItem)>();
        _at++;
        Spaces();
        var closing = list ? ']' : '}';
        while (Now != closing)
        {
            if (list)
            {
                items.Add(FlowValue());
            }
            else
            {
                var key = Key(inFlow: true);
                Refuse(pairs, key);
                Spaces();
                pairs.Add((key, FlowValue()));
            }

            Spaces();
            if (Now == closing) break;
            if (Now != ',') throw Beyond();
            _at++;
            Spaces();
            if (Now == closing) throw Beyond();
        }

        _at++;
        _depth--;
        return list ? new YamlList(line, column, items) : new YamlFields(line, column, pairs);
    }

    private YamlItem FlowValue()
    {
        if (Now is '[' or '{') return Flow();
        if (Now is '"' or '\'') return Quoted();
        if (!MayBegin(inFlow: true)) throw Beyond();
        var (line, column, from) = (_line, Column + 1, _at);
        while (!(Now is ',' or ']' or '}'))
        {
            if (Now is '\n' or '[' or '{' || (Now == '#' && _text[_at - 1] == ' ')) throw Beyond();
            if (Now == ':' && Peek(1) is ' ' or '\n' or ',' or '[' or ']' or '{' or '}') throw Beyond();
            _at++;
        }

        return new YamlText(line, column, _text.AsSpan(from, _at - from).TrimEnd(' ').ToString(), ScalarStyle.Plain);
    }
}
