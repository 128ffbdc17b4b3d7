using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>An expression of jq: what each input gives.</summary>
internal delegate IEnumerable<JsonNode?> JqExpression(JsonNode? input);

/// <summary>Parses the part of jq's language that runbooks use; anything else is not understood.</summary>
internal sealed class JqParser
{
    private const int Deepest = 64;
    private readonly string _text;
    private readonly IReadOnlyDictionary<string, JsonNode?> _variables;
    private int _at;
    private int _depth;

    private JqParser(string text, IReadOnlyDictionary<string, JsonNode?> variables) => (_text, _variables) = (text, variables);

    /// <summary>The expression; null where it is not understood.</summary>
    public static JqExpression? Parse(string text, IReadOnlyDictionary<string, JsonNode?> variables)
    {
        var parser = new JqParser(text, variables);
        try
        {
            var expression = parser.Pipe();
            return parser.Peek() == '\0' ? expression : null;
        }
        catch (NotUnderstoodException)
        {
            return null;
        }
    }

    private JqExpression Pipe()
    {
        if (++_depth > Deepest) throw new NotUnderstoodException();
        var left = Comma();
        _depth--;
        if (!Take('|')) return left;
        var right = Pipe();
        return input => left(input).SelectMany(value => right(value));
    }

    private JqExpression Comma()
    {
        var left = Alternative();
        while (Take(','))
        {
            var (first, second) = (left, Alternative());
            left = input => first(input).Concat(second(input));
        }

        return left;
    }

    private JqExpression Alternative()
    {
        var left = Or();
        if (!TakeText("//")) return left;
        var right = Alternative();
        return input =>
        {
            var held = Quietly(left, input).Where(JqValues.IsTrue).ToList();
            return held.Count > 0 ? held : right(input);
        };
    }

    private JqExpression Or()
    {
        var left = And();
        while (TakeWord("or"))
        {
            var (first, second) = (left, And());
            left = input => first(input).SelectMany(a => JqValues.IsTrue(a) ? [JsonValue.Create(true)] : second(input).Select(b => (JsonNode?)JsonValue.Create(JqValues.IsTrue(b))));
        }

        return left;
    }

    private JqExpression And()
    {
        var left = Comparison();
        while (TakeWord("and"))
        {
            var (first, second) = (left, Comparison());
            left = input => first(input).SelectMany(a => !JqValues.IsTrue(a) ? [JsonValue.Create(false)] : second(input).Select(b => (JsonNode?)JsonValue.Create(JqValues.IsTrue(b))));
        }

        return left;
    }

