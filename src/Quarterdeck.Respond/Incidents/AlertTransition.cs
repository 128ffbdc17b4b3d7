using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Incidents;

/// <summary>One change of an alert's state, as the alert engine committed it.</summary>
internal sealed record AlertTransition(
    long Id, string AlertId, string Pack, string Name, string Severity, JsonNode Labels, JsonNode Annotations, string State,
    string? Value, string? BlockNumber, Hash32? BlockHash, DateTimeOffset At)
{
    public string? Runbook => Annotation("runbook");

    public string Title => Annotation("summary") is { Length: > 0 } summary ? summary : Name;

    /// <summary>What it means to incidents; null where it means nothing to them.</summary>
    public IncidentAlertState? Means => State switch
    {
        "firing" => IncidentAlertState.Firing,
        "resolved" or "inactive" => IncidentAlertState.Resolved,
        "retracted" => IncidentAlertState.Retracted,
        _ => null,
    };

    public Severity Weight => Severity switch
    {
        "critical" => Primitives.Severity.Critical,
        "info" => Primitives.Severity.Info,
        _ => Primitives.Severity.Warning,
    };

    public string Where => BlockNumber is null ? "" : string.Create(CultureInfo.InvariantCulture, $" at block {BlockNumber}");

    private string? Annotation(string name) => Annotations is JsonObject all && all[name] is JsonValue value ? value.ToString() : null;
}
