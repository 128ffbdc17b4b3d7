using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary><c>grep</c> and the <c>s</c> command of <c>sed</c>.</summary>
internal static class PatternFilters
{
    public static TextFilter? Grep(string[] words, bool extended, bool literal)
    {
        if (FilterArguments.Read(words, "ivcoqEFwxh", "em") is not { } read) return null;
        List<string> patterns = [.. read.Positional];
        if (read.Value('e') is { } named) patterns.Add(named);
        if (patterns.Count != 1 || (read.Has('o') && read.Has('v'))) return null;
        var most = int.MaxValue;
        if (read.Value('m') is { } limit && !int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most)) return null;
        // The word boundaries that -w adds are no part of the pattern.
        if (PosixPattern.Compile(patterns[0], extended || read.Has('E'), literal || read.Has('F'), read.Has('i')) is not { } found) return null;
        if (read.Has('w') || read.Has('x'))
        {
            var around = read.Has('x') ? $"^(?:{found})$" : $@"\b(?:{found})\b";
            found = new Regex(around, found.Options, found.MatchTimeout);
        }

        return input =>
        {
            var lines = TextLines.Of(input).Where(line => Matches(found, line) != read.Has('v')).Take(most).ToList();
            if (read.Has('q')) return new Filtered("", lines.Count > 0);
            if (read.Has('c')) return new Filtered(lines.Count.ToString(CultureInfo.InvariantCulture) + "\n", lines.Count > 0);
            var shown = read.Has('o') ? lines.SelectMany(line => found.Matches(line).Where(m => m.Length > 0).Select(m => m.Value)) : lines;
            return new Filtered(TextLines.Join(shown), lines.Count > 0);
        };
    }

    public static TextFilter? Substitute(string[] words)
    {
        if (FilterArguments.Read(words, "Er", "e") is not { } read) return null;
        List<string> scripts = [.. read.Positional];
        if (read.Value('e') is { } named) scripts.Add(named);
        if (scripts is not [{ Length: > 4 } script] || script[0] != 's' || char.IsAsciiLetterOrDigit(script[1])) return null;
        if (Parts(script[2..], script[1]) is not [var pattern, var replacement, var flags] || flags.Any(flag => flag is not ('g' or 'i' or 'I'))) return null;
        if (PosixPattern.Compile(pattern, read.Has('E') || read.Has('r'), literal: false, flags.AsSpan().IndexOfAny('i', 'I') >= 0) is not { } found) return null;
        if (Replacement(replacement) is not { } replace) return null;
        var count = flags.Contains('g', StringComparison.Ordinal) ? -1 : 1;
        return input => new Filtered(TextLines.Join(TextLines.Of(input).Select(line => found.Replace(line, replace, count))));
    }

    private static bool Matches(Regex found, string line)
    {
        try
        {
            return found.IsMatch(line);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new FilterException($"The pattern '{found}' takes too long.");
        }
    }

    private static List<string>? Parts(string text, char delimiter)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                if (text[i + 1] != delimiter) part.Append('\\');
                part.Append(text[++i]);
            }
            else if (text[i] == delimiter)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(text[i]);
            }
        }

        parts.Add(part.ToString());
        return parts.Count == 3 ? parts : null;
    }

    private static MatchEvaluator? Replacement(string text)
    {
        var pieces = new List<Func<Match, string>>();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '&')
            {
                pieces.Add(match => match.Value);
            }
            else if (c == '\\')
            {
                if (++i >= text.Length) return null;
                var escaped = text[i];
                if (char.IsAsciiDigit(escaped)) pieces.Add(match => match.Groups[escaped - '0'].Value);
                else if (char.IsAsciiLetter(escaped) && escaped != 'n') return null;
                else pieces.Add(_ => escaped == 'n' ? "\n" : escaped.ToString());
            }
            else
            {
                pieces.Add(_ => c.ToString());
            }
        }

        return match => string.Concat(pieces.Select(piece => piece(match)));
    }
}
