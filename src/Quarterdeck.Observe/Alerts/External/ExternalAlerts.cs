using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts.External;

/// <summary>
/// Takes alerts in from outside: they become alerts and transitions like those of rules, so that an existing Prometheus or
/// Alertmanager feeds incidents and notifications. The label <c>pack</c> says whose they are, where it names a pack.
/// </summary>
public sealed class ExternalAlerts(OperationsStore store, WatchedPacks watched)
{
    /// <summary>Where an alert belongs that names no pack.</summary>
    public const string NoPack = "external";

    private const string Group = "external";
    private static readonly Actor Watcher = Actor.System("alerts");

    /// <summary>Takes the valid ones in, durably; returns why others were not taken.</summary>
    public async Task<IReadOnlyList<string>> Take(
        Actor actor, string sender, IReadOnlyList<IncomingAlert> alerts, TimeSpan resolveTimeout, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        var refusals = alerts.Select(a => a.Refusal).OfType<string>().Distinct().ToList();
        var valid = alerts.Where(a => a.Refusal is null).ToList();
        if (valid.Count == 0) return refusals;
        await store.Act(actor, "Alerts were sent in.", async act =>
        {
            // One sender at a time: whether an alert is news depends on what the others said.
            await act.Execute("SELECT pg_advisory_xact_lock(hashtext('alerts.external'))");
            var changed = 0;
            foreach (var alert in valid)
            {
                if (await Take(act, sender, alert, resolveTimeout)) changed++;
            }

            act.Record("alerts.receive", sender, new JsonObject { ["received"] = valid.Count, ["changed"] = changed });
            if (changed > 0) act.Signal(Signals.Alerts);
        }, cancel);
        return refusals;
    }

    /// <summary>Ends those whose time is over; how many.</summary>
    public async Task<int> Expire(CancellationToken cancel)
    {
        var now = store.Clock.GetUtcNow();
        if (await store.QueryFirstOrDefault<long>("SELECT count(*) FROM alerts.external WHERE firing AND ends_at <= @now", new { now }, cancel) == 0) return 0;
        return await store.Act(Watcher, "Nothing more was heard of alerts from outside.", async act =>
        {
            await act.Execute("SELECT pg_advisory_xact_lock(hashtext('alerts.external'))");
            var over = await act.Query<Row>(
                $"UPDATE alerts.external SET firing = false, updated_at = @now WHERE firing AND ends_at <= @now RETURNING {Row.Columns}", new { now });
            foreach (var row in over)
                await End(act, row, row.TimedOut ? "Its sender was not heard for the resolve timeout." : "Its sender said that it ends now.");
            act.Record("alerts.expire", "external", new JsonObject { ["ended"] = over.Count });
            act.Signal(Signals.Alerts);
            return over.Count;
        }, cancel);
    }

    private async Task<bool> Take(ActScope act, string sender, IncomingAlert alert, TimeSpan resolveTimeout)
    {
        var id = "alr_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"external\n{SeriesLabels.Json(alert.Labels)}")))[..16];
        var before = await act.QueryFirstOrDefault<Row>($"SELECT {Row.Columns} FROM alerts.external WHERE alert_id = @id", new { id });
        var after = ExternalMerge.Merge(before?.Span, alert, act.Now, resolveTimeout);
        if (after is null) return false;
        var pack = watched.Find(alert.Labels.Get("pack")) is { } found ? found.Pack.Name : NoPack;
        var row = new Row(id, pack, Json(alert.Labels), Json(alert.Annotations), after.StartsAt, after.EndsAt, after.TimedOut, after.Firing);
        await act.Execute(
            """
            INSERT INTO alerts.external (alert_id, sender, pack, labels, annotations, generator_url, starts_at, ends_at, timed_out, firing, updated_at)
            VALUES (@id, @sender, @pack, @labels, @annotations, @url, @starts, @ends, @timedOut, @firing, @now)
            ON CONFLICT (alert_id) DO UPDATE SET sender = excluded.sender, annotations = excluded.annotations, generator_url = excluded.generator_url,
                starts_at = excluded.starts_at, ends_at = excluded.ends_at, timed_out = excluded.timed_out, firing = excluded.firing,
                updated_at = excluded.updated_at
            """,
            new
            {
                id,
                sender,
                pack,
                labels = (JsonNode)row.Labels,
                annotations = (JsonNode)row.Annotations,
                url = alert.GeneratorUrl,
                starts = after.StartsAt,
                ends = after.EndsAt,
                timedOut = after.TimedOut,
                firing = after.Firing,
                now = act.Now,
            });
        if (after.Firing) return await Begin(act, row, isNew: before?.Firing != true);
        await End(act, row, null);
        return true;
    }

    private static async Task<bool> Begin(ActScope act, Row row, bool isNew)
    {
        await act.Execute(
            """
            INSERT INTO alerts.active (alert_id, pack, rule_group, name, labels, annotations, state, value, active_at, fired_at, evaluated_at, source)
            VALUES (@id, @pack, @group, @name, @labels, @annotations, 'firing', 1, @starts, @now, @now, 'external')
            ON CONFLICT (alert_id) DO UPDATE SET annotations = excluded.annotations, active_at = excluded.active_at, evaluated_at = excluded.evaluated_at
            """,
            new
            {
                id = row.AlertId,
                pack = row.Pack,
                group = Group,
                name = row.Name,
                labels = (JsonNode)row.Labels,
                annotations = (JsonNode)row.Annotations,
                starts = row.StartsAt,
                now = act.Now,
            });
        if (isNew) await Transition(act, row, "firing", null);
        return isNew;
    }

    private static async Task End(ActScope act, Row row, string? reason)
    {
        await act.Execute("DELETE FROM alerts.active WHERE alert_id = @id AND source = 'external'", new { id = row.AlertId });
        await Transition(act, row, "resolved", reason);
    }

    private static async Task Transition(ActScope act, Row row, string state, string? reason)
    {
        var severity = AlertSeverity.Of(row.Labels["severity"]?.ToString()).ToString().ToLowerInvariant();
        await act.Execute(
            """
            INSERT INTO alerts.transitions (alert_id, pack, rule_group, name, severity, labels, annotations, state, reason, value, active_at, at)
            VALUES (@id, @pack, @group, @name, @severity, @labels, @annotations, @state, @reason, 1, @starts, @now)
            """,
            new
            {
                id = row.AlertId,
                pack = row.Pack,
                group = Group,
                name = row.Name,
                severity,
                labels = (JsonNode)row.Labels,
                annotations = (JsonNode)row.Annotations,
                state,
                reason,
                starts = row.StartsAt,
                now = act.Now,
            });
        act.Record($"alert.{state}", row.AlertId, new JsonObject
        {
            ["pack"] = row.Pack,
            ["alert"] = row.Name,
            ["severity"] = severity,
            ["labels"] = row.Labels.DeepClone(),
            ["reason"] = reason,
        });
    }

    private static JsonObject Json(Labels labels) =>
        new(labels.Select(l => KeyValuePair.Create(l.Name, (JsonNode?)JsonValue.Create(l.Value))));

    private sealed record Row(
        string AlertId, string Pack, JsonObject Labels, JsonObject Annotations, DateTimeOffset StartsAt, DateTimeOffset EndsAt, bool TimedOut, bool Firing)
    {
        public const string Columns = "alert_id, pack, labels, annotations, starts_at, ends_at, timed_out, firing";

        public string Name => Labels["alertname"]?.ToString() is { Length: > 0 } name ? name : "unnamed";

        public ExternalSpan Span => new(StartsAt, EndsAt, TimedOut, Firing);
    }
}
