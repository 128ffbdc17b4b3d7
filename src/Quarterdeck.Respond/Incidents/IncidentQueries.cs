using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>An incident in a list.</summary>
public sealed record IncidentSummary(
    string Id, string Title, Severity Severity, IncidentState State, string Pack, DateTimeOffset OpenedAt,
    DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt, string? ResolvedBy, string? Resolution,
    int Firing);

/// <summary>One of an incident's alerts.</summary>
public sealed record IncidentAlert(
    string AlertId, string Name, Severity Severity, IncidentAlertState State, JsonNode Labels, JsonNode Annotations, string? Runbook,
    string? Value, string? BlockNumber, Hash32? BlockHash, DateTimeOffset FiredAt, DateTimeOffset? ResolvedAt);

/// <summary>A line of an incident's timeline.</summary>
public sealed record TimelineLine(long Id, DateTimeOffset At, string Kind, string Actor, string Text, string? Ref);

/// <summary>An incident with all that is known of it here; its runs are <c>RunList</c>'s.</summary>
public sealed record IncidentView(
    IncidentSummary Incident, IReadOnlyList<IncidentAlert> Alerts, IReadOnlyList<TimelineLine> Timeline,
    IReadOnlyList<string> Runbooks);

/// <summary>Lists incidents.</summary>
public sealed class IncidentList(OperationsStore store)
{
    internal const string Columns =
        """
        i.id, i.title, i.severity, i.state, i.pack, i.opened_at, i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by,
        i.resolution,
        (select count(*)::integer from incidents.alerts a where a.incident_id = i.id and a.state = 'firing') as firing
        """;

    /// <summary>Newest first.</summary>
    /// <param name="state">open (not resolved), acknowledged, resolved, or null for all.</param>
    public Task<IReadOnlyList<IncidentSummary>> Query(string? state, int limit, CancellationToken cancel) =>
        store.Query<IncidentSummary>(
            $"""
            select {Columns} from incidents.incidents i
            where @state::text is null or i.state = @state or (@state = 'open' and i.state = 'acknowledged')
            order by i.opened_at desc limit @limit
            """, new { state, limit }, cancel);
}

/// <summary>Shows one incident.</summary>
public sealed class IncidentDetail(OperationsStore store)
{
    /// <summary>The incident; null where there is none.</summary>
    public async Task<IncidentView?> Query(string id, CancellationToken cancel)
    {
        var incident = await store.QueryFirstOrDefault<IncidentSummary>(
            $"select {IncidentList.Columns} from incidents.incidents i where i.id = @id", new { id }, cancel);
        if (incident is null) return null;
        var alerts = await store.Query<IncidentAlert>(
            """
            select alert_id, name, severity, state, labels, annotations, runbook, value, block_number::text as block_number, block_hash,
                   fired_at, resolved_at
            from incidents.alerts where incident_id = @id order by fired_at, alert_id
            """, new { id }, cancel);
        var timeline = await store.Query<TimelineLine>(
            "select id, at, kind, actor, text, ref from incidents.timeline where incident_id = @id order by id", new { id }, cancel);
        string[] runbooks = [.. alerts.Select(alert => alert.Runbook).OfType<string>().Distinct()];
        return new IncidentView(incident, alerts, timeline, runbooks);
    }
}

/// <summary>Which runbooks the alerts of unresolved incidents name.</summary>
public sealed class NamedRunbooks(OperationsStore store)
{
    /// <summary>Each (incident, pack, runbook) once, with the alert that named it first.</summary>
    public Task<IReadOnlyList<NamedRunbook>> Query(CancellationToken cancel) => store.Query<NamedRunbook>(
        """
        select distinct on (i.id, a.runbook) i.id as incident_id, i.pack, a.runbook, a.name as alert
        from incidents.incidents i join incidents.alerts a on a.incident_id = i.id
        where i.state <> 'resolved' and a.state = 'firing' and a.runbook is not null
        order by i.id, a.runbook, a.fired_at
        """, null, cancel);
}

/// <summary>A runbook that a firing alert of an incident names.</summary>
public sealed record NamedRunbook(string IncidentId, string Pack, string Runbook, string Alert);
