using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>A command's words split into positional arguments and options.</summary>
internal sealed class CommandLine
{
    private readonly List<(string Name, ShellWord? Value)> _options = [];

    private CommandLine()
    {
    }

    public List<ShellWord> Positional { get; } = [];

    /// <summary>Words after <c>--</c>.</summary>
    public List<ShellWord> Rest { get; } = [];

    public bool HasRest { get; private set; }

    public IReadOnlyList<(string Name, ShellWord? Value)> Options => _options;

    /// <summary>Splits words; <paramref name="flags"/> are the options that take no value, all others take one.</summary>
    public static CommandLine SplitByFlags(IEnumerable<ShellWord> words, IReadOnlySet<string> flags) =>
        Split(words, name => !flags.Contains(name));

    /// <summary>Splits words; <paramref name="valued"/> are the options that take a value.</summary>
    public static CommandLine SplitByValued(IEnumerable<ShellWord> words, IReadOnlySet<string> valued) =>
        Split(words, valued.Contains);

    public bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_options.Exists(o => o.Name == name)) return true;
        }

        return false;
    }

    public ShellWord? Value(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            foreach (var (option, value) in _options)
            {
                if (option == name && value is not null) return value;
            }
        }

        return null;
    }

    public IEnumerable<ShellWord> Values(params string[] names) =>
        _options.Where(o => names.Contains(o.Name) && o.Value is not null).Select(o => o.Value!);

    private static CommandLine Split(IEnumerable<ShellWord> words, Func<string, bool> takesValue)
    {
        var line = new CommandLine();
        var list = words.ToList();
        for (var i = 0; i < list.Count; i++)
        {
            var text = list[i].Text;
            if (text == "--" && !list[i].IsQuoted)
            {
                line.HasRest = true;
                line.Rest.AddRange(list.Skip(i + 1));
                break;
            }

            if (text.Length < 2 || text[0] != '-' || list[i].IsQuoted && text.Contains(' ') || char.IsAsciiDigit(text[1]) && text[0] == '-' && !takesValue(text))
            {
                line.Positional.Add(list[i]);
                continue;
            }

            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                line._options.Add((text[..equals], WithoutPrefix(list[i], equals + 1)));
                continue;
            }

            if (takesValue(text) && i + 1 < list.Count)
            {
                line._options.Add((text, list[++i]));
                continue;
            }

            // -Ucanton and -XPOST: a short option with its value attached.
            if (text.Length > 2 && text[1] != '-' && takesValue(text[..2]))
            {
                line._options.Add((text[..2], WithoutPrefix(list[i], 2)));
                continue;
            }

            // -it: short flags together, of which the last may take a value.
            if (text.Length > 2 && text[1] != '-' && text.AsSpan(1).IndexOfAnyExcept(Letters) < 0)
            {
                foreach (var letter in text[1..^1]) line._options.Add(($"-{letter}", null));
                var last = $"-{text[^1]}";
                line._options.Add((last, takesValue(last) && i + 1 < list.Count ? list[++i] : null));
            }

            line._options.Add((text, null));
        }

        return line;
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The word without its first characters, which are literal.</summary>
    public static ShellWord WithoutPrefix(ShellWord word, int length)
    {
        if (word.Parts is not [LiteralPart first, ..] || first.Value.Length < length) return word;
        List<WordPart> parts = first.Value.Length == length ? [.. word.Parts.Skip(1)] : [new LiteralPart(first.Value[length..]), .. word.Parts.Skip(1)];
        if (parts.Count == 0) parts.Add(new LiteralPart(""));
        var source = word.Source.Length >= length && word.Source.AsSpan(0, length).IndexOfAny('\'', '"', '\\') < 0 ? word.Source[length..] : word.Source;
        return new ShellWord(source, parts, word.Line);
    }
}
