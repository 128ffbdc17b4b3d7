using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quarterdeck.Packs.Yaml;

/// <summary>One value of a YAML file, with its place and what it is, for messages.</summary>
internal sealed class YamlValue(YamlNode node, FindingList findings, string where)
{
    public Position At => YamlFile.At(node.Start);

    public FindingList Findings => findings;

    public string Where => where;

    public bool IsMap => node is YamlMappingNode;

    public bool IsList => node is YamlSequenceNode;

    public bool IsText => node is YamlScalarNode;

    public string? Text()
    {
        if (node is YamlScalarNode scalar) return scalar.Value ?? "";
        Invalid("plain text", "a single value");
        return null;
    }

    public YamlMap? Map(string? what = null)
    {
        if (node is YamlMappingNode map) return new YamlMap(map, findings, what ?? where);
        Invalid("a mapping of keys to values", "{ key: value }");
        return null;
    }

    public IReadOnlyList<YamlValue> List()
    {
        if (node is YamlSequenceNode list)
            return [.. list.Children.Select((child, i) => new YamlValue(child, findings, $"item {i + 1} of {where}"))];
        Invalid("a list", "[ one, two ]");
        return [];
    }

    public void Invalid(string expected, string example) => findings.Error(FindingCodes.ValueInvalid, At,
        $"{YamlMap.Capital(where)} must be {expected}{(node is YamlScalarNode s ? $", not '{s.Value}'" : "")}.",
        $"Write for example {example}.");

    /// <summary>The value as JSON: plain scalars become null, booleans and integers where they look so; quoted ones stay text.</summary>
    public JsonNode? Json() => Json(node);

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children
            .Select(c => KeyValuePair.Create((c.Key as YamlScalarNode)?.Value ?? c.Key.ToString(), Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => JsonValue.Create(quoted.Value ?? ""),
        YamlScalarNode { Value: null or "" or "~" or "null" } => null,
        YamlScalarNode { Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
        YamlScalarNode scalar when long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            => JsonValue.Create(n),
        _ => JsonValue.Create(((YamlScalarNode)node).Value),
    };
}
