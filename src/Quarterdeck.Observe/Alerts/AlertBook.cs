using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts;

/// <summary>Keeps the state of one pack's alerts in the database, so that a restart neither forgets nor repeats one.</summary>
internal sealed class AlertBook(OperationsStore store, string pack)
{
    private static readonly Actor Watcher = Actor.System("alerts");

    /// <summary>
    /// Fills the groups with what was pending or firing. A pending alert's clock stands still while nobody watched: being
    /// blind is not the condition holding.
    /// </summary>
    public async Task Restore(IReadOnlyList<RuleGroupState> groups, CancellationToken cancel)
    {
        var rows = await store.Query<Stored>(
            """
            SELECT rule_group, name, labels, annotations, state, value, active_at, fired_at, keep_firing_since, evaluated_at
            FROM alerts.active WHERE pack = @pack AND source = 'rules'
            """, new { pack }, cancel);
        var now = store.Clock.GetUtcNow();
        foreach (var group in groups)
        {
            for (var i = 0; i < group.Rules.Length; i++)
            {
                var alerts = rows
                    .Where(r => r.RuleGroup == group.Group.Name && r.Name == group.Group.Rules[i].Name)
                    .Select(r => r.ToAlert(now))
                    // Two rules may share a name and differ in their labels; each takes back its own.
                    .Where(a => group.Group.Rules[i] is AlertingRule rule && Owns(rule, a));
                group.Rules[i] = new RuleState(alerts.ToImmutableDictionary(a => a.Labels), null);
            }
        }
    }

    /// <summary>Writes one evaluation: its transitions, and what is active now.</summary>
    public async Task Write(
        Lease lease, BlockRef? block, IReadOnlyList<RuleGroupState> groups,
        IReadOnlyList<(RuleGroup Group, Packs.Alerts.AlertTransition Transition)> transitions, CancellationToken cancel)
    {
        var told = transitions.Where(t => t.Transition.Change is not AlertChange.BackToPending).ToList();
        if (told.Count == 0)
        {
            if (!groups.Any(g => g.Rules.Any(r => r.Active.Any()))) return;
            await store.Ingest(FactSource.Clock(store.Clock.GetUtcNow()), async write =>
            {
                await write.RequireLease(lease, cancel);
                await WriteActive(write, block, groups);
            }, cancel);
            return;
        }

        await store.Act(Watcher, "The rules were evaluated.", async act =>
        {
            await act.RequireLease(lease, cancel);
            foreach (var (group, transition) in told) await WriteTransition(act, block, group, transition);
            var ids = groups.SelectMany(g => g.Rules.SelectMany(r => r.Active.Select(a => IdOf(g.Group, a.Labels)))).ToArray();
            await act.Execute("DELETE FROM alerts.active WHERE pack = @pack AND source = 'rules' AND alert_id <> ALL(@ids)", new { pack, ids });
            await WriteActive(act, block, groups);
            act.Signal(Signals.Alerts);
        }, cancel);
    }

    /// <summary>The id that an alert keeps from pending to resolved, and gets again when it comes back.</summary>
    public string IdOf(RuleGroup group, Labels labels) => "alr_" + Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{pack}\n{group.Name}\n{Metrics.SeriesLabels.Json(labels)}")))[..16];

    private static bool Owns(AlertingRule rule, Alert alert) => rule.Labels.All(l =>
        l.Value.Contains("{{", StringComparison.Ordinal) || alert.Labels.Get(l.Key) == l.Value);

    private async Task WriteTransition(ActScope act, BlockRef? block, RuleGroup group, Packs.Alerts.AlertTransition transition)
    {
        var alert = transition.Alert;
        var id = IdOf(group, alert.Labels);
        var (state, reason) = transition.Change switch
        {
            AlertChange.BecamePending => ("pending", null),
            AlertChange.BeganFiring => ("firing", null),
            AlertChange.Dropped => ("resolved", "The condition ended before the alert fired."),
            _ => await Ended(act, id),
        };
        var severity = AlertSeverity.Of(alert.Labels.Get("severity"));
        var name = alert.Labels.Get(AlertEvaluation.AlertName);
        await act.Execute(
            """
            INSERT INTO alerts.transitions (alert_id, pack, rule_group, name, severity, labels, annotations, state, reason,
                                            value, active_at, block_number, block_hash, at)
            VALUES (@id, @pack, @group, @name, @severity, @labels::jsonb, @annotations::jsonb, @state, @reason,
                    @value, @activeAt, @blockNumber, @blockHash, @at)
            """,
            new
            {
                id,
                pack,
                group = group.Name,
                name,
                severity = severity.ToString().ToLowerInvariant(),
                labels = Text(alert.Labels),
                annotations = Text(alert.Annotations),
                state,
                reason,
                value = alert.Value,
                activeAt = DateTimeOffset.FromUnixTimeMilliseconds(alert.ActiveAtMs),
                blockNumber = (long?)block?.Number,
                blockHash = block?.Hash.ToArray(),
                at = act.Now,
            });
        act.Record($"alert.{state}", id, new JsonObject
        {
            ["pack"] = pack,
            ["alert"] = name,
            ["severity"] = severity.ToString().ToLowerInvariant(),
            ["labels"] = JsonNode.Parse(Text(alert.Labels)),
            ["value"] = alert.Exact?.ToString() ?? alert.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
            ["block"] = block?.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["blockHash"] = block?.Hash.ToString(),
            ["reason"] = reason,
        });
    }

