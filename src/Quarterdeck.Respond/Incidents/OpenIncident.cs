using Quarterdeck.Primitives.Ids;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>Opens an incident for what no alert told: or joins the one that the pack has open.</summary>
internal static class OpenIncident
{
    /// <summary>The incident's id. It is critical from now on.</summary>
    public static async Task<string> Critical(ActScope act, string pack, string title, TimeProvider clock)
    {
        // As the intake of alerts does: one at a time over all servers.
        await act.QueryFirstOrDefault<bool>("select one from incidents.intake for update");
        var id = await act.QueryFirstOrDefault<string>(
            "select id from incidents.incidents where pack = @pack and state <> 'resolved' for update", new { pack });
        if (id is null)
        {
            id = Id.New("inc", clock);
            await act.Execute(
                "insert into incidents.incidents (id, pack, title, severity, opened_at) values (@id, @pack, @title, 'critical', @now)",
                new { id, pack, title, now = act.Now });
            act.Record("incident.open", id, new() { ["pack"] = pack, ["title"] = title });
        }
        else
        {
            await act.Execute("update incidents.incidents set severity = 'critical' where id = @id", new { id });
        }

        act.Signal(Signals.Incidents);
        return id;
    }
}
