using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>What happened in an incident, in order. Append-only.</summary>
public static class Timeline
{
    /// <summary>Adds a line in the transaction of what it tells.</summary>
    /// <param name="kind">alert, acknowledged, note, severity, run, plan, transaction or resolved.</param>
    /// <param name="reference">The id of what it is about: a run, a plan's hash, a transaction.</param>
    public static async Task Append(ActScope act, string incidentId, string kind, string text, string? reference)
    {
        ArgumentNullException.ThrowIfNull(act);
        await act.Execute(
            """
            insert into incidents.timeline (incident_id, at, kind, actor, text, ref)
            values (@incidentId, @now, @kind, @actor, @text, @reference)
            """, new { incidentId, now = act.Now, kind, actor = act.Actor.ToString(), text, reference });
        act.Signal(Signals.Incidents);
    }
}
