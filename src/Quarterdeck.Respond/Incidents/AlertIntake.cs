using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Alerts;
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
    // Transitions commit out of the order of their ids, by a few at most; below this nothing new can appear.
    private const long Overlap = 256;
    private const int Page = 1000;

    private static readonly Actor Alerts = Actor.System("alerts");

    /// <summary>Takes in all that has not been. Returns how many changed an incident.</summary>
    public async Task<int> Reconcile(CancellationToken cancel)
    {
        var newest = await store.QueryFirstOrDefault<long>("select coalesce(max(transition_id), 0) from incidents.taken", null, cancel);
        var after = newest - Overlap;
        var taken = (await store.Query<long>(
            "select transition_id from incidents.taken where transition_id > @after", new { after }, cancel)).ToHashSet();
        var changed = 0;
        while (true)
        {
            var page = await store.AlertTransitionsAfter(after, Page, cancel);
            foreach (var transition in page.Where(t => t.State != AlertTransitionState.Pending && !taken.Contains(t.Id)))
            {
                if (await Take(transition, cancel)) changed++;
            }

            if (page.Count < Page) return changed;
            after = page[^1].Id;
        }
    }

    private Task<bool> Take(AlertTransition transition, CancellationToken cancel) =>
        store.Act(Alerts, $"the alert {transition.Name} is {Text(transition.State)}{Where(transition)}", async act =>
        {
            // One at a time over all servers: whether to open or to join depends on what the others did.
            await act.QueryFirstOrDefault<bool>("select one from incidents.intake for update");
            var isNew = await act.Execute(
                "insert into incidents.taken (transition_id) values (@id) on conflict do nothing", new { transition.Id }) == 1;
            if (!isNew)
            {
                act.Record("alert.seen", transition.AlertId, Detail(transition));
                return false;
            }

            await Forget(act, transition.Id);
            if (transition.State == AlertTransitionState.Firing) await Fire(act, transition);
            else await End(act, transition);
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
                """, new { id, pack = alert.Pack, title = Title(alert), severity = Text(alert.Severity), now = act.Now });
            act.Record("incident.open", id, Detail(alert));
        }
        else
        {
            act.Record("incident.join", id, Detail(alert));
            if (alert.Severity > open.Severity)
            {
                await act.Execute(
                    "update incidents.incidents set severity = @severity where id = @id", new { id, severity = Text(alert.Severity) });
                await Timeline.Append(act, id, "severity", $"Raised to {Text(alert.Severity)} by {alert.Name}.", alert.AlertId);
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
                id,
                alertId = alert.AlertId,
                name = alert.Name,
                severity = Text(alert.Severity),
                labels = alert.Labels.ToJsonString(),
                annotations = alert.Annotations.ToJsonString(),
                runbook = alert.Runbook,
                value = Value(alert),
                block = Block(alert),
                hash = alert.BlockHash?.ToArray(),
                at = alert.At,
            });
        await Timeline.Append(act, id, "alert", $"{alert.Name} fires{Where(alert)}: {Title(alert)}", alert.AlertId);
    }

    private static async Task End(ActScope act, AlertTransition alert)
    {
        var incident = await act.QueryFirstOrDefault<string>(
            """
            update incidents.alerts set state = @to, resolved_at = @at
            where alert_id = @alertId and state = 'firing' returning incident_id
            """, new { to = Text(alert.State), at = alert.At, alertId = alert.AlertId });
        act.Record("alert.end", incident ?? alert.AlertId, Detail(alert));
        if (incident is null) return;
        var how = alert.State == AlertTransitionState.Resolved
            ? $"{alert.Name} is resolved{Where(alert)}."
            : $"{alert.Name} is retracted{Where(alert)}: a reorganisation took back the block that caused it.";
        await Timeline.Append(act, incident, "alert", how, alert.AlertId);
    }

    private static async Task Forget(ActScope act, long newest)
    {
        if (newest % 1000 == 0)
            await act.Execute("delete from incidents.taken where transition_id <= @floor", new { floor = newest - 10_000 });
    }

    private static JsonObject Detail(AlertTransition alert) => new()
    {
        ["transition"] = alert.Id.ToString(CultureInfo.InvariantCulture),
        ["alert"] = alert.AlertId,
        ["name"] = alert.Name,
        ["pack"] = alert.Pack,
        ["severity"] = Text(alert.Severity),
        ["state"] = Text(alert.State),
        ["value"] = Value(alert),
        ["block"] = Block(alert),
        ["blockHash"] = alert.BlockHash?.ToString(),
        ["labels"] = alert.Labels.DeepClone(),
    };

    private static string Text(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Info => "info",
        _ => "warning",
    };

    private static string Text(AlertTransitionState state) => state switch
    {
        AlertTransitionState.Firing => "firing",
        AlertTransitionState.Resolved => "resolved",
        AlertTransitionState.Retracted => "retracted",
        _ => "pending",
    };

    private static string Title(AlertTransition alert) =>
        alert.Annotations["summary"] is JsonValue summary && summary.ToString() is { Length: > 0 } text ? text : alert.Name;

    private static string Value(AlertTransition alert) => alert.Value.ToString("R", CultureInfo.InvariantCulture);

    private static string? Block(AlertTransition alert) => alert.BlockNumber?.ToString(CultureInfo.InvariantCulture);

    private static string Where(AlertTransition alert) => Block(alert) is { } block ? $" at block {block}" : "";

    private sealed record OpenIncident(string Id, Severity Severity);
}
