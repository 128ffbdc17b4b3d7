using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Notifications;

/// <summary>
/// Who is told of which alerts, and when: the parts of an Alertmanager configuration that say so, with the same meaning.
/// Source: https://prometheus.io/docs/alerting/latest/configuration/
/// </summary>
/// <param name="Root">The route that every alert enters.</param>
/// <param name="Receivers">Receivers by name.</param>
/// <param name="Inhibitions">Which alerts mute which others.</param>
/// <param name="Intervals">Named time intervals.</param>
/// <param name="ResolveTimeout">When an alert from outside counts as ended that names no end.</param>
public sealed record NotificationPlan(
    Route Root, IReadOnlyDictionary<string, Receiver> Receivers, IReadOnlyList<InhibitRule> Inhibitions,
    IReadOnlyDictionary<string, IReadOnlyList<TimeInterval>> Intervals, TimeSpan ResolveTimeout)
{
    /// <summary>Whether alerts of the route may be told at this time.</summary>
    public bool IsActive(Route route, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.MuteTimes.Any(name => Holds(name, at))) return false;
        return route.ActiveTimes.Count == 0 || route.ActiveTimes.Any(name => Holds(name, at));
    }

    private bool Holds(string name, DateTimeOffset at) => Intervals[name].Any(interval => interval.Contains(at));
}

/// <summary>A node of the routing tree; what a child does not say it has from its parent.</summary>
/// <param name="Path">Identity in the tree: the matchers from the root to here.</param>
/// <param name="Receiver">Who is told.</param>
/// <param name="GroupBy">Labels whose values make one notification; null groups by all labels.</param>
/// <param name="GroupWait">How long a new group waits for more alerts.</param>
/// <param name="GroupInterval">How long until a changed group is told again.</param>
/// <param name="RepeatInterval">How long until an unchanged one is.</param>
/// <param name="Matchers">What enters here.</param>
/// <param name="Continue">Whether the siblings after it are asked too.</param>
/// <param name="MuteTimes">Names of intervals in which nobody is told.</param>
/// <param name="ActiveTimes">Names of intervals outside which nobody is told; empty for always.</param>
/// <param name="Routes">Children.</param>
public sealed record Route(
    string Path, string Receiver, IReadOnlyList<string>? GroupBy, TimeSpan GroupWait, TimeSpan GroupInterval, TimeSpan RepeatInterval,
    IReadOnlyList<Matcher> Matchers, bool Continue, IReadOnlyList<string> MuteTimes, IReadOnlyList<string> ActiveTimes,
    IReadOnlyList<Route> Routes)
{
    /// <summary>Line in the file; 1-based, 0 where there is none.</summary>
    public int Line { get; init; }

    /// <summary>The routes that an alert takes: the deepest that match, in order.</summary>
    public IReadOnlyList<Route> Match(Labels labels)
    {
        if (!Matchers.All(matcher => matcher.Matches(labels))) return [];
        var found = new List<Route>();
        foreach (var child in Routes)
        {
            var matches = child.Match(labels);
            found.AddRange(matches);
            if (matches.Count > 0 && !child.Continue) break;
        }

        return found.Count > 0 ? found : [this];
    }

    /// <summary>The labels that name the group of an alert on this route.</summary>
    public Labels GroupOf(Labels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return GroupBy is null ? labels : new LabelsBuilder(labels).Keep(GroupBy.ToArray()).Build();
    }

    /// <summary>This route and all below it.</summary>
    public IEnumerable<Route> All => Routes.SelectMany(r => r.All).Prepend(this);
}

/// <summary>Somebody, or something, that is told.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Channels">The ways; each is used.</param>
/// <param name="Fallback">The receiver that is told where a channel of this one fails; null takes another one that has channels.</param>
public sealed record Receiver(string Name, IReadOnlyList<ChannelDefinition> Channels, string? Fallback)
{
    /// <summary>Line in the file; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>While an alert fires that matches the source, alerts that match the target are not told, where the labels are equal.</summary>
/// <param name="Source">Conditions on the alert that mutes.</param>
/// <param name="Target">Conditions on the alert that is muted.</param>
/// <param name="Equal">Labels that must agree; a missing one equals an empty one.</param>
public sealed record InhibitRule(IReadOnlyList<Matcher> Source, IReadOnlyList<Matcher> Target, IReadOnlyList<string> Equal)
{
    /// <summary>Whether <paramref name="source"/> mutes <paramref name="target"/>.</summary>
    public bool Mutes(Labels source, Labels target)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        if (!Target.All(m => m.Matches(target)) || !Source.All(m => m.Matches(source))) return false;
        if (!Equal.All(name => source.Get(name) == target.Get(name))) return false;
        // An alert on both sides cannot be muted by another one that is on both sides too: they would mute each other.
        var targetIsSource = Source.All(m => m.Matches(target));
        var sourceIsTarget = Target.All(m => m.Matches(source));
        return !(targetIsSource && sourceIsTarget);
    }
}
