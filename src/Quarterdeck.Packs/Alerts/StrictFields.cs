using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A mapping read as strictly as promtool reads it: unknown fields and values of the wrong kind are told, with their line.</summary>
internal sealed class StrictFields
{
    private readonly IReadOnlyList<(YamlItem Key, YamlItem Value)> _fields;
    private readonly Action<YamlItem, string, string> _report;

    public StrictFields(YamlFields node, string what, IReadOnlyList<string> known, Action<YamlItem, string, string> report)
    {
        (Node, _report, _fields) = (node, report, Flatten(node));
        foreach (var (key, value) in _fields)
        {
            if (key is YamlText { Value: var name } && !known.Contains(name))
                report(value, $"field {name} not found in {what}", $"Use one of {string.Join(", ", known)}.");
        }
    }

    public YamlFields Node { get; }

    public YamlItem? Find(string name)
    {
        for (var i = 0; i < _fields.Count; i++)
        {
            if (_fields[i].Key is YamlText text && text.Value == name) return _fields[i].Value is YamlText { IsNull: true } ? null : _fields[i].Value;
        }

        return null;
    }

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

    public TextMap Texts(string name)
    {
        switch (Find(name))
        {
            case null: return TextMap.Empty;
            case YamlFields mapping:
                var texts = new List<KeyValuePair<string, string>>(mapping.Pairs.Count);
                foreach (var (key, value) in Flatten(mapping))
                {
                    if (key is not YamlText { Value: var text }) continue;
                    if (value is YamlText scalar) texts.Add(new KeyValuePair<string, string>(text, scalar.IsNull ? "" : scalar.Value));
                    else _report(value, $"{name}.{text} is not a text", "Write it as one value.");
                }

                return TextMap.From(texts);
            case var other:
                _report(other, $"{name} is not a mapping", $"Write {name} as name: value lines.");
                return TextMap.Empty;
        }
    }

    /// <summary>The pairs of a mapping with merge keys (<c>&lt;&lt;</c>) resolved; the mapping's own keys win.</summary>
    private static IReadOnlyList<(YamlItem Key, YamlItem Value)> Flatten(YamlFields node)
    {
        if (!node.Pairs.Any(static pair => pair.Key is YamlText { Value: "<<" })) return node.Pairs;
        var pairs = node.Pairs.Where(static pair => pair.Key is YamlText { Value: not "<<" }).ToList();
        foreach (var (_, value) in node.Pairs.Where(static pair => pair.Key is YamlText { Value: "<<" }))
        {
            foreach (var merged in value is YamlList list ? list.Items : [value])
            {
                if (merged is not YamlFields mapping) continue;
                foreach (var inner in Flatten(mapping))
                {
                    if (!pairs.Exists(pair => ((YamlText)pair.Key).Value == (inner.Key as YamlText)?.Value)) pairs.Add(inner);
                }
            }
        }

        return pairs;
    }
}
