using System.Globalization;
using System.Text;

namespace Quarterdeck.PromQL;

/// <summary>Prometheus durations such as <c>1h30m</c>: y, w, d, h, m, s, ms, each at most once and in this order. In milliseconds.</summary>
public static class PromDuration
{
    private static readonly (string Unit, long Ms)[] Units =
    [
        ("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1000), ("ms", 1),
    ];

    /// <summary>Reads a duration; <c>0</c> alone is a duration too.</summary>
    /// <exception cref="FormatException">Not a duration, or longer than about 292 years.</exception>
    public static long Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == "0") return 0;
        if (text.Length == 0) throw new FormatException("empty duration string");
        if (Scan(text) != text.Length) throw new FormatException($"not a valid duration string: {GoStrings.Quote(text)}");
        Int128 total = 0;
        var at = 0;
        while (at < text.Length)
        {
            var digits = at;
            while (char.IsAsciiDigit(text[at])) at++;
            var unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at])) at++;
            if (!long.TryParse(text.AsSpan(digits, unit - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                throw new FormatException("duration out of range");
            total += (Int128)count * Units.First(known => text.AsSpan(unit, at - unit).SequenceEqual(known.Unit)).Ms;
        }

        // Prometheus keeps durations in nanoseconds of a 64-bit integer.
        return total <= long.MaxValue / 1_000_000 ? (long)total : throw new FormatException("duration out of range");
    }

    /// <summary>As Prometheus prints it: <c>1h30m</c>, <c>0s</c>.</summary>
    public static string Format(long milliseconds)
    {
        if (milliseconds == 0) return "0s";
        var text = new StringBuilder();
        var rest = milliseconds;
        if (rest < 0)
        {
            text.Append('-');
            rest = -rest;
        }

        foreach (var (unit, ms) in Units)
        {
            // Years and weeks only where they come out even, so that 8d does not turn into 1w1d.
            if (unit is "y" or "w" && rest % ms != 0) continue;
            if (rest / ms is > 0 and var count) text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            rest %= ms;
        }

        return text.ToString();
    }

    /// <summary>Length of the longest duration at the start of the text; 0 where there is none.</summary>
    internal static int Scan(ReadOnlySpan<char> text)
    {
        var at = 0;
        var next = 0;
        while (at < text.Length)
        {
            var digits = at;
            while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
            if (digits == at) break;
            var letters = digits;
            while (letters < text.Length && char.IsAsciiLetter(text[letters])) letters++;
            var found = -1;
            for (var i = next; i < Units.Length && found < 0; i++)
            {
                if (text[digits..letters].SequenceEqual(Units[i].Unit)) found = i;
            }

            if (found < 0) break;
            (at, next) = (letters, found + 1);
        }

        return at;
    }
}
