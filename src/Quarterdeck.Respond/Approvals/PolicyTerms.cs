namespace Quarterdeck.Respond.Approvals;

/// <summary>The terms under which a plan may run, copied into the plan so that they are signed with it.</summary>
/// <param name="Name">The policy's name in policies.yaml.</param>
/// <param name="Required">How many distinct operators; at least 1.</param>
/// <param name="Roles">An approver holds at least one of them. Empty means nobody.</param>
/// <param name="RequesterCounts">Whether who asked for the run may be one of the approvers.</param>
/// <param name="Expires">How long the plan waits for its approvals and its first use.</param>
/// <param name="TypeTargetName">Whether an approver types the target's name first.</param>
public sealed record PolicyTerms(
    string Name, int Required, IReadOnlyList<string> Roles, bool RequesterCounts, TimeSpan Expires, bool TypeTargetName)
{
    /// <summary>How many people at most hold the roles; null where it does not matter.</summary>
    public int? Of { get; init; }

    /// <summary>How many people must say no until the plan is rejected.</summary>
    public int Denials { get; init; } = 1;

    /// <summary>Roles of which one person may act at once, reviewed afterwards; empty where nobody may.</summary>
    public IReadOnlyList<string> BreakGlass { get; init; } = [];

    /// <summary>Whether these terms let pass only what <paramref name="other"/> lets pass as well.</summary>
    public bool AtLeastAsStrictAs(PolicyTerms other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Required >= other.Required
            && Roles.All(role => other.Roles.Contains(role, StringComparer.Ordinal))
            && (!RequesterCounts || other.RequesterCounts)
            && (other.Of is null || Of <= other.Of)
            && Denials <= other.Denials
            && BreakGlass.All(role => other.BreakGlass.Contains(role, StringComparer.Ordinal));
    }

    /// <summary>The terms of the strictest among several classes of calls: the most approvals, the roles common to all, the shortest time.</summary>
    public static PolicyTerms Strictest(IReadOnlyList<PolicyTerms> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0) throw new ArgumentException("There are no terms to choose from.", nameof(terms));
        var distinct = terms.DistinctBy(t => t.Name).ToList();
        return distinct.Count == 1
            ? distinct[0]
            : new PolicyTerms(
                string.Join("+", distinct.Select(t => t.Name).Order(StringComparer.Ordinal)),
                distinct.Max(t => t.Required),
                [.. distinct[0].Roles.Where(role => distinct.All(t => t.Roles.Contains(role, StringComparer.Ordinal)))],
                distinct.All(t => t.RequesterCounts),
                distinct.Min(t => t.Expires),
                distinct.Any(t => t.TypeTargetName))
            {
                Of = distinct.Min(t => t.Of),
                Denials = distinct.Min(t => t.Denials),
                BreakGlass = [.. distinct[0].BreakGlass.Where(role => distinct.All(t => t.BreakGlass.Contains(role, StringComparer.Ordinal)))],
            };
    }
}
