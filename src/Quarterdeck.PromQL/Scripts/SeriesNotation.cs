using System.Globalization;
using System.Text.RegularExpressions;

namespace Quarterdeck.PromQL.Scripts;

/// <summary>One place of a written series: a value, nothing (<c>_</c>), or a native histogram.</summary>
public readonly record struct NotationValue(double Value, bool IsOmitted, bool IsHistogram);

/// <summary>
/// The notation of promtool's unit tests and Prometheus's test scripts: <c>1+2x3</c> is 1 3 5 7, <c>5x2</c> is 5 5 5,
/// <c>_</c> and <c>_x3</c> are gaps, <c>stale</c> ends a series, <c>{{…}}</c> is a native histogram.
/// </summary>
public static partial class SeriesNotation
{
    private const int MaximalValues = 10_000_000;

    /// <summary>Splits <c>metric{labels} values…</c>.</summary>
    /// <exception cref="FormatException">Not a series followed by values.</exception>
    public static (Labels Labels, IReadOnlyList<NotationValue> Values) ParseLine(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var end = SeriesEnd(line);
        try
        {
            return (PromParser.ParseSeries(line[..end]), ParseValues(line[end..]));
        }
        catch (PromSyntaxException problem)
        {
            throw new FormatException(problem.Message, problem);
        }
    }

    /// <summary>Expands the values.</summary>
    /// <exception cref="FormatException">An item is not of the notation.</exception>
    public static IReadOnlyList<NotationValue> ParseValues(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var values = new List<NotationValue>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var match = Item().Match(text, at);
            if (!match.Success)
            {
                var word = text[at..].Split((char[])[' ', '\t'], 2)[0];
                throw new FormatException($"'{word}' is not a value such as 5, 1+2x10, _, stale or {{{{…}}}}");
            }

            Expand(match, values);
            at = match.Index + match.Length;
        }

        return values;
    }

    private static void Expand(Match match, List<NotationValue> values)
    {
        var times = match.Groups["n"] is { Success: true } n
            ? int.TryParse(n.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaximalValues
                ? count
                : throw new FormatException($"'{match.Value}' repeats too often")
            : 0;
        var text = match.Groups["v"].Value;
        if (text == "_")
        {
            for (var i = 0; i < Math.Max(1, times); i++) values.Add(new NotationValue(0, true, false));
            return;
        }

        // ss(…), a set of states, is of the same kind for this engine: a sample that is no number.
        var histogram = text.StartsWith('{') || text.StartsWith("ss(", StringComparison.Ordinal);
        var value = histogram ? 0 : text == "stale" ? Staleness.Marker : GoNumbers.Parse(text);
        var step = match.Groups["d"] is { Success: true } d && !histogram ? GoNumbers.Parse(d.Value) : 0;
        for (var i = 0; i <= times; i++)
        {
            values.Add(new NotationValue(value, false, histogram));
            // As Prometheus does, by adding: 0+1.33x10 carries the same rounding.
            if (step != 0) value += step;
        }
    }

    private static int SeriesEnd(string line)
    {
        var depth = 0;
        char quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0')
            {
                if (c == '\\' && quote != '`') i++;
                else if (c == quote) quote = '\0';
            }
            else if (c is '"' or '\'' or '`') quote = c;
            else if (c == '{') depth++;
            else if (c == '}') depth--;
            else if (char.IsWhiteSpace(c) && depth == 0 && !FollowedByBrace(line, i)) return i;
        }

        return line.Length;
    }

    // "metric {a="b"} 1" is one series; "metric {{…}}" is a series and a histogram.
    private static bool FollowedByBrace(string line, int at)
    {
        var next = at;
        while (next < line.Length && char.IsWhiteSpace(line[next])) next++;
        return next < line.Length && line[next] == '{' && !line.AsSpan(next).StartsWith("{{");
    }

    [GeneratedRegex(
        @"\G(?<v>_|stale|\{\{.*?\}\}|ss\(.*?\)|[+-]?(?:(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|nan)))"
        + @"(?<d>[+-]\s*(?:\{\{.*?\}\}|(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|nan)))?(?:\s*x\s*(?<n>[0-9]+))?(?=\s|$)",
        RegexOptions.CultureInvariant)]
    private static partial Regex Item();
}
