namespace Quarterdeck.Respond.Approvals;

/// <summary>One operator's approval as it counts now: with the roles held at the moment of judging, not of signing.</summary>
public sealed record StandingVote(string OperatorId, IReadOnlyList<string> Roles, string CredentialKey);

/// <summary>Whether enough distinct people approved.</summary>
public sealed record Quorum(int Counted, int Required)
{
    /// <summary>Whether the plan may run.</summary>
    public bool Met => Required >= 1 && Counted >= Required;

    /// <summary>
    /// Counts approvals: one for each operator and for each credential, only holders of a named role, the requester only
    /// where the policy says so.
    /// </summary>
    /// <param name="requester">The actor who asked, such as <c>operator:op_…</c> or <c>system:alerts</c>.</param>
    public static Quorum Count(PolicyTerms policy, string requester, IEnumerable<StandingVote> votes)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(votes);
        var people = new HashSet<string>(StringComparer.Ordinal);
        var credentials = new HashSet<string>(StringComparer.Ordinal);
        var counted = 0;
        foreach (var vote in votes)
        {
            if (!vote.Roles.Any(role => policy.Roles.Contains(role, StringComparer.Ordinal))) continue;
            if (!policy.RequesterCounts && requester == "operator:" + vote.OperatorId) continue;
            if (people.Contains(vote.OperatorId) || credentials.Contains(vote.CredentialKey)) continue;
            people.Add(vote.OperatorId);
            credentials.Add(vote.CredentialKey);
            counted++;
        }

        return new Quorum(counted, policy.Required);
    }
}
