using System.Text.Json.Nodes;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Notifying;

/// <summary>An alert as those who are told see it.</summary>
/// <param name="Id">The alert's id.</param>
/// <param name="Labels">All labels, with <c>alertname</c> and <c>pack</c>.</param>
/// <param name="Annotations">Annotations.</param>
/// <param name="Firing">Whether it fires; else it has ended.</param>
/// <param name="StartsAt">Since when.</param>
/// <param name="EndsAt">When it ended; null while it fires.</param>
public sealed record NotifiedAlert(
    string Id, Labels Labels, Labels Annotations, bool Firing, DateTimeOffset StartsAt, DateTimeOffset? EndsAt)
{
    /// <summary>Its name.</summary>
    public string Name => Labels.Get("alertname");

    internal JsonObject ToJson() => new()
    {
        ["id"] = Id,
        ["labels"] = Json(Labels),
        ["annotations"] = Json(Annotations),
        ["firing"] = Firing,
        ["startsAt"] = StartsAt,
        ["endsAt"] = EndsAt,
    };

    internal static NotifiedAlert FromJson(JsonNode json) => new(
        json["id"]!.GetValue<string>(), Of(json["labels"]!.AsObject()), Of(json["annotations"]!.AsObject()), json["firing"]!.GetValue<bool>(),
        json["startsAt"]!.GetValue<DateTimeOffset>(), json["endsAt"]?.GetValue<DateTimeOffset>());

    internal static JsonObject Json(Labels labels) =>
        new(labels.Select(l => KeyValuePair.Create(l.Name, (JsonNode?)JsonValue.Create(l.Value))));

    internal static Labels Of(JsonObject json) =>
        PromQL.Labels.From(json.Select(p => KeyValuePair.Create(p.Key, p.Value?.ToString() ?? "")));
}

/// <summary>What one channel is told at once: the alerts of a group.</summary>
/// <param name="GroupKey">The group's identity; the same from its first notification to its last.</param>
/// <param name="Receiver">Who is told.</param>
/// <param name="GroupLabels">The values that the alerts share by <c>group_by</c>.</param>
/// <param name="Alerts">The alerts, firing ones first.</param>
public sealed record GroupNotification(
    string GroupKey, string Receiver, Labels GroupLabels, IReadOnlyList<NotifiedAlert> Alerts)
{
    /// <summary>Whether any of them fires.</summary>
    public bool Firing => Alerts.Any(a => a.Firing);

    /// <summary>Labels that all have with the same value.</summary>
    public Labels CommonLabels => Common(a => a.Labels);

    /// <summary>Annotations that all have with the same text.</summary>
    public Labels CommonAnnotations => Common(a => a.Annotations);

    /// <summary>The worst severity among the firing ones, else among all: critical, warning or info.</summary>
    public string Severity
    {
        get
        {
            var words = (Firing ? Alerts.Where(a => a.Firing) : Alerts).Select(a => Observe.Alerts.AlertSeverity.Of(a.Labels.Get("severity")));
            return words.DefaultIfEmpty(Primitives.Severity.Warning).Max().ToString().ToLowerInvariant();
        }
    }

    internal JsonObject ToJson() => new()
    {
        ["groupKey"] = GroupKey,
        ["receiver"] = Receiver,
        ["groupLabels"] = NotifiedAlert.Json(GroupLabels),
        ["alerts"] = new JsonArray([.. Alerts.Select(a => a.ToJson())]),
    };

    internal static GroupNotification FromJson(JsonNode json) => new(
        json["groupKey"]!.GetValue<string>(), json["receiver"]!.GetValue<string>(), NotifiedAlert.Of(json["groupLabels"]!.AsObject()),
        [.. json["alerts"]!.AsArray().Select(a => NotifiedAlert.FromJson(a!))]);

    private Labels Common(Func<NotifiedAlert, Labels> of)
    {
        var shared = of(Alerts[0]).ToList();
        foreach (var alert in Alerts.Skip(1)) shared.RemoveAll(l => of(alert).Get(l.Name) != l.Value);
        return Labels.From(shared.Select(l => KeyValuePair.Create(l.Name, l.Value)));
    }
}
