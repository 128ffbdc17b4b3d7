using System.Text;
using System.Text.RegularExpressions;

namespace Quarterdeck.Packs.Runbooks.Shell;

/// <summary>
/// Reads command lines as a POSIX shell or bash would read them, and runs nothing. Whatever cannot be read becomes a malformed
/// statement of its line; reading goes on with the next. Work is bounded: nesting by <see cref="MaxDepth"/>, backtracking by a
/// budget that grows with the text.
/// </summary>
public sealed partial class ShellParser
{
    private const int MaxDepth = 24;
    private const int BudgetFactor = 64;

    private static readonly HashSet<string> Closers = new(StringComparer.Ordinal)
    {
        "do", "done", "then", "else", "elif", "fi", "esac", "}", ";;",
    };

    private readonly string _text;
    private readonly int _end;
    private readonly int[] _lineStarts;
    private readonly int _firstLine;
    private readonly List<(ShellWord End, bool StripTabs, int Slot)> _pendingDocuments = [];
    private readonly Dictionary<int, string> _documents = [];
    private readonly HashSet<string> _unclosed = new(StringComparer.Ordinal);
    private int _at;
    private int _depth;
    private long _budget;
    private string _comment = "";

    private ShellParser(string text, int firstLine)
    {
        (_text, _end, _firstLine) = (text, text.Length, firstLine);
        _budget = 4096 + ((long)text.Length * BudgetFactor);
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n') starts.Add(i + 1);
        }

