using System.Text;
using System.Text.RegularExpressions;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>
/// POSIX regular expressions as .NET ones that never backtrack, so that no pattern and no input takes more than linear time.
/// Back-references are not understood.
/// </summary>
internal static class PosixPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string> Classes = new(StringComparer.Ordinal)
    {
        ["alpha"] = "a-zA-Z",
        ["digit"] = "0-9",
        ["alnum"] = "a-zA-Z0-9",
        ["upper"] = "A-Z",
        ["lower"] = "a-z",
        ["space"] = @" \t\n\r\f\v",
        ["blank"] = @" \t",
        ["xdigit"] = "0-9A-Fa-f",
        ["punct"] = @"!-/:-@\[-`{-~",
    };

    /// <summary>The pattern; null where it is not understood.</summary>
    public static Regex? Compile(string pattern, bool extended, bool literal, bool ignoreCase)
    {
        var text = literal ? Regex.Escape(pattern) : Translate(pattern, extended);
        if (text is null) return null;
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
            return new Regex(text, options, Patience);
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string? Translate(string pattern, bool extended)
    {
        var result = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '[')
            {
                if (Bracket(pattern, ref i) is not { } bracket) return null;
                result.Append(bracket);
            }
            else if (c == '\\')
            {
                if (++i >= pattern.Length) return null;
                var escaped = pattern[i];
                if (escaped is 'b' or 'w' or 'W' or 's' or 'S') result.Append('\\').Append(escaped);
                else if (char.IsAsciiLetterOrDigit(escaped) || escaped is '<' or '>') return null;
                else if (!extended && escaped is '(' or ')' or '{' or '}' or '+' or '?' or '|') result.Append(extended ? "\\" : "").Append(escaped);
                else result.Append('\\').Append(escaped);
            }
            else if (!extended && c is '(' or ')' or '{' or '}' or '+' or '?' or '|')
            {
                result.Append(extended ? "" : "\\").Append(c);
            }
            else if (!extended && c == '*' && (i == 0 || i == 1 && pattern[0] == '^'))
            {
                result.Append("\\*");
            }
            else
            {
                result.Append(c is '#' or ' ' ? Regex.Escape(c.ToString()) : c.ToString());
            }
        }

        return result.ToString();
    }

    private static string? Bracket(string pattern, ref int at)
    {
        var result = new StringBuilder("[");
        var i = at + 1;
        if (i < pattern.Length && pattern[i] == '^')
        {
            result.Append('^');
            i++;
        }

        for (var first = true; i < pattern.Length; i++, first = false)
        {
            var c = pattern[i];
            if (c == ']' && !first)
            {
                at = i;
                return result.Append(']').ToString();
            }

            if (c == '[' && i + 1 < pattern.Length && pattern[i + 1] is ':' or '.' or '=')
            {
                var end = pattern.IndexOf(":]", i, StringComparison.Ordinal);
                if (pattern[i + 1] != ':' || end < 0 || !Classes.TryGetValue(pattern[(i + 2)..end], out var known)) return null;
                result.Append(known);
                i = end + 1;
                continue;
            }

            result.Append(c is '\\' or '[' or ']' or '^' ? "\\" + c : c.ToString());
        }

        return null;
    }
}
