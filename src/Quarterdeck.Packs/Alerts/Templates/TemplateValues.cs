using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>The rules of Go templates on values: truth, fields, iteration.</summary>
internal static class TemplateValues
{
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        string text => text.Length > 0,
        double number => number != 0,
        long number => number != 0,
        Labels labels => labels.Count > 0,
        IReadOnlyDictionary<string, string> map => map.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        IReadOnlyList<TemplateSample> list => list.Count > 0,
        _ => true,
    };

    public static object? Field(object? value, IReadOnlyList<string> fields)
    {
        foreach (var field in fields) value = Field(value, field);
        return value;
    }

    public static object? Field(object? value, string field) => value switch
    {
        Labels labels => labels.Get(field),
        IReadOnlyDictionary<string, string> map => map.GetValueOrDefault(field, ""),
        IReadOnlyDictionary<string, object?> map => map.TryGetValue(field, out var found) ? found : map.ContainsKey("Labels") && map.ContainsKey("ExternalURL")
            ? throw new TemplateException($"can't evaluate field {field} in the data of an alert")
            : null,
        TemplateSample sample when field == "Labels" => sample.Labels,
        TemplateSample sample when field == "Value" => sample.Value,
        null => throw new TemplateException($"nil data; no entry for key \"{field}\""),
        _ => throw new TemplateException($"can't evaluate field {field} in a value of type {GoFormat.TypeName(value)}"),
    };

    public static IEnumerable<(object? Key, object? Value)> Items(object? value)
    {
        switch (value)
        {
            case null: return [];
            case IReadOnlyList<TemplateSample> list: return list.Select((item, i) => ((object?)(long)i, (object?)item));
            case Labels labels: return labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => ((object?)label.Name, (object?)label.Value));
            case IReadOnlyDictionary<string, string> map:
                return map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ((object?)pair.Key, (object?)pair.Value));
            case IReadOnlyDictionary<string, object?> map:
                return map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ((object?)pair.Key, pair.Value));
            case long count: return Enumerable.Range(0, (int)Math.Clamp(count, 0, 100_000)).Select(i => ((object?)(long)i, (object?)(long)i));
            default: throw new TemplateException($"range can't iterate over {GoFormat.Print(value)}");
        }
    }
}