        _lineStarts = [.. starts];
    }

    /// <summary>Parses a block of command lines whose first line is <paramref name="firstLine"/> of its file.</summary>
    public static ShellScript Parse(string text, int firstLine = 1)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new ShellParser(text.ReplaceLineEndings("\n"), firstLine);
        return new ShellScript(parser.Statements(null));
    }

    private int LineOf(int position)
    {
        var index = Array.BinarySearch(_lineStarts, position);
        return _firstLine + (index >= 0 ? index : ~index - 1);
    }

    private char Peek(int ahead = 0) => _at + ahead < _end ? _text[_at + ahead] : '\0';

    private void Spend()
    {
        if (--_budget < 0) throw new ShellSyntaxException();
    }

    /// <summary>Statements up to a closing word or bracket, or the end.</summary>
    private List<ShellStatement> Statements(char? bracket)
    {
        var statements = new List<ShellStatement>();
        var isTop = _depth == 0;
        while (true)
        {
            SkipSeparators();
            if (_at >= _end) break;
            if (bracket is { } b && Peek() == b) break;
            if (bracket is null && _depth > 0 && Closers.Contains(PeekWord())) break;
            var start = _at;
            try
            {
                statements.Add(Statement());
            }
            catch (ShellSyntaxException) when (isTop)
            {
                _depth = 0;
                // The line that does not parse stands for itself; the next line gets a new chance.
                _at = start;
                _pendingDocuments.Clear();
                while (_at < _end && Peek() != '\n') _at++;
                var raw = _text[start.._at].Trim();
                _comment = "";
                _budget = Math.Max(_budget, 4096 + ((long)(_end - _at) * 8));
                if (raw.Length > 0) statements.Add(new ShellStatement(LineOf(start), raw, []) { Malformed = true });
            }
        }

        return statements;
    }

    private void SkipSeparators()
    {
        var blank = 0;
        while (_at < _end)
        {
            var c = Peek();
            if (c == '\n')
            {
                NewLine();
                if (++blank > 1) _comment = "";
            }
            else if (c is ' ' or '\t' or '\r' || (c == ';' && Peek(1) != ';') || (c == '&' && Peek(1) != '&' && Peek(1) != '>')) _at++;
            else if (c == '\\' && Peek(1) == '\n') _at += 2;
            else if (c == '#')
            {
                var start = ++_at;
                while (_at < _end && Peek() != '\n') _at++;
                _comment = _text[start.._at].Trim(' ', '#', '\t', '-', '=');
                blank = 0;
            }
            else break;
        }
    }

    /// <summary>Steps over a line's end and takes the here-documents that wait for it.</summary>
    private void NewLine()
    {
        _at++;
        foreach (var (end, strip, slot) in _pendingDocuments)
        {
            var body = new StringBuilder();
            var closed = false;
            // What was not closed from a place above is not closed from here either; looking again for each would take long.
            while (_at < _end && !_unclosed.Contains(strip ? "\t" + end.Text : end.Text))
            {
                var stop = _text.IndexOf('\n', _at);
                var line = stop < 0 ? _text[_at..] : _text[_at..stop];
                _at = stop < 0 ? _end : stop + 1;
                if ((strip ? line.TrimStart('\t') : line).TrimEnd('\r', ' ') == end.Text)
                {
                    closed = true;
                    break;
                }

                body.Append(line).Append('\n');
            }

            _documents[slot] = body.ToString();
            if (!closed)
            {
                _unclosed.Add(strip ? "\t" + end.Text : end.Text);
                _pendingDocuments.Clear();
                throw new ShellSyntaxException();
            }
        }

        _pendingDocuments.Clear();
    }

    private string PeekWord()
    {
        var end = _at;
        while (end < _end && end - _at < 64 && _text[end] is not (' ' or '\t' or '\n' or ';' or '&' or '|' or '(' or ')' or '<' or '>')) end++;
        return end == _at && Peek() == ';' && Peek(1) == ';' ? ";;" : _text[_at..end];
    }

    private ShellStatement Statement()
    {
        var (start, comment) = (_at, _comment);
        _comment = "";
        if (Compound() is { } compound)
        {
            SkipCompoundTail();
            return new ShellStatement(LineOf(start), Shown(start, _at), []) { Compound = compound, Comment = comment };
        }

        var pipelines = new List<ShellPipeline>();
        var join = ShellJoin.Always;
        while (true)
        {
            pipelines.Add(Pipeline(join));
            SkipBlanks();
            if (Peek() == '&' && Peek(1) == '&') join = ShellJoin.OnSuccess;
            else if (Peek() == '|' && Peek(1) == '|') join = ShellJoin.OnFailure;
            else break;
            _at += 2;
            SkipBlanksAndLines();
        }

        var stop = _at;
        if (Peek() == '#')
        {
            var from = ++_at;
            while (_at < _end && Peek() != '\n') _at++;
            comment = comment.Length > 0 ? comment : _text[from.._at].Trim();
        }

        if (_pendingDocuments.Count > 0)
        {
            while (_at < _end && Peek() != '\n') _at++;
            if (_at >= _end) throw new ShellSyntaxException();
            NewLine();
            pipelines = [.. pipelines.Select(WithDocuments)];
            stop = _at;
        }
        else if (_documents.Count > 0)
        {
            pipelines = [.. pipelines.Select(WithDocuments)];
        }

        return new ShellStatement(LineOf(start), Shown(start, stop), pipelines) { Comment = comment };
    }

    private ShellPipeline WithDocuments(ShellPipeline pipeline) => pipeline with
    {
        Commands = [.. pipeline.Commands.Select(c => c with
        {
            Redirects = [.. c.Redirects.Select(r => r.Body is { } slot && slot.StartsWith('\u0001')
                && _documents.TryGetValue(int.Parse(slot.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture), out var body)
                ? r with { Body = body }
                : r)],
        })],
    };

    /// <summary>The text for people: continued lines joined, ends trimmed.</summary>
    private string Shown(int start, int stop) => Continuation().Replace(_text[start..stop].Trim(), " ");

    private ShellPipeline Pipeline(ShellJoin join)
    {
        var start = _at;
        if (Peek() == '!' && Peek(1) == ' ') _at += 2;
        var commands = new List<ShellCommand> { Command() };
        while (true)
        {
            SkipBlanks();
            if (Peek() != '|' || Peek(1) == '|') break;
            _at += Peek(1) == '&' ? 2 : 1;
            SkipBlanksAndLines();
            commands.Add(Command());
        }

        return new ShellPipeline(join, commands, Shown(start, _at));
    }

    private ShellCommand Command()
    {
        var (assignments, words, redirects) = (new List<ShellAssignment>(), new List<ShellWord>(), new List<ShellRedirect>());
        SkipBlanks();
        var start = _at;
        if (Grouped() is { } group) return group;
        while (true)
        {
            SkipBlanks();
            Spend();
            if (AtCommandEnd()) break;
            if ((words.Count > 0 || assignments.Count > 0) && Peek() == '#') break;
            if (Redirect() is { } redirect)
            {
                redirects.Add(redirect);
                continue;
            }

            if (words.Count == 0 && Assignment() is { } assignment)
            {
                assignments.Add(assignment);
                continue;
            }

            words.Add(Word());
        }

        if (assignments.Count == 0 && words.Count == 0 && redirects.Count == 0) throw new ShellSyntaxException();
        return new ShellCommand(assignments, words, redirects, LineOf(start));
    }

    /// <summary><c>{ …; }</c>, <c>( … )</c> or <c>(( … ))</c> where a command may stand, with what is redirected; null for others.</summary>
    private ShellCommand? Grouped()
    {
        var start = _at;
        if (Peek() == '(' && Peek(1) == '(')
        {
            Balanced('(', ')');
            return new ShellCommand([], [ShellWord.Literal("let", LineOf(start)), ShellWord.Literal(_text[start.._at], LineOf(start))], [], LineOf(start));
        }

        if (Peek() != '(' && PeekWord() != "{") return null;
        var group = Peek() == '(' ? Bracketed() : Braces();
        var redirects = new List<ShellRedirect>();
        SkipBlanks();
        while (!AtCommandEnd() && Redirect() is { } redirect)
        {
            redirects.Add(redirect);
            SkipBlanks();
        }

        if (!AtCommandEnd() && Peek() != '#') throw new ShellSyntaxException();
        return new ShellCommand([], [], redirects, LineOf(start)) { Group = group };
    }

    private bool AtCommandEnd() => Peek() switch
    {
        '\0' => _at >= _end,
        '\n' or ';' or '|' or ')' => true,
        '&' => Peek(1) != '>',
        _ => false,
    };

    private ShellAssignment? Assignment()
    {
        var end = _at;
        while (end < _end && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_')) end++;
        if (end == _at || end >= _end || _text[end] != '=' || char.IsAsciiDigit(_text[_at])) return null;
        var name = _text[_at..end];
        _at = end + 1;
        if (Peek() == '(')
        {
            // An array: kept as one literal.
            var open = _at;
            Balanced('(', ')');
            return new ShellAssignment(name, ShellWord.Literal(_text[open.._at], LineOf(open)));
        }

        return new ShellAssignment(name, AtCommandEnd() || Peek() is ' ' or '\t'
            ? ShellWord.Literal("", LineOf(_at))
            : Word());
    }

    private ShellRedirect? Redirect()
    {
        var start = _at;
        var at = _at;
        while (at < _end && char.IsAsciiDigit(_text[at])) at++;
        if (at < _end && _text[at] == '&' && at + 1 < _end && _text[at + 1] == '>') at++;
        if (at >= _end || _text[at] is not ('<' or '>')) return null;
        if (at > start && char.IsAsciiDigit(_text[start]) && at - start > 1) return null;
        if (_text[at] == '<' && PlaceholderShape().Match(_text, at, Math.Min(80, _end - at)).Success) return null;
        if (_text[at] == '<' && at + 1 < _end && _text[at + 1] == '(') return null;
        var from = at;
        while (at < _end && at - from < 3 && _text[at] == _text[from]) at++;
        if (at < _end && _text[at] is '&' or '|') at++;
        else if (at - from == 2 && _text[from] == '<' && at < _end && _text[at] == '-') at++;
        var op = _text[start..at];
        _at = at;
        SkipBlanks();
        if (AtCommandEnd()) throw new ShellSyntaxException();
        var target = Word();
        if (op is not ("<<" or "<<-")) return new ShellRedirect(op, target);
        var slot = _documents.Count + _pendingDocuments.Count;
        _pendingDocuments.Add((target, op == "<<-", slot));
        return new ShellRedirect(op, target) { Body = FormattableString.Invariant($"\u0001{slot}") };
    }

    private void SkipBlanks()
    {
        while (_at < _end)
        {
            if (Peek() is ' ' or '\t' or '\r') _at++;
            else if (Peek() == '\\' && Peek(1) == '\n') _at += 2;
            else if (Peek() == '\\' && Peek(1) is ' ' or '\t' && TrailingBackslash()) continue;
            else break;
        }
    }

    /// <summary>A backslash with blanks behind it at the line's end is meant to continue the line, though a shell would not.</summary>
    private bool TrailingBackslash()
    {
        if (Peek() != '\\') return false;
        var at = _at + 1;
        while (at < _end && _text[at] is ' ' or '\t' or '\r') at++;
        if (at >= _end || _text[at] != '\n') return false;
        _at = at + 1;
        return true;
    }

    private void SkipBlanksAndLines()
    {
        while (true)
        {
            SkipBlanks();
            if (Peek() == '\n') NewLine();
            else if (Peek() == '#')
            {
                while (_at < _end && Peek() != '\n') _at++;
            }
            else break;
        }
    }

    [GeneratedRegex(@"[ \t]*\\[ \t\r]*\n[ \t]*")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"\G<[A-Za-z](?:[A-Za-z0-9 _./:|,'-]{0,60}[A-Za-z0-9_.])?>")]
    private static partial Regex PlaceholderShape();
}

/// <summary>The text is not a command line; caught inside the parser.</summary>
internal sealed class ShellSyntaxException : Exception;
