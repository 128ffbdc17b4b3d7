using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Checking;

/// <summary>Holds notifications.yaml against the pack's alerts: who is told of each, and whether anybody is.</summary>
public static class NotificationCheck
{
    private const string Name = "notifications.yaml";

    /// <summary>Findings of the file itself, then of where alerts go; none where the pack has no such file.</summary>
    public static IReadOnlyList<Finding> Check(ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        var path = Path.Combine(pack.Root, Name);
        if (!File.Exists(path)) return [];
        var (plan, read) = NotificationFile.Load(path);
        var findings = new FindingList(Name);
        findings.AddRange(read.Select(f => f with { File = Name }));
        if (plan is null) return findings.All;

        var alerts = pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<AlertingRule>().ToList();
        Receivers(plan, findings);
        Alerts(plan, alerts, findings);
        Routes(plan, alerts, findings);
        return findings.All;
    }

    private static void Receivers(NotificationPlan plan, FindingList findings)
    {
        var named = plan.Root.All.Select(r => r.Receiver).Concat(plan.Receivers.Values.Select(r => r.Fallback ?? "")).ToHashSet(StringComparer.Ordinal);
        foreach (var receiver in plan.Receivers.Values)
        {
            var at = new Position(receiver.Line);
            if (!named.Contains(receiver.Name))
                findings.Warning(FindingCodes.ReceiverUnused, at, $"No route leads to the receiver '{receiver.Name}'.", "Name it in a route, or remove it.");
            else if (receiver.Channels.Count == 0)
            {
                findings.Warning(FindingCodes.ReceiverWithoutChannel, at, $"The receiver '{receiver.Name}' has no channel.",
                    "Add webhook_configs, slack_configs, pagerduty_configs or opsgenie_configs.");
            }
        }
    }

    // An alert's labels are those that its rule sets; what the series add is not known here, and can lead elsewhere.
    private static void Alerts(NotificationPlan plan, List<AlertingRule> alerts, FindingList findings)
    {
        foreach (var alert in alerts)
        {
            var receivers = plan.Root.Match(LabelsOf(alert)).Select(r => r.Receiver).Distinct().ToList();
            if (receivers.Exists(r => plan.Receivers[r].Channels.Count > 0)) continue;
            var message = $"Nobody is told of the alert '{alert.Name}': it goes to {string.Join(", ", receivers.Select(r => $"'{r}'"))}, which has no channel.";
            const string remedy = "Give the receiver a channel, or route the alert to another.";
            var at = new Position(plan.Receivers[receivers[0]].Line);
            if (alert.Labels.TryGetValue("severity", out var severity) && severity is "critical" or "page")
                findings.Error(FindingCodes.AlertToldNobody, at, message, remedy);
            else findings.Warning(FindingCodes.AlertToldNobody, at, message, remedy);
        }
    }

    private static void Routes(NotificationPlan plan, List<AlertingRule> alerts, FindingList findings)
    {
        var names = alerts.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        var taken = alerts.SelectMany(a => Passed(plan.Root, LabelsOf(a))).ToHashSet(ReferenceEqualityComparer.Instance);
        // Labels that only series carry can decide too: a route is called unused only where it asks for labels that rules set.
        var set = alerts.SelectMany(a => a.Labels.Keys).Append(AlertEvaluation.AlertName).ToHashSet(StringComparer.Ordinal);
        var open = alerts.Any(a => a.Labels.Values.Any(v => v.Contains("{{", StringComparison.Ordinal)));
        foreach (var route in plan.Root.All.Skip(1))
        {
            var unknown = route.Matchers.FirstOrDefault(m => m.Name == AlertEvaluation.AlertName
                && m.Kind is MatchKind.Equal or MatchKind.Regex && !names.Any(m.Matches));
            if (unknown is not null)
            {
                findings.Warning(FindingCodes.RouteForUnknownAlert, new Position(route.Line), $"No rule of the pack is the alert that {unknown} asks for.",
                    NearestName.Suggest(unknown.Value, names, "Name an alert of alerts.yaml."));
            }
            else if (!open && !taken.Contains(route) && route.Matchers.All(m => set.Contains(m.Name)))
            {
                findings.Warning(FindingCodes.RouteNeverTaken, new Position(route.Line),
                    $"No alert of the pack takes the route {route.Path} to '{route.Receiver}'.", "Mend its matchers, or move it before the sibling that takes its alerts.");
            }
        }
    }

    /// <summary>Every route that an alert passes or ends at.</summary>
    private static IEnumerable<Route> Passed(Route route, Labels labels)
    {
        if (!route.Matchers.All(m => m.Matches(labels))) yield break;
        yield return route;
        foreach (var child in route.Routes)
        {
            var passed = Passed(child, labels).ToList();
            foreach (var found in passed) yield return found;
            if (passed.Count > 0 && !child.Continue) yield break;
        }
    }

    private static Labels LabelsOf(AlertingRule rule) => Labels.From(
        [.. rule.Labels.Where(l => !l.Value.Contains("{{", StringComparison.Ordinal)), new KeyValuePair<string, string>(AlertEvaluation.AlertName, rule.Name)]);
}
