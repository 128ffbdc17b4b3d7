namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>
/// The programs of a pipe that runs work out themselves. Where a program, an option or an expression is not understood exactly,
/// there is no filter, and the step stays with a person.
/// </summary>
internal static class TextFilters
{
    /// <summary>The filter of a command; null where it is not understood.</summary>
    public static TextFilter? Parse(IReadOnlyList<string> argv)
    {
        if (argv.Count == 0) return null;
        string[] words = [.. argv.Skip(1)];
        return argv[0] switch
        {
            "cat" or "less" or "more" when words.Length == 0 => input => new Filtered(input),
            "head" => LineFilters.Head(words),
            "tail" => LineFilters.Tail(words),
            "cut" => LineFilters.Cut(words),
            "wc" => LineFilters.Count(words),
            "sort" => OrderFilters.Sort(words),
            "uniq" => OrderFilters.Unique(words),
            "tac" when words.Length == 0 => input => new Filtered(TextLines.Join(TextLines.Of(input).Reverse())),
            "grep" => PatternFilters.Grep(words, extended: false, literal: false),
            "egrep" => PatternFilters.Grep(words, extended: true, literal: false),
            "fgrep" => PatternFilters.Grep(words, extended: false, literal: true),
            "sed" => PatternFilters.Substitute(words),
            "awk" or "gawk" => AwkFilter.Parse(words),
            "tr" => TranslateFilter.Parse(words),
            "xargs" when words.Length == 0 => input =>
                new Filtered(string.Join(' ', input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) + "\n"),
            "jq" => JqFilter.Parse(words),
            "bc" => BcFilter.Parse(words),
            "cast" => CastConversions.Parse(words),
            _ => null,
        };
    }

    /// <summary>Text through all filters. As in a shell, only the last one's status counts.</summary>
    public static Filtered Apply(string input, IEnumerable<TextFilter> filters) =>
        filters.Aggregate(new Filtered(input), (before, filter) => filter(before.Text));
}
