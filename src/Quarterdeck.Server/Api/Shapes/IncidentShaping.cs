using System.Globalization;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Respond.Incidents;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>Incidents as the API shows them.</summary>
internal static class IncidentShaping
{
    public static IncidentSummaryShape Shape(this IncidentSummary incident, IReadOnlyList<string> runIds) => new(
        incident.Id, incident.Title, incident.Severity.Text(), incident.State.ToString().ToLowerInvariant(), incident.OpenedAt,
        incident.AcknowledgedAt, incident.ResolvedAt, incident.Pack, runIds);

    public static IncidentShape Shape(
        this IncidentView view, IReadOnlyList<RunSummaryShape> runs, IReadOnlyList<RunbookSummaryShape> runbooks, RuleHealth rules)
    {
        var incident = view.Incident;
        return new IncidentShape(
            incident.Id, incident.Title, incident.Severity.Text(), incident.State.ToString().ToLowerInvariant(), incident.OpenedAt,
            incident.AcknowledgedAt, incident.ResolvedAt, incident.Pack, [.. runs.Select(r => r.Id)],
            [.. view.Alerts.Select(a => a.Shape(incident.Pack, rules))],
            [.. view.Timeline.Select(t => new TimelineShape(t.At, t.Kind, t.Actor, t.Text, t.Ref))],
            runbooks, runs);
    }

    private static AlertShape Shape(this IncidentAlert alert, string pack, RuleHealth rules) => new(
        alert.AlertId, pack, alert.Name, alert.State.ToString().ToLowerInvariant(), alert.Severity.Text(), WatchShaping.Map(alert.Labels),
        WatchShaping.Map(alert.Annotations), alert.Value, rules.ExpressionOf(pack, alert.Name, WatchShaping.Map(alert.Labels)), null, alert.FiredAt,
        alert.ResolvedAt, long.TryParse(alert.BlockNumber, CultureInfo.InvariantCulture, out var block) ? block : null);
}