    // An alert that fired on a block which is no longer part of the chain did not end: it never was.
    private static async Task<(string State, string? Reason)> Ended(ActScope act, string id)
    {
        var orphaned = await act.QueryFirstOrDefault<bool>(
            """
            SELECT a.block_hash IS NOT NULL
               AND EXISTS (SELECT FROM indexing.reorganisations r WHERE r.pack = a.pack AND r.from_number <= a.block_number)
               AND NOT EXISTS (SELECT FROM indexing.blocks b WHERE b.pack = a.pack AND b.hash = a.block_hash)
            FROM alerts.active a WHERE a.alert_id = @id
            """, new { id });
        return orphaned
            ? ("retracted", "The block it was seen at was taken back by a reorganisation.")
            : ("resolved", null);
    }

    private async Task WriteActive(WriteScope write, BlockRef? block, IReadOnlyList<RuleGroupState> groups)
    {
        foreach (var group in groups)
        {
            foreach (var alert in group.Rules.SelectMany(r => r.Active))
            {
                await write.Execute(
                    """
                    INSERT INTO alerts.active AS a (alert_id, pack, rule_group, name, labels, annotations, state, value, active_at,
                                               fired_at, keep_firing_since, evaluated_at, block_number, block_hash)
                    VALUES (@id, @pack, @group, @name, @labels::jsonb, @annotations::jsonb, @state, @value, @activeAt,
                            @firedAt, @keepFiringSince, @at, @blockNumber, @blockHash)
                    -- The block stays the one it was first seen at, so that a reorganisation can be known to have caused it.
                    ON CONFLICT (alert_id) DO UPDATE SET labels = excluded.labels, annotations = excluded.annotations,
                        state = excluded.state, value = excluded.value, active_at = excluded.active_at, fired_at = excluded.fired_at,
                        keep_firing_since = excluded.keep_firing_since, evaluated_at = excluded.evaluated_at
                    """,
                    new
                    {
                        id = IdOf(group.Group, alert.Labels),
                        pack,
                        group = group.Group.Name,
                        name = alert.Labels.Get(AlertEvaluation.AlertName),
                        labels = Text(alert.Labels),
                        annotations = Text(alert.Annotations),
                        state = alert.State == AlertState.Firing ? "firing" : "pending",
                        value = alert.Value,
                        activeAt = DateTimeOffset.FromUnixTimeMilliseconds(alert.ActiveAtMs),
                        firedAt = Time(alert.FiredAtMs),
                        keepFiringSince = Time(alert.KeepFiringSinceMs),
                        at = write.Now,
                        blockNumber = (long?)block?.Number,
                        blockHash = block?.Hash.ToArray(),
                    });
            }
        }
    }

    private static DateTimeOffset? Time(long? ms) => ms is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;

    private static string Text(Labels labels)
    {
        var json = new JsonObject();
        foreach (var label in labels) json[label.Name] = label.Value;
        return json.ToJsonString();
    }

    private sealed record Stored(
        string RuleGroup, string Name, JsonObject Labels, JsonObject Annotations, string State, double Value,
        DateTimeOffset ActiveAt, DateTimeOffset? FiredAt, DateTimeOffset? KeepFiringSince, DateTimeOffset EvaluatedAt)
    {
        public Alert ToAlert(DateTimeOffset now)
        {
            var blind = now - EvaluatedAt;
            var activeAt = State == "pending" && blind > TimeSpan.Zero ? ActiveAt + blind : ActiveAt;
            return new Alert(Of(Labels), Of(Annotations), State == "firing" ? AlertState.Firing : AlertState.Pending,
                Value, null, activeAt.ToUnixTimeMilliseconds())
            {
                FiredAtMs = FiredAt?.ToUnixTimeMilliseconds(),
                KeepFiringSinceMs = KeepFiringSince?.ToUnixTimeMilliseconds(),
            };
        }

        private static Labels Of(JsonObject json) =>
            PromQL.Labels.From(json.Select(p => new KeyValuePair<string, string>(p.Key, p.Value!.GetValue<string>())));
    }
}
