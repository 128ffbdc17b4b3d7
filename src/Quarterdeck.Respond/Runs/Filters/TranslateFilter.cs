using System.Text;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary><c>tr</c>: translates, deletes (<c>-d</c>) or squeezes (<c>-s</c>) characters.</summary>
internal static class TranslateFilter
{
    public static TextFilter? Parse(string[] words)
    {
        if (FilterArguments.Read(words, "dsc", "") is not { } read) return null;
        var sets = read.Positional.ConvertAll(Set);
        if (sets.Contains(null)) return null;
        var (delete, squeeze, other) = (read.Has('d'), read.Has('s'), read.Has('c'));
        if (delete)
        {
            return sets is [{ } gone] && !squeeze
                ? input => new Filtered(string.Concat(input.Where(c => gone.Contains(c) == other)))
                : null;
        }

        if (other) return null;
        if (squeeze && sets is [{ } once]) return input => new Filtered(Squeeze(input, once));
        if (sets is not [{ Count: > 0 } from, { Count: > 0 } to] || squeeze) return null;
        return input => new Filtered(string.Concat(input.Select(c => from.LastIndexOf(c) is >= 0 and var i ? to[Math.Min(i, to.Count - 1)] : c)));
    }

    private static string Squeeze(string input, List<char> once)
    {
        var result = new StringBuilder(input.Length);
        foreach (var c in input)
        {
            if (result.Length == 0 || result[^1] != c || !once.Contains(c)) result.Append(c);
        }

        return result.ToString();
    }

    private static List<char>? Set(string text)
    {
        var set = new List<char>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '[' && i + 1 < text.Length && text[i + 1] == ':')
            {
                var end = text.IndexOf(":]", i, StringComparison.Ordinal);
                if (end < 0 || Class(text[(i + 2)..end]) is not { } known) return null;
                set.AddRange(known);
                i = end + 1;
                continue;
            }

            var from = text[i];
            if (from == '\\' && i + 1 < text.Length)
            {
                i++;
                if (text[i] is not ('n' or 't' or 'r' or '\\' or '0')) return null;
                from = text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', _ => '\\' };
            }

            if (i + 2 < text.Length && text[i + 1] == '-')
            {
                var to = text[i + 2];
                if (to < from || to == '\\') return null;
                for (int c = from; c <= to; c++) set.Add((char)c);
                i += 2;
            }
            else
            {
                set.Add(from);
            }
        }

        return set;
    }

    private static IEnumerable<char>? Class(string name)
    {
        Func<char, bool>? holds = name switch
        {
            "upper" => char.IsAsciiLetterUpper,
            "lower" => char.IsAsciiLetterLower,
            "digit" => char.IsAsciiDigit,
            "alpha" => char.IsAsciiLetter,
            "alnum" => char.IsAsciiLetterOrDigit,
            "space" => c => c is ' ' or >= '\t' and <= '\r',
            "punct" => char.IsPunctuation,
            _ => null,
        };
        return holds is null ? null : Enumerable.Range(0, 128).Select(c => (char)c).Where(holds);
    }
}
