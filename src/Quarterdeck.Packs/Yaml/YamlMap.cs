using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Quarterdeck.Packs.Yaml;

/// <summary>
/// A YAML mapping read key by key. Each read notes its key; <see cref="Close"/> reports the keys that nobody read, with the
/// nearest known name. Wrong values are findings and read as null, so that one pass reports everything.
/// </summary>
internal sealed class YamlMap(YamlMappingNode node, FindingList findings, string where)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public Position At => YamlFile.At(node.Start);

    public FindingList Findings => findings;

    /// <summary>What the mapping is, for messages: <c>contract 'MUSD'</c>.</summary>
    public string Where => where;

    public bool IsEmpty => node.Children.Count == 0;

    public IEnumerable<string> Keys => node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    public bool Has(string key) => Find(key) is not null;

    public YamlValue? Value(string key)
    {
        _read.Add(key);
        return Find(key) is { } found ? new YamlValue(found, findings, $"'{key}' of {where}") : null;
    }

    public Position PositionOf(string key) => Find(key) is { } found ? YamlFile.At(found.Start) : At;

    public string? Text(string key) => Value(key)?.Text();

    public string RequiredText(string key, string remedy)
    {
        if (Value(key) is { } value) return value.Text() ?? "";
        Missing(key, remedy);
        return "";
    }

    public void Missing(string key, string remedy) =>
        findings.Error(FindingCodes.KeyMissing, At, $"{Capital(where)} has no '{key}'.", remedy);

    public int? Integer(string key, int min, int max)
    {
        if (Value(key) is not { } value || value.Text() is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max) return number;
        value.Invalid($"a whole number from {min} to {max}", $"{key}: {Math.Max(min, 1)}");
        return null;
    }

    public bool? Flag(string key)
    {
        if (Value(key) is not { } value || value.Text() is not { } text) return null;
        if (text is "true" or "false") return text == "true";
        value.Invalid("true or false", $"{key}: true");
        return null;
    }

    public TimeSpan? Duration(string key)
    {
        if (Value(key) is not { } value || value.Text() is not { } text) return null;
        if (Durations.TryParse(text, out var span)) return span;
        value.Invalid("a duration such as 30s, 5m, 24h or 2d", $"{key}: 30m");
        return null;
    }

    /// <summary>One of a closed set of words; <paramref name="words"/> maps each to what it means.</summary>
    public T? Word<T>(string key, IReadOnlyDictionary<string, T> words) where T : struct
    {
        if (Value(key) is not { } value || value.Text() is not { } text) return null;
        if (words.TryGetValue(text, out var meaning)) return meaning;
        findings.Error(FindingCodes.ValueInvalid, value.At, $"{Capital(value.Where)} is '{text}'.",
            NearestName.Suggest(text, words.Keys, $"Write one of {string.Join(", ", words.Keys)}."));
        return null;
    }

    public YamlMap? Map(string key, string? what = null) => Value(key)?.Map(what ?? $"'{key}' of {where}");

    public IReadOnlyList<YamlValue> List(string key) => Value(key)?.List() ?? [];

    public IReadOnlyList<string> Texts(string key) => [.. List(key).Select(v => v.Text()).OfType<string>()];

    /// <summary>Each entry of a mapping whose keys are names of the author's choosing.</summary>
    public IEnumerable<(string Name, Position At, YamlValue Value)> Entries(string? what = null)
    {
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } name })
            {
                findings.Error(FindingCodes.YamlMalformed, YamlFile.At(key.Start), "A key must be plain text.", "Write a name before the colon.");
                continue;
            }

            _read.Add(name);
            yield return (name, YamlFile.At(key.Start), new YamlValue(value, findings, what is null ? $"'{name}' of {where}" : $"{what} '{name}'"));
        }
    }

    public IReadOnlyDictionary<string, string> TextMap(string key)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Map(key) is not { } map) return result;
        foreach (var (name, _, value) in map.Entries()) result[name] = value.Text() ?? "";
        return result;
    }

    /// <summary>Reports keys that were not read.</summary>
    public void Close()
    {
        foreach (var key in node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && _read.Contains(name)) continue;
            var text = (key as YamlScalarNode)?.Value ?? key.ToString();
            findings.Error(FindingCodes.KeyUnknown, YamlFile.At(key.Start), $"{Capital(where)} has an unknown key '{text}'.",
                NearestName.Suggest(text, _read, $"Known here: {string.Join(", ", _read.Order(StringComparer.Ordinal))}."));
        }
    }

    internal static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private YamlNode? Find(string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var value) && !IsNull(value) ? value : null;

    private static bool IsNull(YamlNode value) =>
        value is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
