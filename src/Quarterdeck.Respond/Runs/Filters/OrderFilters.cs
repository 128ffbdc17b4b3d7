using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary><c>sort</c> and <c>uniq</c>, by bytes as under <c>LC_ALL=C</c>; numbers are compared exactly.</summary>
internal static partial class OrderFilters
{
    public static TextFilter? Sort(string[] words)
    {
        if (FilterArguments.Read(words, "nru", "kt") is not { Positional.Count: 0 } read) return null;
        var key = 0;
        var numeric = read.Has('n');
        if (read.Value('k') is { } written)
        {
            var match = Key().Match(written);
            if (!match.Success || (match.Groups[2].Success && match.Groups[2].Value != match.Groups[1].Value)) return null;
            key = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            numeric |= match.Groups[3].Value.Contains('n', StringComparison.Ordinal);
            // Without an end the key goes on to the end of the line; only a number ends by itself.
            if (!numeric && !match.Groups[2].Success || key == 0) return null;
        }

        if (read.Value('t') is { Length: not 1 }) return null;
        var separator = read.Value('t');
        return input =>
        {
            var lines = TextLines.Of(input).Select(line => (Line: line, Key: Field(line, key, separator))).ToList();
            int Compare((string Line, string Key) a, (string Line, string Key) b)
            {
                var byKey = numeric ? Leading(a.Key).CompareTo(Leading(b.Key)) : string.CompareOrdinal(a.Key, b.Key);
                return byKey;
            }

            var comparer = Comparer<(string Line, string Key)>.Create((a, b) =>
            {
                var byKey = Compare(a, b);
                if (byKey == 0 && !read.Has('u')) byKey = string.CompareOrdinal(a.Line, b.Line);
                return read.Has('r') ? -byKey : byKey;
            });
            var sorted = lines.Order(comparer).ToList();
            if (read.Has('u')) sorted = [.. sorted.Where((line, i) => i == 0 || Compare(sorted[i - 1], line) != 0)];
            return new Filtered(TextLines.Join(sorted.Select(line => line.Line)));
        };
    }

    public static TextFilter? Unique(string[] words)
    {
        if (FilterArguments.Read(words, "cdu", "") is not { Positional.Count: 0 } read) return null;
        return input =>
        {
            var groups = new List<(string Line, int Count)>();
            foreach (var line in TextLines.Of(input))
            {
                if (groups.Count > 0 && groups[^1].Line == line) groups[^1] = (line, groups[^1].Count + 1);
                else groups.Add((line, 1));
            }

            return new Filtered(TextLines.Join(groups.Where(g => (!read.Has('d') || g.Count > 1) && (!read.Has('u') || g.Count == 1))
                .Select(g => read.Has('c') ? $"{g.Count.ToString(CultureInfo.InvariantCulture),7} {g.Line}" : g.Line)));
        };
    }

    private static string Field(string line, int key, string? separator)
    {
        if (key == 0) return line;
        var fields = separator is null ? line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : line.Split(separator);
        return key <= fields.Length ? fields[key - 1] : "";
    }

    private static Rational Leading(string text) =>
        Number().Match(text) is { Success: true } match ? Rational.Parse(match.Value.Trim()) : Rational.Zero;

    [GeneratedRegex(@"^([0-9]{1,4})(?:,([0-9]{1,4}))?([n]?)$")]
    private static partial Regex Key();

    [GeneratedRegex(@"^\s*-?[0-9]+(\.[0-9]+)?")]
    private static partial Regex Number();
}
