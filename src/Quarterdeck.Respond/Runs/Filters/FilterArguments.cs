namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>A filter's words, split into short options and the rest.</summary>
internal sealed class FilterArguments
{
    private readonly Dictionary<char, string> _options = [];

    public List<string> Positional { get; } = [];

    public bool Has(char option) => _options.ContainsKey(option);

    public string? Value(char option) => _options.GetValueOrDefault(option);

    public bool HasOnly(string options) => _options.Keys.All(option => options.Contains(option, StringComparison.Ordinal));

    /// <summary>Splits; null where an option is none of those named, since its meaning must not be guessed.</summary>
    public static FilterArguments? Read(IReadOnlyList<string> words, string flags, string valued)
    {
        var read = new FilterArguments();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                read.Positional.AddRange(words.Skip(i + 1));
                break;
            }

            if (word.Length < 2 || word[0] != '-')
            {
                read.Positional.Add(word);
                continue;
            }

            for (var at = 1; at < word.Length; at++)
            {
                if (flags.Contains(word[at], StringComparison.Ordinal))
                {
                    read._options[word[at]] = "";
                    continue;
                }

                if (!valued.Contains(word[at], StringComparison.Ordinal)) return null;
                var value = word[(at + 1)..];
                if (value.Length == 0)
                {
                    if (i + 1 >= words.Count) return null;
                    value = words[++i];
                }

                read._options[word[at]] = value;
                break;
            }
        }

        return read;
    }
}
