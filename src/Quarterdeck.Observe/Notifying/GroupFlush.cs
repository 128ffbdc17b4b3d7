using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Packs.Notifications;

namespace Quarterdeck.Observe.Notifying;

/// <summary>What a channel was told last of a group, or is being told now.</summary>
/// <param name="Firing">Ids of alerts told as firing, also where their end was told since.</param>
/// <param name="Resolved">Ids of alerts told as ended.</param>
/// <param name="At">When.</param>
public sealed record ChannelKnowledge(IReadOnlySet<string> Firing, IReadOnlySet<string> Resolved, DateTimeOffset At);

/// <summary>
/// Decides what is told when a group's time has come; pure. In the order of Alertmanager: inhibition, active and mute times,
/// silences, then what the channel knows already. Muting holds back firing alerts only: that an alert has ended is told to whoever
/// was told that it fires.
/// </summary>
public static class GroupFlush
{
    /// <summary>The alerts of a group that may be told now.</summary>
    /// <param name="alerts">The group's alerts: firing ones, and ended ones that some channel believes to be firing.</param>
    /// <param name="route">The group's route.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="firing">All alerts that fire, of all groups: they may inhibit.</param>
    /// <param name="silences">All silences.</param>
    /// <param name="at">The time.</param>
    public static IReadOnlyList<NotifiedAlert> Audible(
        IReadOnlyList<NotifiedAlert> alerts, Route route, NotificationPlan plan, IReadOnlyList<NotifiedAlert> firing,
        IReadOnlyList<Silence> silences, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        ArgumentNullException.ThrowIfNull(plan);
        // Nobody is told anything outside the route's hours; what still holds when they begin is told then.
        if (!plan.IsActive(route, at)) return [];
        return [.. alerts.Where(a => !a.Firing || (InhibitedBy(a, plan, firing) is null && SilencedBy(a, silences, at).Count == 0))];
    }

    /// <summary>The firing alert that mutes this one; null where none does.</summary>
    public static NotifiedAlert? InhibitedBy(NotifiedAlert alert, NotificationPlan plan, IReadOnlyList<NotifiedAlert> firing)
    {
        ArgumentNullException.ThrowIfNull(alert);
        ArgumentNullException.ThrowIfNull(plan);
        foreach (var rule in plan.Inhibitions.Where(r => r.Target.All(m => m.Matches(alert.Labels))))
        {
            if (firing.FirstOrDefault(source => source.Firing && source.Id != alert.Id && rule.Mutes(source.Labels, alert.Labels)) is { } by) return by;
        }

        return null;
    }

    /// <summary>The active silences that mute the alert.</summary>
    public static IReadOnlyList<Silence> SilencedBy(NotifiedAlert alert, IReadOnlyList<Silence> silences, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return [.. silences.Where(s => s.StateAt(at) == SilenceState.Active && s.Matchers.All(m => m.Matches(alert.Labels)))];
    }

    /// <summary>Whether a channel is to be told these alerts, given what it knows.</summary>
    /// <param name="known">What it knows of the group; null where it was never told.</param>
    /// <param name="audible">The alerts that may be told.</param>
    /// <param name="sendResolved">Whether it wants to know of ends.</param>
    /// <param name="repeat">After how long an unchanged group is told again.</param>
    /// <param name="at">The time.</param>
    public static bool IsNews(
        ChannelKnowledge? known, IReadOnlyList<NotifiedAlert> audible, bool sendResolved, TimeSpan repeat, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(audible);
        var firing = audible.Where(a => a.Firing).Select(a => a.Id).ToList();
        // "It has ended" goes only to those who heard that it fires.
        if (known is null) return firing.Count > 0;
        if (!firing.TrueForAll(id => known.Firing.Contains(id) && !known.Resolved.Contains(id))) return true;
        var ended = audible.Where(a => !a.Firing).Select(a => a.Id);
        if (sendResolved && ended.Any(id => known.Firing.Contains(id) && !known.Resolved.Contains(id))) return true;
        return firing.Count > 0 && at - known.At >= repeat;
    }
}
