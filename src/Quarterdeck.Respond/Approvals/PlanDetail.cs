using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>An approval given.</summary>
public sealed record GivenApproval(string OperatorId, string OperatorName, string Kind, DateTimeOffset ApprovedAt);

/// <summary>A plan as an approver must see it, all of it from the stored bytes.</summary>
/// <param name="Canonical">The bytes whose SHA-256 is the plan's hash, as text.</param>
/// <param name="TypedData">What a wallet signs (eth_signTypedData_v4).</param>
/// <param name="PasskeyChallenge">What a passkey signs.</param>
public sealed record PlanView(
    Hash32 Hash, string Canonical, PlanState State, string? ClosedReason, Plan Plan, IReadOnlyList<GivenApproval> Approvals,
    JsonObject TypedData, byte[] PasskeyChallenge);

/// <summary>Shows one plan.</summary>
public sealed class PlanDetail(OperationsStore store)
{
    /// <summary>The plan; null where there is none.</summary>
    public async Task<PlanView?> Query(Hash32 hash, CancellationToken cancel)
    {
        var row = await store.QueryFirstOrDefault<Row>(
            "select canonical, state, closed_reason from approvals.plans where hash = @hash", new { hash }, cancel);
        if (row is null) return null;
        var approvals = await store.Query<GivenApproval>(
            """
            select operator_id, operator_name, kind, approved_at from approvals.approvals a
            where plan_hash = @hash
              and not exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id)
            order by approved_at
            """, new { hash }, cancel);
        var plan = Plan.Read(row.Canonical);
        return new PlanView(
            hash, Encoding.UTF8.GetString(row.Canonical), row.State, row.ClosedReason, plan, approvals, PlanTypedData.For(plan),
            PlanChallenge.For(plan));
    }

    private sealed record Row(byte[] Canonical, PlanState State, string? ClosedReason);
}
