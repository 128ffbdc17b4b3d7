using System.Collections.Immutable;
using System.Globalization;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>What templates of a rule can see besides the alert itself.</summary>
public sealed record TemplateSurroundings
{
    /// <summary>Nothing.</summary>
    public static TemplateSurroundings None { get; } = new();

    /// <summary><c>$externalLabels</c>.</summary>
    public IReadOnlyDictionary<string, string> ExternalLabels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary><c>$externalURL</c>.</summary>
    public string ExternalUrl { get; init; } = "";

    /// <summary>Runs the template function <c>query</c> at the evaluation time; null where queries are not possible.</summary>
    public Func<string, PromVector>? Query { get; init; }
}

/// <summary>
/// Prometheus's state machine of an alerting rule, pure: (rule, state, result, time) → state. A failed evaluation leaves
/// every alert as it was: it neither fires nor resolves.
/// </summary>
public static class AlertEvaluation
{
    /// <summary>The label of an alert's name.</summary>
    public const string AlertName = "alertname";

    /// <summary>How long a resolved alert is kept, so that receivers are told more than once.</summary>
    public static TimeSpan ResolvedRetention { get; } = TimeSpan.FromMinutes(15);

    /// <summary>One evaluation.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="state">Its state before.</param>
    /// <param name="result">What its expression yielded.</param>
    /// <param name="timeMs">Evaluation time, Unix milliseconds.</param>
    /// <param name="limit">The group's limit; 0 for none.</param>
    /// <param name="surroundings">What templates see.</param>
    public static AlertOutcome Evaluate(
        AlertingRule rule, RuleState state, PromValue result, long timeMs, int limit, TemplateSurroundings surroundings)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(surroundings);
        var samples = RuleResult.Samples(result);
        // Most rules most of the time: nothing found, nothing known.
        if (samples.Count == 0 && state.Alerts.IsEmpty)
            return new AlertOutcome(state.LastError is null ? state : state with { LastError = null }, []);

        var found = new Dictionary<Labels, Alert>(samples.Count);
        foreach (var sample in samples)
        {
            var alert = Expand(rule, sample, timeMs, surroundings);
            if (!found.TryAdd(alert.Labels, alert))
                return Failed(state, "vector contains metrics with the same labelset after applying alert labels");
        }

        var transitions = new List<AlertTransition>();
        var alerts = state.Alerts.ToBuilder();
        foreach (var (labels, alert) in found)
        {
            if (alerts.TryGetValue(labels, out var known) && known.State != AlertState.Inactive)
            {
                alerts[labels] = Holds(rule, known with
                {
                    Value = alert.Value,
                    Exact = alert.Exact,
                    Annotations = alert.Annotations,
                    KeepFiringSinceMs = null,
                }, timeMs, transitions);
            }
            else
            {
                transitions.Add(new AlertTransition(AlertChange.BecamePending, alert));
                alerts[labels] = Holds(rule, alert, timeMs, transitions);
            }
        }

        foreach (var (labels, alert) in state.Alerts)
        {
            if (found.ContainsKey(labels)) continue;
            if (Vanished(rule, alert, timeMs, transitions) is { } left) alerts[labels] = left;
            else alerts.Remove(labels);
        }

        var active = alerts.Values.Count(alert => alert.State != AlertState.Inactive);
        if (limit > 0 && active > limit)
            return Failed(state, string.Create(CultureInfo.InvariantCulture, $"exceeded limit of {limit} with {active} alerts"));
        return new AlertOutcome(new RuleState(alerts.ToImmutable(), null), transitions);
    }

    /// <summary>An evaluation that failed: no alert changes.</summary>
    public static AlertOutcome Failed(RuleState state, string error)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new AlertOutcome(state with { LastError = error }, []);
    }

    /// <summary>The series <c>ALERTS</c> and <c>ALERTS_FOR_STATE</c> of the active alerts.</summary>
    public static IEnumerable<VectorSample> Series(RuleState state, long timeMs)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var alert in state.Active)
        {
            var text = alert.State == AlertState.Firing ? "firing" : "pending";
            yield return new VectorSample(new LabelsBuilder(alert.Labels).Set(Labels.MetricName, "ALERTS").Set("alertstate", text).Build(), timeMs, 1, null);
            yield return new VectorSample(alert.Labels.With(Labels.MetricName, "ALERTS_FOR_STATE"), timeMs, Math.Floor(alert.ActiveAtMs / 1000.0), null);
        }
    }

    private static Alert Expand(AlertingRule rule, in VectorSample sample, long timeMs, TemplateSurroundings surroundings)
    {
        var data = new TemplateData(sample.Labels, sample.Value, surroundings);
        var labels = new LabelsBuilder(sample.Labels).Delete(Labels.MetricName);
        foreach (var (name, text) in rule.Labels) labels.Set(name, rule.Template(text).ExpandOrExplain(data));
        labels.Set(AlertName, rule.Name);
        var annotations = new LabelsBuilder();
        foreach (var (name, text) in rule.Annotations) annotations.Set(name, rule.Template(text).ExpandOrExplain(data));
        return new Alert(labels.Build(), annotations.Build(), AlertState.Pending, sample.Value, sample.Exact, timeMs);
    }

    private static Alert Holds(AlertingRule rule, Alert alert, long timeMs, List<AlertTransition> transitions)
    {
        var longEnough = timeMs - alert.ActiveAtMs >= (long)rule.For.TotalMilliseconds;
        if (alert.State == AlertState.Pending && longEnough)
        {
            alert = alert with { State = AlertState.Firing, FiredAtMs = timeMs };
            transitions.Add(new AlertTransition(AlertChange.BeganFiring, alert));
        }
        else if (alert.State == AlertState.Firing && !longEnough)
        {
            alert = alert with { State = AlertState.Pending, FiredAtMs = null };
            transitions.Add(new AlertTransition(AlertChange.BackToPending, alert));
        }

        return alert;
    }

    private static Alert? Vanished(AlertingRule rule, Alert alert, long timeMs, List<AlertTransition> transitions)
    {
        switch (alert.State)
        {
            case AlertState.Pending:
                transitions.Add(new AlertTransition(AlertChange.Dropped, alert));
                return null;
            case AlertState.Inactive:
                return timeMs - alert.ResolvedAtMs > (long)ResolvedRetention.TotalMilliseconds ? null : alert;
        }

        var since = alert.KeepFiringSinceMs ?? timeMs;
        if (timeMs - since < (long)rule.KeepFiringFor.TotalMilliseconds) return alert with { KeepFiringSinceMs = since };
        var resolved = alert with { State = AlertState.Inactive, ResolvedAtMs = timeMs };
        transitions.Add(new AlertTransition(AlertChange.Resolved, resolved));
        return resolved;
    }
}