    private JqExpression Comparison()
    {
        var left = Sum();
        foreach (var sign in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
        {
            if (!TakeText(sign)) continue;
            var right = Sum();
            Func<int, bool> holds = sign switch { "==" => o => o == 0, "!=" => o => o != 0, "<=" => o => o <= 0, ">=" => o => o >= 0, "<" => o => o < 0, _ => o => o > 0 };
            return input => right(input).SelectMany(b => left(input).Select(a => (JsonNode?)JsonValue.Create(holds(JqValues.Compare(a, b)))));
        }

        return left;
    }

    private JqExpression Sum()
    {
        var left = Postfix();
        while (Peek() is '+' or '-')
        {
            var add = _text[_at++] == '+';
            var (first, second) = (left, Postfix());
            left = input => second(input).SelectMany(b => first(input).Select(a => add ? JqValues.Sum(JqValues.Array([a, b])) : JqValues.FromNumber(JqValues.Number(a) - JqValues.Number(b))));
        }

        return left;
    }

    private JqExpression Postfix()
    {
        var term = Term();
        while (true)
        {
            if (_at < _text.Length && _text[_at] == '.' && _at + 1 < _text.Length && (_text[_at + 1] is '"' or '_' || char.IsAsciiLetter(_text[_at + 1])))
            {
                _at++;
                term = Field(term);
            }
            else if (_at < _text.Length && _text[_at] == '.' && _at + 1 < _text.Length && _text[_at + 1] == '[')
            {
                _at++;
            }
            else if (_at < _text.Length && _text[_at] == '[')
            {
                _at++;
                term = Bracket(term);
            }
            else if (_at < _text.Length && _text[_at] == '?')
            {
                _at++;
                var tried = term;
                term = input => Quietly(tried, input);
            }
            else
            {
                return term;
            }
        }
    }

    private JqExpression Term()
    {
        var c = Peek();
        switch (c)
        {
            case '(':
                _at++;
                var inner = Pipe();
                Expect(')');
                return inner;
            case '.':
                _at++;
                if (_at < _text.Length && (_text[_at] is '"' or '_' || char.IsAsciiLetter(_text[_at]))) return Field(input => [input]);
                if (_at < _text.Length && _text[_at] == '.') throw new NotUnderstoodException();
                return input => [input];
            case '[':
                _at++;
                if (Take(']')) return _ => [new JsonArray()];
                var items = Pipe();
                Expect(']');
                return input => [JqValues.Array(items(input))];
            case '{':
                return Construction();
            case '"':
                var text = String();
                return _ => [JsonValue.Create(text)];
            case '$':
                _at++;
                return _variables.TryGetValue(Word(), out var known) ? _ => [known] : throw new NotUnderstoodException();
            case '-' or (>= '0' and <= '9'):
                var number = Number();
                return _ => [number.DeepClone()];
            default:
                return char.IsAsciiLetter(c) ? Call(Word()) : throw new NotUnderstoodException();
        }
    }

    private JqExpression Call(string name)
    {
        JqExpression? argument = null;
        if (_at < _text.Length && _text[_at] == '(')
        {
            _at++;
            argument = Pipe();
            Expect(')');
        }

        return JqFunctions.Find(name, argument) ?? throw new NotUnderstoodException();
    }

    private JqExpression Field(JqExpression of)
    {
        var name = _text[_at] == '"' ? String() : Word();
        return input => of(input).Select(value => JqValues.Field(value, name));
    }

    private JqExpression Bracket(JqExpression of)
    {
        if (Take(']')) return input => of(input).SelectMany(JqValues.Each);
        var index = Pipe();
        Expect(']');
        return input => of(input).SelectMany(value => index(input).Select(at => JqValues.Element(value, at)));
    }

    private JqExpression Construction()
    {
        Expect('{');
        var members = new List<(string Name, JqExpression Value)>();
        while (!Take('}'))
        {
            if (members.Count > 0) Expect(',');
            var name = Peek() == '"' ? String() : Word();
            JqExpression value = input => [JqValues.Field(input, name)];
            if (Take(':')) value = Alternative();
            members.Add((name, value));
        }

        // One value a member; several would multiply objects, which runbooks do not do.
        return input =>
        {
            var made = new JsonObject();
            foreach (var (name, value) in members)
            {
                made[name] = value(input).ToList() is [var only] ? only?.DeepClone() : throw new FilterException($"jq: \"{name}\" has not one value.");
            }

            return [made];
        };
    }

    private static List<JsonNode?> Quietly(JqExpression expression, JsonNode? input)
    {
        var values = new List<JsonNode?>();
        try
        {
            foreach (var value in expression(input)) values.Add(value);
        }
        catch (FilterException)
        {
            // What came before the error stands, as with jq's "?".
        }

        return values;
    }

    private string String()
    {
        Peek();
        var start = _at++;
        while (_at < _text.Length && _text[_at] != '"') _at += _text[_at] == '\\' ? 2 : 1;
        if (_at >= _text.Length) throw new NotUnderstoodException();
        _at++;
        var literal = _text[start.._at];
        if (literal.Contains("\\(", StringComparison.Ordinal)) throw new NotUnderstoodException();
        try
        {
            return JsonSerializer.Deserialize<string>(literal)!;
        }
        catch (JsonException)
        {
            throw new NotUnderstoodException();
        }
    }

    private JsonNode Number()
    {
        var start = _at++;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] is '.' or 'e')) _at++;
        try
        {
            return JsonNode.Parse(_text[start.._at])!;
        }
        catch (JsonException)
        {
            throw new NotUnderstoodException();
        }
    }

    private string Word()
    {
        Peek();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_')) _at++;
        return start == _at ? throw new NotUnderstoodException() : _text[start.._at];
    }

    private char Peek()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private bool Take(char c)
    {
        // "//" is one sign, and "|=" changes things, which is not understood.
        if (Peek() != c || (c == '|' && _at + 1 < _text.Length && _text[_at + 1] == '=')) return false;
        _at++;
        return true;
    }

    private bool TakeText(string sign)
    {
        Peek();
        if (!_text.AsSpan(_at).StartsWith(sign)) return false;
        _at += sign.Length;
        return true;
    }

    private bool TakeWord(string word)
    {
        Peek();
        var end = _at + word.Length;
        if (!_text.AsSpan(_at).StartsWith(word) || (end < _text.Length && char.IsAsciiLetterOrDigit(_text[end]))) return false;
        _at = end;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c)) throw new NotUnderstoodException();
    }

    private sealed class NotUnderstoodException : Exception;
}
