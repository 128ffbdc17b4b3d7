using System.Globalization;

namespace Quarterdeck.Packs.Yaml;

/// <summary>Durations as people and Prometheus write them: <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>, <c>24 hours</c>.</summary>
public static class Durations
{
    private static readonly Dictionary<string, double> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ms"] = 0.001,
        ["millisecond"] = 0.001,
        ["s"] = 1,
        ["sec"] = 1,
        ["second"] = 1,
        ["m"] = 60,
        ["min"] = 60,
        ["minute"] = 60,
        ["h"] = 3600,
        ["hr"] = 3600,
        ["hour"] = 3600,
        ["d"] = 86400,
        ["day"] = 86400,
        ["w"] = 604800,
        ["week"] = 604800,
        ["y"] = 31536000,
        ["year"] = 31536000,
    };

    /// <summary>Reads a duration; false where the text is none, is negative, or passes 10 years.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        ArgumentNullException.ThrowIfNull(text);
        span = default;
        var (at, seconds, parts) = (0, 0.0, 0);
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            while (at < text.Length && text[at] is ' ' or '-' && at < text.Length - 1) at++;
            start = at;
            while (at < text.Length && char.IsAsciiLetter(text[at])) at++;
            var unit = text[start..at];
            if (!Units.TryGetValue(unit, out var scale)
                && !(unit.Length > 2 && unit[^1] is 's' or 'S' && Units.TryGetValue(unit[..^1], out scale))) return false;
            seconds += number * scale;
            parts++;
        }

        if (parts == 0 || seconds > 10 * 31536000.0) return false;
        span = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>The shortest exact text, such as <c>24h</c> or <c>1h30m</c>.</summary>
    public static string Format(TimeSpan span)
    {
        if (span == TimeSpan.Zero) return "0s";
        var text = new System.Text.StringBuilder();
        void Part(long value, string unit)
        {
            if (value != 0) text.Append(CultureInfo.InvariantCulture, $"{value}{unit}");
        }

        Part((long)span.TotalHours, "h");
        Part(span.Minutes, "m");
        Part(span.Seconds, "s");
        Part(span.Milliseconds, "ms");
        return text.ToString();
    }
}
