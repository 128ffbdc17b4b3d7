using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>Someone takes the incident.</summary>
public sealed class AcknowledgeIncident(OperationsStore store)
{
    /// <summary>Acknowledges; a second acknowledgement is refused and names the first.</summary>
    public Task<Outcome<IncidentState>> Acknowledge(string id, string operatorId, string? text, CancellationToken cancel) =>
        store.Act<Outcome<IncidentState>>(
            Actor.Parse("operator:" + operatorId), string.IsNullOrWhiteSpace(text) ? "takes the incident" : text, async act =>
            {
                var incident = await IncidentRecord.Lock(act, id);
                if (incident is null || incident.State != IncidentState.Open)
                {
                    act.Record("incident.acknowledgement-refused", id);
                    return incident is null
                        ? Refusal.NotFound("incident", id)
                        : Refusal.Conflict("The incident is taken already", $"It is {incident.State}, by {incident.AcknowledgedBy ?? incident.ResolvedBy}.",
                            "Add a note instead.");
                }

                await act.Execute(
                    """
                    update incidents.incidents set state = 'acknowledged', acknowledged_at = @now, acknowledged_by = @by where id = @id
                    """, new { id, now = act.Now, by = act.Actor.ToString() });
                await Timeline.Append(act, id, "acknowledged", text ?? "", null);
                act.Record("incident.acknowledge", id);
                return IncidentState.Acknowledged;
            }, cancel);
}

/// <summary>Someone writes something down.</summary>
public sealed class AddNote(OperationsStore store)
{
    /// <summary>Adds a line to the timeline; also after the incident is resolved.</summary>
    public async Task<Outcome<IncidentState>> Add(string id, string operatorId, string text, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(text)) return Refusal.Invalid("The note is empty", "There is nothing to write down.", "Write a sentence.");
        return await store.Act<Outcome<IncidentState>>(Actor.Parse("operator:" + operatorId), "writes a note", async act =>
        {
            var incident = await IncidentRecord.Lock(act, id);
            act.Record(incident is null ? "incident.note-refused" : "incident.note", id, new() { ["text"] = text });
            if (incident is null) return Refusal.NotFound("incident", id);
            await Timeline.Append(act, id, "note", text, null);
            return incident.State;
        }, cancel);
    }
}

/// <summary>Someone declares it over.</summary>
public sealed class ResolveIncident(OperationsStore store)
{
    /// <summary>Resolves. Refused while its alerts fire, unless forced; a reason is always needed.</summary>
    public async Task<Outcome<IncidentState>> Resolve(
        string id, string operatorId, string reason, bool force, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return Refusal.Invalid("A reason is needed", "The resolution says what ended the incident.", "Write a sentence.");
        return await store.Act<Outcome<IncidentState>>(Actor.Parse("operator:" + operatorId), reason, async act =>
        {
            var incident = await IncidentRecord.Lock(act, id);
            var firing = await act.Query<string>(
                "select name from incidents.alerts where incident_id = @id and state = 'firing' order by name", new { id });
            Refusal? refusal = incident switch
            {
                null => Refusal.NotFound("incident", id),
                { State: IncidentState.Resolved } => Refusal.Conflict(
                    "The incident is resolved already", $"By {incident.ResolvedBy}.", "Add a note instead."),
                _ when firing.Count > 0 && !force => Refusal.Conflict(
                    "Its alerts still fire", $"Firing: {string.Join(", ", firing)}.",
                    "Wait until they end, or resolve by force with the reason why they may be passed over."),
                _ => null,
            };
            if (refusal is not null)
            {
                act.Record("incident.resolution-refused", id, new() { ["why"] = refusal.Detail });
                return refusal;
            }

            await act.Execute(
                """
                update incidents.incidents set state = 'resolved', resolved_at = @now, resolved_by = @by, resolution = @reason where id = @id
                """, new { id, now = act.Now, by = act.Actor.ToString(), reason });
            await Timeline.Append(act, id, "resolved", firing.Count > 0 ? $"By force, while {string.Join(", ", firing)} fire: {reason}" : reason, null);
            act.Record("incident.resolve", id, new() { ["forced"] = firing.Count > 0 });
            return IncidentState.Resolved;
        }, cancel);
    }
}

/// <summary>An incident as stored.</summary>
internal sealed record IncidentRecord(string Id, IncidentState State, string? AcknowledgedBy, string? ResolvedBy)
{
    public static Task<IncidentRecord?> Lock(ActScope act, string id) => act.QueryFirstOrDefault<IncidentRecord>(
        "select id, state, acknowledged_by, resolved_by from incidents.incidents where id = @id for update", new { id });
}
