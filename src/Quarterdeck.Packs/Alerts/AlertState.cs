using System.Collections.Immutable;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>Where an alert stands.</summary>
public enum AlertState
{
    /// <summary>Resolved, and still told to receivers for a while.</summary>
    Inactive,

    /// <summary>Its condition holds, not yet for long enough.</summary>
    Pending,

    /// <summary>Firing.</summary>
    Firing,
}

/// <summary>One alert of a rule. Identity is <see cref="Labels"/>, with <c>alertname</c>; times are Unix milliseconds.</summary>
public sealed record Alert(Labels Labels, Labels Annotations, AlertState State, double Value, Rational? Exact, long ActiveAtMs)
{
    /// <summary>When it began to fire.</summary>
    public long? FiredAtMs { get; init; }

    /// <summary>When it was resolved.</summary>
    public long? ResolvedAtMs { get; init; }

    /// <summary>Since when it fires only because of <c>keep_firing_for</c>.</summary>
    public long? KeepFiringSinceMs { get; init; }
}

/// <summary>The alerts of one rule between evaluations, and why the last evaluation failed if it did.</summary>
public sealed record RuleState(ImmutableDictionary<Labels, Alert> Alerts, string? LastError)
{
    /// <summary>No alert yet.</summary>
    public static RuleState Empty { get; } = new(ImmutableDictionary<Labels, Alert>.Empty, null);

    /// <summary>Those pending or firing, in the order of their labels.</summary>
    public IEnumerable<Alert> Active => Alerts.Values.Where(alert => alert.State != AlertState.Inactive).OrderBy(alert => alert.Labels);
}

/// <summary>What happened to an alert in one evaluation.</summary>
public enum AlertChange
{
    /// <summary>Its condition began to hold.</summary>
    BecamePending,

    /// <summary>It fires now.</summary>
    BeganFiring,

    /// <summary>It was firing and is not any more.</summary>
    Resolved,

    /// <summary>It was pending and its condition no longer holds; nobody was told.</summary>
    Dropped,

    /// <summary>It was firing and waits again, because <c>for</c> became longer.</summary>
    BackToPending,
}

/// <summary>A change of one alert.</summary>
public sealed record AlertTransition(AlertChange Change, Alert Alert);

/// <summary>The outcome of one evaluation of an alerting rule.</summary>
public sealed record AlertOutcome(RuleState State, IReadOnlyList<AlertTransition> Transitions);
