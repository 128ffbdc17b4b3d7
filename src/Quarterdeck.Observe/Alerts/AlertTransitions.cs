using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts;

/// <summary>A change of state of an alert. Append-only: what incidents and notifications reconcile from.</summary>
/// <param name="Id">Ascending.</param>
/// <param name="AlertId">The same for one alert from pending to resolved, and again when it comes back.</param>
/// <param name="Pack">Pack.</param>
/// <param name="RuleGroup">Group in the rule file.</param>
/// <param name="Name">Alert name.</param>
/// <param name="Severity">From the label <c>severity</c>; warning where there is none.</param>
/// <param name="Labels">Labels, without the name.</param>
/// <param name="Annotations">Annotations, expanded.</param>
/// <param name="State">What it became.</param>
/// <param name="Reason">Why, where it was not the rule alone; null otherwise.</param>
/// <param name="Value">The expression's value.</param>
/// <param name="ActiveAt">Since when the condition held.</param>
/// <param name="BlockNumber">The newest block the evaluation saw; null where the pack has no chain.</param>
/// <param name="BlockHash">Its hash.</param>
/// <param name="At">When it changed.</param>
public sealed record AlertTransition(
    long Id, string AlertId, string Pack, string RuleGroup, string Name, Severity Severity, JsonObject Labels,
    JsonObject Annotations, AlertTransitionState State, string? Reason, double Value, DateTimeOffset ActiveAt,
    long? BlockNumber, Hash32? BlockHash, DateTimeOffset At)
{
    /// <summary>The runbook that the rule names; null where it names none.</summary>
    public string? Runbook => Annotations["runbook"]?.GetValue<string>();
}

/// <summary>What an alert became.</summary>
public enum AlertTransitionState
{
    /// <summary>The condition holds, not yet for long enough.</summary>
    Pending,

    /// <summary>It held for long enough.</summary>
    Firing,

    /// <summary>It no longer holds.</summary>
    Resolved,

    /// <summary>What caused it was taken back by a reorganisation.</summary>
    Retracted,
}

/// <summary>An alert that is pending or firing now.</summary>
public sealed record ActiveAlert(
    string AlertId, string Pack, string RuleGroup, string Name, JsonObject Labels, JsonObject Annotations, string State,
    double Value, DateTimeOffset ActiveAt, DateTimeOffset? FiredAt, DateTimeOffset EvaluatedAt, long? BlockNumber)
{
    /// <summary>From the label <c>severity</c>; warning where there is none.</summary>
    public Severity Severity => AlertSeverity.Of(Labels["severity"]?.GetValue<string>());
}

/// <summary>Reads alerts.</summary>
public static class AlertQueries
{
    /// <summary>The alerts that are pending or firing, the worst first.</summary>
    public static async Task<IReadOnlyList<ActiveAlert>> ActiveAlerts(this OperationsStore store, CancellationToken cancel)
    {
        var alerts = await store.Query<ActiveAlert>(
            """
            SELECT alert_id, pack, rule_group, name, labels, annotations, state, value, active_at, fired_at, evaluated_at, block_number
            FROM alerts.active
            """, null, cancel);
        return [.. alerts.OrderBy(a => a.State == "firing" ? 0 : 1).ThenByDescending(a => a.Severity).ThenBy(a => a.ActiveAt)];
    }

    /// <summary>The ids of the alerts that fire by a rule that was evaluated here; not those that were told from outside.</summary>
    public static Task<IReadOnlyList<string>> FiringByRule(this OperationsStore store, CancellationToken cancel) => store.Query<string>(
        "SELECT alert_id FROM alerts.active WHERE state = 'firing' AND source = 'rules'", null, cancel);

    /// <summary>The transitions after an id, oldest first.</summary>
    public static Task<IReadOnlyList<AlertTransition>> AlertTransitionsAfter(
        this OperationsStore store, long after, int limit, CancellationToken cancel) =>
        store.Query<AlertTransition>(
            """
            SELECT id, alert_id, pack, rule_group, name, severity, labels, annotations, state, reason, value, active_at,
                   block_number, block_hash, at
            FROM alerts.transitions WHERE id > @after ORDER BY id LIMIT @limit
            """, new { after, limit }, cancel);

    /// <summary>The newest transitions, newest first.</summary>
    public static Task<IReadOnlyList<AlertTransition>> RecentAlertTransitions(
        this OperationsStore store, int limit, CancellationToken cancel) =>
        store.Query<AlertTransition>(
            """
            SELECT id, alert_id, pack, rule_group, name, severity, labels, annotations, state, reason, value, active_at,
                   block_number, block_hash, at
            FROM alerts.transitions ORDER BY id DESC LIMIT @limit
            """, new { limit }, cancel);
}

/// <summary>How the label <c>severity</c> is read.</summary>
internal static class AlertSeverity
{
    public static Severity Of(string? label) => label?.ToLowerInvariant() switch
    {
        "critical" or "page" or "error" => Severity.Critical,
        "info" or "none" => Severity.Info,
        _ => Severity.Warning,
    };
}
