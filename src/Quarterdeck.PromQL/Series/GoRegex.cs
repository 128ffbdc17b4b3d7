using System.Text;
using System.Text.RegularExpressions;

namespace Quarterdeck.PromQL;

/// <summary>
/// RE2 syntax (https://github.com/google/re2/wiki/Syntax) on .NET's linear-time engine: no pattern of a rule file can make
/// an evaluation hang, and what RE2 refuses (look-around, back-references) is refused.
/// </summary>
public sealed class GoRegex
{
    private readonly Regex _regex;

    private GoRegex(string pattern, bool anchored, string original)
    {
        Pattern = original;
        try
        {
            var body = Translate(pattern);
            _regex = new Regex(anchored ? $@"\A(?s:{body})\z" : body,
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"error parsing regexp {GoStrings.Quote(original)}: {error.Message}", error);
        }
    }

    /// <summary>The pattern as written.</summary>
    public string Pattern { get; }

    /// <summary>Anchored at both ends, with <c>.</c> matching line feeds, as Prometheus compiles label patterns.</summary>
    /// <exception cref="FormatException">The pattern is malformed.</exception>
    public static GoRegex Anchored(string pattern) => new(pattern, true, pattern);

    /// <summary>As written, not anchored.</summary>
    /// <exception cref="FormatException">The pattern is malformed.</exception>
    public static GoRegex Floating(string pattern) => new(pattern, false, pattern);

    /// <summary>Whether the text matches.</summary>
    public bool IsMatch(string text) => _regex.IsMatch(text);

    /// <summary>The replacement expanded with the groups of the match (<c>$1</c>, <c>${name}</c>, <c>$$</c>), or null where nothing matches.</summary>
    public string? Expand(string text, string replacement)
    {
        var match = _regex.Match(text);
        return match.Success ? Expand(match, replacement) : null;
    }

    /// <summary>Every match replaced by the expanded template.</summary>
    public string ReplaceAll(string text, string replacement) =>
        _regex.Replace(text, match => Expand(match, replacement));

    private static string Expand(Match match, string template)
    {
        var result = new StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$' || i + 1 >= template.Length)
            {
                result.Append(template[i]);
                continue;
            }

            if (template[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var braces = template[i + 1] == '{';
            var start = i + (braces ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsLetterOrDigit(template[end]) || template[end] == '_')) end++;
            if (end == start || (braces && (end >= template.Length || template[end] != '}')))
            {
                result.Append('$');
                continue;
            }

            result.Append(match.Groups[template[start..end]].Value);
            i = braces ? end : end - 1;
        }

        return result.ToString();
    }

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            var next = i + 1 < pattern.Length ? pattern[i + 1] : '\0';
            if (c == '\\' && next != '\0')
            {
                i = Escape(pattern, i, inClass, result);
            }
            else if (inClass)
            {
                if (c == '[' && next == ':' && pattern.IndexOf(":]", i, StringComparison.Ordinal) is > 0 and var close)
                {
                    result.Append(PosixClass(pattern[(i + 2)..close]));
                    i = close + 1;
                    continue;
                }

                if (c == ']') inClass = false;
                result.Append(c == '[' ? @"\[" : c.ToString());
            }
            else if (c == '[')
            {
                inClass = true;
                result.Append(c);
                if (next == '^') result.Append(pattern[++i]);
                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    result.Append(@"\]");
                    i++;
                }
            }
            else if (c == '$')
            {
                // Without (?m), RE2's $ is the very end; .NET's would also match before a final line feed.
                result.Append(pattern.Contains("(?m", StringComparison.Ordinal) ? "$" : @"\z");
            }
            else if (c == '(' && pattern.AsSpan(i).StartsWith("(?P<"))
            {
                result.Append("(?<");
                i += 3;
            }
            else if (c == '(' && pattern.AsSpan(i).StartsWith("(?U"))
            {
                throw new NotSupportedException("the flag U (swap greediness) is not supported");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    private static int Escape(string pattern, int i, bool inClass, StringBuilder result)
    {
        var next = pattern[i + 1];
        switch (next)
        {
            case 'Q':
                var end = pattern.IndexOf(@"\E", i, StringComparison.Ordinal);
                var literal = end < 0 ? pattern[(i + 2)..] : pattern[(i + 2)..end];
                result.Append(Regex.Escape(literal));
                return end < 0 ? pattern.Length : end + 1;
            case 'd': result.Append(inClass ? "0-9" : "[0-9]"); break;
            case 'D' when !inClass: result.Append("[^0-9]"); break;
            case 'w': result.Append(inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]"); break;
            case 'W' when !inClass: result.Append("[^0-9A-Za-z_]"); break;
            case 's': result.Append(inClass ? @"\t\n\f\r " : @"[\t\n\f\r ]"); break;
            case 'S' when !inClass: result.Append(@"[^\t\n\f\r ]"); break;
            case 'z': result.Append(@"\z"); break;
            case 'C': result.Append(@"[\s\S]"); break;
            case 'p' or 'P' when i + 2 < pattern.Length && pattern[i + 2] != '{':
                result.Append('\\').Append(next).Append('{').Append(pattern[i + 2]).Append('}');
                return i + 2;
            case 'x' when i + 2 < pattern.Length && pattern[i + 2] == '{':
                var close = pattern.IndexOf('}', i);
                if (close < 0) throw new ArgumentException("missing closing }");
                result.Append(Regex.Escape(char.ConvertFromUtf32(Convert.ToInt32(pattern[(i + 3)..close], 16))));
                return close;
            case >= '1' and <= '9': throw new ArgumentException("invalid escape sequence: back-references are not part of RE2");
            case 'Z' or 'G' or 'k' or 'c': throw new ArgumentException($"invalid escape sequence: `\\{next}`");
            default: result.Append('\\').Append(next); break;
        }

        return i + 1;
    }

    private static string PosixClass(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => @"\x00-\x7F",
        "blank" => @"\t ",
        "cntrl" => @"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => @"!-/:-@\[-`{-~",
        "space" => @"\t\n\v\f\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => throw new ArgumentException($"invalid character class range: `[:{name}:]`"),
    };
}
