using YamlDotNet.Core;

namespace Quarterdeck.Packs.Alerts;

/// <summary>
/// Reads the part of YAML in which rule files are mostly written, many times faster than a whole YAML parser: block and
/// one-line flow collections, plain, quoted and block texts. What lies beyond (anchors, tags, quoted texts over several
/// lines, anything malformed) is not judged here: the text is then left to the whole parser, which also words the errors.
/// </summary>
internal sealed partial class PlainYaml
{
    private const int MaximalDepth = 60;
    private readonly string _text;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _keys;
    private int _at;
    private int _lineStart;
    private int _line = 1;
    private int _depth;

    private PlainYaml(string text)
    {
        _text = text;
        _keys = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The root, or null where the text needs the whole parser.</summary>
    public static YamlItem? Read(string text)
    {
        if (text.AsSpan().ContainsAny(Unusual)) return null;
        try
        {
            var reader = new PlainYaml(text);
            if (reader.NextLine() && reader.Column == 0 && reader.Rest() is "---")
            {
                reader.EndLine();
                reader.NextLine();
            }

            if (reader.AtEnd) return null;
            var root = reader.Block(-1);
            return reader.AtEnd ? root : null;
        }
        catch (BeyondException)
        {
            return null;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Unusual = System.Buffers.SearchValues.Create(
        "\t\r\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\u000B\f\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019"
        + "\u001A\u001B\u001C\u001D\u001E\u001F\u007F\u0085\u2028\u2029\uFEFF");

    private bool AtEnd => _at >= _text.Length;

    private char Now => _at < _text.Length ? _text[_at] : '\n';

    private int Column => _at - _lineStart;

    private char Peek(int ahead) => _at + ahead < _text.Length ? _text[_at + ahead] : '\n';

    private ReadOnlySpan<char> Rest()
    {
        var rest = _text.AsSpan(_at);
        var end = rest.IndexOf('\n');
        return end < 0 ? rest : rest[..end];
    }

    private static BeyondException Beyond() => new();

    /// <summary>Goes to the first character of the next line that says something; false at the end. Call it only at a line's start.</summary>
    private bool NextLine()
    {
        while (_at < _text.Length)
        {
            while (Now == ' ') _at++;
            if (AtEnd) return false;
            if (_text[_at] == '\n') EndLine();
            else if (_text[_at] == '#') EndLine();
            else if (Column == 0 && (_text[_at] == '%' || Marks("...") || (Marks("---") && _line > 1 && _depth > 0))) throw Beyond();
            else return true;
        }

        return false;
    }

    private bool Marks(string mark) => _text.AsSpan(_at).StartsWith(mark, StringComparison.Ordinal);

    private void EndLine()
    {
        var end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end + 1;
        _lineStart = _at;
        _line++;
    }

    /// <summary>Behind a value: spaces and a comment may follow, then the next line that says something.</summary>
    private void Finish()
    {
        var spaces = Spaces();
        if (!AtEnd && Now != '\n' && (Now != '#' || spaces == 0)) throw Beyond();
        EndLine();
        NextLine();
    }

    private int Spaces()
    {
        var from = _at;
        while (Now == ' ') _at++;
        return _at - from;
    }

    private YamlItem Block(int parent)
    {
        if (++_depth > MaximalDepth || Column <= parent || Marks("---")) throw Beyond();
        YamlItem item = Now == '-' && Peek(1) is ' ' or '\n' ? Sequence() : Mapping();
        _depth--;
        return item;
    }

    private YamlList Sequence()
    {
        var (indent, line, column) = (Column, _line, Column + 1);
        var items = new List<YamlItem>();
        while (!AtEnd && Column == indent && Now == '-' && Peek(1) is ' ' or '\n')
        {
            _at++;
            items.Add(Value(indent, startsBlock: true));
        }

        if (!AtEnd && Column > indent) throw Beyond();
        return new YamlList(line, column, items);
    }

    private YamlFields Mapping()
    {
        var (indent, line, column) = (Column, _line, Column + 1);
        var pairs = new List<(YamlItem, YamlItem)>();
        while (!AtEnd && Column == indent && !(Now == '-' && Peek(1) is ' ' or '\n'))
        {
            var key = Key(inFlow: false);
            Refuse(pairs, key);
            pairs.Add((key, Value(indent, startsBlock: false)));
        }

        if (!AtEnd && Column > indent) throw Beyond();
        return new YamlFields(line, column, pairs);
    }

    private static void Refuse(List<(YamlItem Key, YamlItem Value)> pairs, YamlText key)
    {
        foreach (var (known, _) in pairs)
        {
            if (((YamlText)known).Value == key.Value) throw Beyond();
        }
    }

    /// <summary>A key and its colon.</summary>
    private YamlText Key(bool inFlow)
    {
        var (line, column) = (_line, Column + 1);
        if (Now is '"' or '\'')
        {
            var quoted = Quoted();
            Spaces();
            if (Now != ':' || !(Peek(1) is ' ' or '\n')) throw Beyond();
            _at++;
            return quoted;
        }

        if (!MayBegin(inFlow)) throw Beyond();
        var from = _at;
        while (true)
        {
            var c = Now;
            if (c == '\n' || (c == '#' && _text[_at - 1] == ' ') || (inFlow && c is ',' or '[' or ']' or '{' or '}')) throw Beyond();
            if (c == ':')
            {
                if (Peek(1) is ' ' or '\n') break;
                if (inFlow && Peek(1) is ',' or '[' or ']' or '{' or '}') throw Beyond();
            }

            _at++;
        }

        var key = _text.AsSpan(from, _at - from).TrimEnd(' ');
        _at++;
        return new YamlText(line, column, Shared(key), ScalarStyle.Plain);
    }

    /// <summary>Keys repeat in every rule; each is kept once.</summary>
    private string Shared(ReadOnlySpan<char> text)
    {
        if (_keys.TryGetValue(text, out var known)) return known;
        var made = text.ToString();
        _keys.Dictionary[made] = made;
        return made;
    }

    /// <summary>The value behind <c>key:</c> or a dash; afterwards the reader stands at the next line that says something.</summary>
    private YamlItem Value(int parent, bool startsBlock)
    {
        var (line, column) = (_line, Column + 1);
        var spaces = Spaces();
        if (AtEnd || Now == '\n' || (Now == '#' && spaces > 0))
        {
            EndLine();
            NextLine();
            if (!AtEnd && (Column > parent || (!startsBlock && Column == parent && Now == '-' && Peek(1) is ' ' or '\n')))
                return Block(startsBlock ? parent : parent - 1);
            return new YamlText(line, column, "", ScalarStyle.Plain);
        }

        if (startsBlock && spaces > 0 && (Now == '-' && Peek(1) is ' ' or '\n' || IsKey())) return Block(parent);
        switch (Now)
        {
            case '|' or '>': return BlockText(parent);
            case '[' or '{':
                var flow = Flow();
                Finish();
                if (!AtEnd && Column > parent) throw Beyond();
                return flow;
            case '"' or '\'':
                var quoted = Quoted();
                Finish();
                if (!AtEnd && Column > parent) throw Beyond();
                return quoted;
            default: return Plain(parent);
        }
    }

    /// <summary>Whether the line is <c>key: …</c>, as after the dash of a list of mappings.</summary>
    private bool IsKey()
    {
        if (Now is '"' or '\'')
        {
            var back = _at;
            Quoted();
            Spaces();
            var key = Now == ':' && Peek(1) is ' ' or '\n';
            _at = back;
            return key;
        }

        if (!MayBegin(inFlow: false)) return false;
        for (var i = _at; i < _text.Length && _text[i] != '\n'; i++)
        {
            if (_text[i] == '#' && _text[i - 1] == ' ') return false;
            if (_text[i] == ':' && (i + 1 >= _text.Length || _text[i + 1] is ' ' or '\n')) return true;
        }

        return false;
    }

    private sealed class BeyondException : Exception;
}
