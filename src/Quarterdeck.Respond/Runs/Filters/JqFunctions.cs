using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>jq's functions as far as runs know them.</summary>
internal static class JqFunctions
{
    private static readonly Comparer<JsonNode?> Order = Comparer<JsonNode?>.Create(JqValues.Compare);

    /// <summary>The function; null where it is not known with or without that argument.</summary>
    public static JqExpression? Find(string name, JqExpression? argument) =>
        argument is { } given ? WithArgument(name, given) : Plain(name) is { } plain ? input => [plain(input)] : Others(name);

    private static JqExpression? Others(string name) => name switch
    {
        "empty" => _ => [],
        "values" => input => input is null ? [] : [input],
        _ => null,
    };

    private static Func<JsonNode?, JsonNode?>? Plain(string name) => name switch
    {
        "null" => _ => null,
        "true" => _ => JsonValue.Create(true),
        "false" => _ => JsonValue.Create(false),
        "not" => value => JsonValue.Create(!JqValues.IsTrue(value)),
        "length" => JqValues.Length,
        "keys" => Keys,
        "add" => JqValues.Sum,
        "type" => value => JsonValue.Create(JqValues.TypeOf(value)),
        "tonumber" => ToNumber,
        "tostring" => value => JsonValue.Create(JqValues.Text(value) ?? value?.ToJsonString() ?? "null"),
        "first" => value => JqValues.Each(value).FirstOrDefault(),
        "last" => value => JqValues.Each(value).LastOrDefault(),
        "min" => value => JqValues.Each(value).Order(Order).FirstOrDefault(),
        "max" => value => JqValues.Each(value).Order(Order).LastOrDefault(),
        "sort" => value => JqValues.Array(JqValues.Each(value).Order(Order)),
        "unique" => value => JqValues.Array(Distinct(JqValues.Each(value).Order(Order))),
        "reverse" => value => JqValues.Array(JqValues.Each(value).Reverse()),
        "any" => value => JsonValue.Create(JqValues.Each(value).Any(JqValues.IsTrue)),
        "all" => value => JsonValue.Create(JqValues.Each(value).All(JqValues.IsTrue)),
        _ => null,
    };

    private static JqExpression? WithArgument(string name, JqExpression given) => name switch
    {
        "select" => input => given(input).Where(JqValues.IsTrue).Select(_ => input),
        "map" => input => [JqValues.Array(JqValues.Each(input).SelectMany(value => given(value)))],
        "any" => input => [JsonValue.Create(JqValues.Each(input).SelectMany(value => given(value)).Any(JqValues.IsTrue))],
        "all" => input => [JsonValue.Create(JqValues.Each(input).SelectMany(value => given(value)).All(JqValues.IsTrue))],
        "first" => input => given(input).Take(1),
        "sort_by" => input => [JqValues.Array(JqValues.Each(input).OrderBy(value => given(value).FirstOrDefault(), Order))],
        "max_by" => input => [JqValues.Each(input).OrderBy(value => given(value).FirstOrDefault(), Order).LastOrDefault()],
        "min_by" => input => [JqValues.Each(input).OrderBy(value => given(value).FirstOrDefault(), Order).FirstOrDefault()],
        "has" => input => given(input).Select(key => (JsonNode?)JsonValue.Create(Has(input, key))),
        "join" => input => given(input).Select(between => (JsonNode?)JsonValue.Create(
            string.Join(Needed(between), JqValues.Each(input).Select(value => JqValues.Text(value) ?? value?.ToJsonString() ?? "")))),
        "split" => input => given(input).Select(by => (JsonNode?)JqValues.Array(Needed(input).Split(Needed(by)).Select(part => (JsonNode?)JsonValue.Create(part)))),
        "startswith" => input => given(input).Select(start => (JsonNode?)JsonValue.Create(Needed(input).StartsWith(Needed(start), StringComparison.Ordinal))),
        "endswith" => input => given(input).Select(end => (JsonNode?)JsonValue.Create(Needed(input).EndsWith(Needed(end), StringComparison.Ordinal))),
        _ => null,
    };

    private static JsonArray Keys(JsonNode? value) => value switch
    {
        JsonObject known => JqValues.Array(known.Select(pair => pair.Key).Order(StringComparer.Ordinal).Select(key => (JsonNode?)JsonValue.Create(key))),
        JsonArray array => JqValues.Array(Enumerable.Range(0, array.Count).Select(i => (JsonNode?)JsonValue.Create(i))),
        _ => throw new FilterException($"jq: {JqValues.Shown(value)} has no keys."),
    };

    private static JsonNode? ToNumber(JsonNode? value)
    {
        if (JqValues.Text(value) is not { } text) return JqValues.Number(value) is var _ ? value : null;
        try
        {
            if (JsonNode.Parse(text) is { } parsed && parsed.GetValueKind() == JsonValueKind.Number) return parsed;
        }
        catch (JsonException)
        {
            // Said below, with the text.
        }

        throw new FilterException($"jq: \"{text}\" is no number.");
    }

    private static bool Has(JsonNode? value, JsonNode? key) => value switch
    {
        JsonObject known when JqValues.Text(key) is { } name => known.ContainsKey(name),
        JsonArray array when JqValues.Number(key) is { IsInteger: true } at => at.Numerator >= 0 && at.Numerator < array.Count,
        _ => throw new FilterException($"jq: cannot look for {JqValues.Shown(key)} in {JqValues.Shown(value)}."),
    };

    private static string Needed(JsonNode? value) => JqValues.Text(value) ?? throw new FilterException($"jq: {JqValues.Shown(value)} is no text.");

    private static IEnumerable<JsonNode?> Distinct(IEnumerable<JsonNode?> sorted)
    {
        var (first, before) = (true, (JsonNode?)null);
        foreach (var value in sorted)
        {
            if (first || JqValues.Compare(before, value) != 0) yield return value;
            (first, before) = (false, value);
        }
    }
}
