using System.Collections.Concurrent;
using Quarterdeck.Packs.Alerts;

namespace Quarterdeck.Observe.Alerts;

/// <summary>How each rule's last evaluation went. A rule that cannot be evaluated neither fires nor resolves, and is seen here.</summary>
public sealed class RuleHealth
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<RuleCondition>> _packs = new(StringComparer.Ordinal);

    /// <summary>The rules of all packs that this process evaluates.</summary>
    public IReadOnlyList<RuleCondition> Rules => [.. _packs.Values.SelectMany(r => r)];

    /// <summary>
    /// The expression behind an alert. Rules may share a name, as a warning and a critical one do; the one whose labels the alert
    /// carries is meant.
    /// </summary>
    public string? ExpressionOf(string pack, string name, IReadOnlyDictionary<string, string> labels)
    {
        var named = _packs.GetValueOrDefault(pack, []).Where(r => r.Alerts && r.Name == name).ToList();
        return (named.Find(r => Fits(r, labels)) ?? named.FirstOrDefault())?.Expression;
    }

    private static bool Fits(RuleCondition rule, IReadOnlyDictionary<string, string> labels) => rule.Labels.All(l =>
        l.Value.Contains("{{", StringComparison.Ordinal) || (labels.TryGetValue(l.Key, out var value) && value == l.Value));

    internal void Note(string pack, IReadOnlyList<RuleGroupState> groups) => _packs[pack] =
    [
        .. from state in groups
           where state.EvaluatedAtMs is not null
           let at = DateTimeOffset.FromUnixTimeMilliseconds(state.EvaluatedAtMs!.Value)
           from i in Enumerable.Range(0, state.Rules.Length)
           let rule = state.Group.Rules[i]
           select new RuleCondition(
               pack, state.Group.Name, rule.Name, rule is AlertingRule, rule.Query.Text, rule.Labels, state.Rules[i].LastError, at, state.Took[i]),
    ];
}

/// <summary>One rule and its last evaluation.</summary>
/// <param name="Pack">Pack.</param>
/// <param name="Group">Group.</param>
/// <param name="Name">Alert or recorded metric.</param>
/// <param name="Alerts">True for an alerting rule.</param>
/// <param name="Expression">Its expression.</param>
/// <param name="Labels">The rule's own labels; templates in an alerting rule.</param>
/// <param name="Error">Why it could not be evaluated; null where it could.</param>
/// <param name="At">When.</param>
/// <param name="Took">How long it took.</param>
public sealed record RuleCondition(
    string Pack, string Group, string Name, bool Alerts, string Expression, IReadOnlyDictionary<string, string> Labels, string? Error,
    DateTimeOffset At, TimeSpan Took);
