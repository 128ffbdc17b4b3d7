using System.Text.Json.Nodes;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Label sets as the engine, the database and people write them.</summary>
internal static class SeriesLabels
{
    /// <summary>A metric's name with its labels.</summary>
    public static Labels Of(string name, IReadOnlyDictionary<string, string> labels) =>
        Labels.From([.. labels, new KeyValuePair<string, string>(Labels.MetricName, name)]);

    /// <summary>The labels without the name, as a JSON object with its keys in order.</summary>
    public static string Json(Labels labels)
    {
        var json = new JsonObject();
        foreach (var label in labels)
        {
            if (label.Name != Labels.MetricName) json[label.Name] = label.Value;
        }

        return json.ToJsonString();
    }

    /// <summary>Back from the database.</summary>
    public static Labels Parse(string name, JsonNode labels) => Of(name,
        labels.AsObject().ToDictionary(p => p.Key, p => p.Value!.GetValue<string>(), StringComparer.Ordinal));
}
