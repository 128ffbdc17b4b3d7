using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>A plan as stored.</summary>
internal sealed record PlanRecord(
    Hash32 Hash, byte[] Canonical, string RunId, int Stage, string Requester, PlanState State,
    DateTimeOffset ExpiresAt, string? ClosedReason)
{
    private const string Columns = "hash, canonical, run_id, stage, requester, state, expires_at, closed_reason";

    public string Name => Hash.ToString();

    /// <summary>The plan with this hash, locked until the transaction ends; null where there is none.</summary>
    public static Task<PlanRecord?> Lock(ActScope act, Hash32 hash) => act.QueryFirstOrDefault<PlanRecord>(
        $"select {Columns} from approvals.plans where hash = @hash for no key update", new { hash });

    /// <summary>The plans of a run that may still be used, locked.</summary>
    public static Task<IReadOnlyList<PlanRecord>> LockLive(ActScope act, string runId) => act.Query<PlanRecord>(
        $"""
        select {Columns} from approvals.plans
        where run_id = @runId and state in ('pending', 'approved', 'executing') order by stage for no key update
        """, new { runId });

    /// <summary>Moves the plan to a state from which nothing follows.</summary>
    public async Task Close(ActScope act, PlanState to, string reason)
    {
        if (!State.MayBecome(to)) throw new InvalidOperationException($"Plan {Name} cannot go from {State.Text()} to {to.Text()}.");
        await act.Execute(
            """
            update approvals.plans set state = @to, closed_at = @now, closed_by = @by, closed_reason = @reason where hash = @hash
            """, new { to = to.Text(), now = act.Now, by = act.Actor.ToString(), reason, hash = Hash });
        act.Record($"plan.{Verb(to)}", Name, new() { ["run"] = RunId, ["stage"] = Stage, ["why"] = reason });
        act.Signal(Signals.Plans);
    }

    private static string Verb(PlanState state) => state switch
    {
        PlanState.Rejected => "reject",
        PlanState.Expired => "expire",
        PlanState.Executed => "complete",
        _ => "void",
    };
}

/// <summary>An approval as stored.</summary>
internal sealed record ApprovalRecord(
    string OperatorId, string OperatorName, string Kind, string CredentialId, byte[] CredentialKey, string Evidence,
    DateTimeOffset ApprovedAt, bool Withdrawn)
{
    public static Task<IReadOnlyList<ApprovalRecord>> Of(ActScope act, Hash32 plan) => act.Query<ApprovalRecord>(
        """
        select operator_id, operator_name, kind, credential_id, credential_key, evidence::text as evidence, approved_at,
               exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id) as withdrawn
        from approvals.approvals a where plan_hash = @plan order by approved_at, operator_id
        """, new { plan });
}
