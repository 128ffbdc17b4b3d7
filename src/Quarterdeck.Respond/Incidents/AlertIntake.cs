using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>
/// Takes alert transitions in: a firing alert opens an incident or joins the one its pack has open, and its end is noted.
/// Reconciles from the tables; running it twice, late or on two servers at once comes to the same.
/// </summary>
public sealed class AlertIntake(OperationsStore store, TimeProvider clock)
{
    // Far more than may commit out of order at once.
    private const int Overlap = 10_000;

    private static readonly Actor Alerts = Actor.Parse("system:alerts");

    /// <summary>Takes in all that has not been. Returns how many changed an incident.</summary>
    public async Task<int> Reconcile(CancellationToken cancel)
    {
        var waiting = await store.Query<AlertTransition>(
            """
            select t.id, t.alert_id, t.pack, t.name, t.severity, t.labels, t.annotations, t.state, t.value::text as value,
                   t.block_number::text as block_number, t.block_hash, t.at
            from alerts.transitions t
            where t.id > (select floor from incidents.intake)
              and t.state <> 'pending'
              and not exists (select from incidents.taken k where k.transition_id = t.id)
            order by t.id
            limit 1000
            """, null, cancel);
        var changed = 0;
        foreach (var transition in waiting)
        {
            if (await Take(transition, cancel)) changed++;
        }

        return changed;
    }

    private Task<bool> Take(AlertTransition transition, CancellationToken cancel) =>
        store.Act(Alerts, $"the alert {transition.Name} is {transition.State}{transition.Where}", async act =>
        {
            // One at a time over all servers: whether to open or to join depends on what the others did.
            await act.QueryFirstOrDefault<long>("select floor from incidents.intake for update");
            var isNew = await act.Execute(
                "insert into incidents.taken (transition_id) values (@id) on conflict do nothing", new { transition.Id }) == 1;
            if (!isNew || transition.Means is not { } means)
            {
                act.Record("alert.seen", transition.AlertId, Detail(transition));
                return false;
            }

            await Forget(act, transition.Id);
            if (means == IncidentAlertState.Firing) await Fire(act, transition);
            else await End(act, transition, means);
            act.Signal(Signals.Incidents);
            return true;
        }, cancel);

    private async Task Fire(ActScope act, AlertTransition alert)
    {
        var open = await act.QueryFirstOrDefault<OpenIncident>(
            "select id, severity from incidents.incidents where pack = @pack and state <> 'resolved' for update", new { alert.Pack });
        var id = open?.Id ?? Id.New("inc", clock);
        if (open is null)
        {
            await act.Execute(
                """
                insert into incidents.incidents (id, pack, title, severity, opened_at)
                values (@id, @pack, @title, @severity, @now)
                """, new { id, pack = alert.Pack, title = alert.Title, severity = Text(alert.Weight), now = act.Now });
            act.Record("incident.open", id, Detail(alert));
        }
        else
        {
            act.Record("incident.join", id, Detail(alert));
            if (alert.Weight > open.Severity)
            {
                await act.Execute(
                    "update incidents.incidents set severity = @severity where id = @id", new { id, severity = Text(alert.Weight) });
                await Timeline.Append(act, id, "severity", $"Raised to {Text(alert.Weight)} by {alert.Name}.", alert.AlertId);
            }
        }

        await act.Execute(
            """
            insert into incidents.alerts (incident_id, alert_id, name, severity, state, labels, annotations, runbook, value,
                                          block_number, block_hash, fired_at)
            values (@id, @alertId, @name, @severity, 'firing', @labels::jsonb, @annotations::jsonb, @runbook, @value,
                    @block::numeric, @hash, @at)
            on conflict (incident_id, alert_id) do update
                set state = 'firing', severity = excluded.severity, labels = excluded.labels, annotations = excluded.annotations,
                    runbook = excluded.runbook, value = excluded.value, block_number = excluded.block_number,
                    block_hash = excluded.block_hash, fired_at = excluded.fired_at, resolved_at = null
            """,
            new
            {
                id, alertId = alert.AlertId, name = alert.Name, severity = Text(alert.Weight), labels = alert.Labels.ToJsonString(),
                annotations = alert.Annotations.ToJsonString(), runbook = alert.Runbook, value = alert.Value,
                block = alert.BlockNumber, hash = alert.BlockHash?.ToArray(), at = alert.At,
            });
        await Timeline.Append(act, id, "alert", $"{alert.Name} fires{alert.Where}: {alert.Title}", alert.AlertId);
    }

    private static async Task End(ActScope act, AlertTransition alert, IncidentAlertState to)
    {
        var incident = await act.QueryFirstOrDefault<string>(
            """
            update incidents.alerts set state = @to, resolved_at = @at
            where alert_id = @alertId and state = 'firing' returning incident_id
            """, new { to = to == IncidentAlertState.Resolved ? "resolved" : "retracted", at = alert.At, alertId = alert.AlertId });
        act.Record("alert.end", incident ?? alert.AlertId, Detail(alert));
        if (incident is null) return;
        var how = to == IncidentAlertState.Resolved
            ? $"{alert.Name} is resolved{alert.Where}."
            : $"{alert.Name} is retracted{alert.Where}: a reorganisation took back the block that caused it.";
        await Timeline.Append(act, incident, "alert", how, alert.AlertId);
    }

    private static async Task Forget(ActScope act, long newest)
    {
        if (newest % 1000 != 0) return;
        await act.Execute("update incidents.intake set floor = greatest(floor, @floor)", new { floor = newest - Overlap });
        await act.Execute("delete from incidents.taken where transition_id <= @floor", new { floor = newest - Overlap });
    }

    private static JsonObject Detail(AlertTransition alert) => new()
    {
        ["transition"] = alert.Id.ToString(CultureInfo.InvariantCulture),
        ["alert"] = alert.AlertId,
        ["name"] = alert.Name,
        ["pack"] = alert.Pack,
        ["severity"] = alert.Severity,
        ["state"] = alert.State,
        ["value"] = alert.Value,
        ["block"] = alert.BlockNumber,
        ["blockHash"] = alert.BlockHash?.ToString(),
        ["labels"] = alert.Labels.DeepClone(),
    };

    private static string Text(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Info => "info",
        _ => "warning",
    };

    private sealed record OpenIncident(string Id, Severity Severity);
}
