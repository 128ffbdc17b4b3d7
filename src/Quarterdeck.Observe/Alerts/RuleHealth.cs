using System.Collections.Concurrent;
using Quarterdeck.Packs.Alerts;

namespace Quarterdeck.Observe.Alerts;

/// <summary>How each rule's last evaluation went. A rule that cannot be evaluated neither fires nor resolves, and is seen here.</summary>
public sealed class RuleHealth
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<RuleCondition>> _packs = new(StringComparer.Ordinal);

    /// <summary>The rules of all packs that this process evaluates.</summary>
    public IReadOnlyList<RuleCondition> Rules => [.. _packs.Values.SelectMany(r => r)];

    internal void Note(string pack, IReadOnlyList<RuleGroupState> groups, DateTimeOffset at) => _packs[pack] =
    [
        .. from state in groups
           from pair in state.Group.Rules.Zip(state.Rules)
           select new RuleCondition(pack, state.Group.Name, pair.First.Name, pair.First is AlertingRule, pair.First.Query.Text,
               pair.Second.LastError, at),
    ];
}

/// <summary>One rule and its last evaluation.</summary>
/// <param name="Pack">Pack.</param>
/// <param name="Group">Group.</param>
/// <param name="Name">Alert or recorded metric.</param>
/// <param name="Alerts">True for an alerting rule.</param>
/// <param name="Expression">Its expression.</param>
/// <param name="Error">Why it could not be evaluated; null where it could.</param>
/// <param name="At">When.</param>
public sealed record RuleCondition(
    string Pack, string Group, string Name, bool Alerts, string Expression, string? Error, DateTimeOffset At);
