using System.Globalization;
using System.Text;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary><c>head</c>, <c>tail</c>, <c>cut</c> and <c>wc</c>.</summary>
internal static class LineFilters
{
    public static TextFilter? Head(string[] words)
    {
        if (FilterArguments.Read(Counted(words), "q", "nc") is not { Positional.Count: 0 } read) return null;
        if (read.Value('c') is { } size)
        {
            return Number(size) is { } bytes
                ? input => new Filtered(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(input).AsSpan(0, Math.Min(bytes, Encoding.UTF8.GetByteCount(input)))))
                : null;
        }

        var text = read.Value('n') ?? "10";
        if (text.StartsWith('-') && Number(text[1..]) is { } fewer) return input => new Filtered(TextLines.Join(TextLines.Of(input).SkipLast(fewer)));
        return Number(text) is { } count ? input => new Filtered(TextLines.Join(TextLines.Of(input).Take(count))) : null;
    }

    public static TextFilter? Tail(string[] words)
    {
        if (FilterArguments.Read(Counted(words), "q", "n") is not { Positional.Count: 0 } read) return null;
        var text = read.Value('n') ?? "10";
        if (text.StartsWith('+') && Number(text[1..]) is { } from)
            return input => new Filtered(TextLines.Join(TextLines.Of(input).Skip(Math.Max(0, from - 1))));
        return Number(text) is { } count ? input => new Filtered(TextLines.Join(TextLines.Of(input).TakeLast(count))) : null;
    }

    public static TextFilter? Cut(string[] words)
    {
        if (FilterArguments.Read(words, "s", "dfc") is not { Positional.Count: 0 } read) return null;
        if (read.Value('c') is { } characters && read.HasOnly("c") && Ranges(characters) is { } columns)
        {
            return input => new Filtered(TextLines.Join(TextLines.Of(input).Select(line =>
                string.Concat(Pick([.. line.EnumerateRunes().Select(rune => rune.ToString())], columns)))));
        }

        var delimiter = read.Value('d') ?? "\t";
        if (read.Has('c') || delimiter.Length != 1 || read.Value('f') is not { } fields || Ranges(fields) is not { } ranges) return null;
        return input => new Filtered(TextLines.Join(TextLines.Of(input)
            .Where(line => !read.Has('s') || line.Contains(delimiter, StringComparison.Ordinal))
            .Select(line => line.Contains(delimiter, StringComparison.Ordinal) ? string.Join(delimiter, Pick(line.Split(delimiter), ranges)) : line)));
    }

    public static TextFilter? Count(string[] words)
    {
        if (FilterArguments.Read(words, "lwcm", "") is not { Positional.Count: 0 } read || words.Length != 1 || words[0].Length != 2) return null;
        return input => new Filtered((words[0][1] switch
        {
            'l' => input.Count(c => c == '\n') + (input.Length > 0 && input[^1] != '\n' ? 1 : 0),
            'w' => input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            'c' => Encoding.UTF8.GetByteCount(input),
            _ => input.EnumerateRunes().Count(),
        }).ToString(CultureInfo.InvariantCulture) + "\n");
    }

    // head -20 is head -n 20.
    private static string[] Counted(string[] words) =>
        [.. words.SelectMany((word, i) => (i == 0 || words[i - 1] is not ("-n" or "-c")) && word.Length > 1 && word[0] == '-' && word.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0 ? new[] { "-n", word[1..] } : [word])];

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static List<(int From, int To)>? Ranges(string text)
    {
        var ranges = new List<(int, int)>();
        foreach (var part in text.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var (from, to) = dash < 0 ? (Number(part), Number(part))
                : (dash == 0 ? 1 : Number(part[..dash]), dash == part.Length - 1 ? int.MaxValue : Number(part[(dash + 1)..]));
            if (from is not > 0 || to is not { } last || last < from || part == "-") return null;
            ranges.Add((from.Value, last));
        }

        return ranges;
    }

    private static IEnumerable<string> Pick(string[] parts, List<(int From, int To)> ranges) =>
        parts.Where((_, i) => ranges.Exists(range => i + 1 >= range.From && i + 1 <= range.To));
}
