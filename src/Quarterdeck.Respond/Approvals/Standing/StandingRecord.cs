using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>A grant as stored, with what became of it.</summary>
internal sealed record StandingRecord(
    Hash32 Hash, byte[] Canonical, string Requester, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, long Uses, long Used, bool Quorum,
    string? EndKind, string? EndedBy, string? EndReason, DateTimeOffset? EndedAt)
{
    public const string Select =
        """
        select g.hash, g.canonical, g.requester, g.created_at, g.expires_at, g.uses::bigint as uses,
               (select count(*) from approvals.standing_uses u where u.grant_hash = g.hash) as used,
               approvals.standing_quorum(g.hash) as quorum,
               e.kind as end_kind, e.ended_by, e.reason as end_reason, e.ended_at
        from approvals.standing g left join approvals.standing_ends e on e.grant_hash = g.hash
        """;

    public string Name => Hash.ToString();

    /// <summary>Where it stands.</summary>
    public StandingState State(DateTimeOffset now) =>
        EndKind == "revoked" ? StandingState.Revoked
        : EndKind is not null ? StandingState.Void
        : ExpiresAt <= now ? StandingState.Expired
        : !Quorum ? StandingState.Pending
        : Used >= Uses ? StandingState.Exhausted
        : StandingState.Active;

    public static Task<StandingRecord?> Find(ActScope act, Hash32 hash) =>
        act.QueryFirstOrDefault<StandingRecord>($"{Select} where g.hash = @hash", new { hash });

    /// <summary>Ends it in the transaction; false where it had ended already.</summary>
    public static async Task<bool> End(ActScope act, Hash32 hash, bool revoked, string reason)
    {
        var ended = await act.Execute(
            """
            insert into approvals.standing_ends (grant_hash, kind, ended_by, reason, ended_at) values (@hash, @kind, @by, @reason, @now)
            on conflict do nothing
            """, new { hash, kind = revoked ? "revoked" : "void", by = act.Actor.ToString(), reason, now = act.Now });
        if (ended == 0) return false;
        act.Record(revoked ? "standing.revoke" : "standing.void", hash.ToString(), new() { ["why"] = reason });
        // What it carried and was not used yet does not run any more.
        foreach (var plan in await act.Query<Hash32>(
            """
            select l.plan_hash from approvals.standing_links l join approvals.plans p on p.hash = l.plan_hash
            where l.grant_hash = @hash and p.state = 'approved' order by l.plan_hash for no key update of p
            """, new { hash }))
        {
            var row = (await PlanRecord.Lock(act, plan))!;
            if (row.State == PlanState.Approved && !await act.QueryFirstOrDefault<bool>("select approvals.quorum(@plan)", new { plan }))
                await row.Close(act, PlanState.Void, $"Its standing approval is over: {reason}");
        }

        act.Signal(Signals.Plans);
        act.Signal(Signals.Runs);
        return true;
    }
}

/// <summary>Where a standing approval stands.</summary>
public enum StandingState
{
    /// <summary>Waits for signatures.</summary>
    Pending,

    /// <summary>In force.</summary>
    Active,

    /// <summary>Used as often as was signed.</summary>
    Exhausted,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Taken back by a person.</summary>
    Revoked,

    /// <summary>What it was signed for has changed.</summary>
    Void,
}

/// <summary>A signature over a grant as stored.</summary>
internal sealed record StandingVoteRecord(
    string OperatorId, string OperatorName, string Kind, string CredentialId, byte[] CredentialKey, string Evidence, DateTimeOffset ApprovedAt)
{
    public static Task<IReadOnlyList<StandingVoteRecord>> Of(ActScope act, Hash32 grant) => act.Query<StandingVoteRecord>(
        """
        select operator_id, operator_name, kind, credential_id, credential_key, evidence::text as evidence, approved_at
        from approvals.standing_approvals where grant_hash = @grant order by approved_at, operator_id
        """, new { grant });
}
