using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A mapping read as strictly as promtool reads it: unknown fields and values of the wrong kind are told, with their line.</summary>
internal sealed class YamlMap
{
    private readonly Dictionary<string, YamlItem> _fields = new(StringComparer.Ordinal);
    private readonly Action<YamlItem, string, string> _report;

    public YamlMap(YamlFields node, string what, IReadOnlyList<string> known, Action<YamlItem, string, string> report)
    {
        (Node, _report) = (node, report);
        foreach (var (key, value) in Flatten(node))
        {
            if (!known.Contains(key))
                report(value, $"field {key} not found in {what}", $"Use one of {string.Join(", ", known)}.");
            else
                _fields[key] = value;
        }
    }

    public YamlFields Node { get; }

    public YamlItem? Find(string name) => _fields.GetValueOrDefault(name) is { } node && node is not YamlText { IsNull: true } ? node : null;

    public string Text(string name)
    {
        switch (Find(name))
        {
            case null: return "";
            case YamlText scalar: return scalar.Value;
            case var other:
                _report(other, $"{name} is not a text", $"Write {name} as one value.");
                return "";
        }
    }

    public TimeSpan? Duration(string name)
    {
        if (Find(name) is not { } node) return null;
        try
        {
            return TimeSpan.FromMilliseconds(PromDuration.Parse(Text(name)));
        }
        catch (FormatException problem)
        {
            _report(node, $"{name}: {problem.Message}", "Write a duration such as 30s, 5m or 1h30m.");
            return null;
        }
    }

    public long Integer(string name)
    {
        if (Find(name) is not { } node) return 0;
        if (long.TryParse(Text(name), System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var value))
            return value;
        _report(node, $"{name} is not a whole number", $"Write {name} as a number such as 10.");
        return 0;
    }

    public IReadOnlyList<YamlItem> List(string name)
    {
        switch (Find(name))
        {
            case null: return [];
            case YamlList sequence: return sequence.Items;
            case var other:
                _report(other, $"{name} is not a list", $"Write {name} as a list, each item behind a dash.");
                return [];
        }
    }

    public IReadOnlyDictionary<string, string> Texts(string name)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        switch (Find(name))
        {
            case null: break;
            case YamlFields mapping:
                foreach (var (key, value) in Flatten(mapping))
                {
                    if (value is YamlText scalar) texts[key] = scalar.IsNull ? "" : scalar.Value;
                    else _report(value, $"{name}.{key} is not a text", "Write it as one value.");
                }

                break;
            case var other:
                _report(other, $"{name} is not a mapping", $"Write {name} as name: value lines.");
                break;
        }

        return texts;
    }

    /// <summary>The pairs of a mapping with merge keys (<c>&lt;&lt;</c>) resolved; the mapping's own keys win.</summary>
    private static Dictionary<string, YamlItem> Flatten(YamlFields node)
    {
        var pairs = new Dictionary<string, YamlItem>(StringComparer.Ordinal);
        foreach (var (key, value) in node.Pairs)
        {
            if (key is not YamlText { Value: "<<" }) continue;
            foreach (var merged in value is YamlList list ? list.Items : [value])
            {
                if (merged is not YamlFields mapping) continue;
                foreach (var (name, inner) in Flatten(mapping)) pairs.TryAdd(name, inner);
            }
        }

        foreach (var (key, value) in node.Pairs)
        {
            if (key is YamlText { Value: not "<<" } scalar) pairs[scalar.Value] = value;
        }

        return pairs;
    }
}
