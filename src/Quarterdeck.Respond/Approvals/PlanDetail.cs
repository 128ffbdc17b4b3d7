using System.Text;
using System.Text.Json;
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

/// <summary>A plan's stored bytes are not those that its hash names.</summary>
public sealed class DamagedPlanException(Hash32 hash, Exception? inner) : Exception(
    $"The stored bytes of the plan {hash} are damaged: they do not have its hash. Nothing can be approved or executed by it.", inner);

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
        var plan = Readable(hash, row.Canonical);
        return new PlanView(
            hash, Encoding.UTF8.GetString(row.Canonical), row.State, row.ClosedReason, plan, approvals, PlanTypedData.For(plan),
            PlanChallenge.For(plan));
    }

    // Bytes that are not what was hashed are shown to nobody as a plan, and are not a fault of whoever asks.
    private static Plan Readable(Hash32 hash, byte[] canonical)
    {
        Exception? why = null;
        try
        {
            var plan = Plan.Read(canonical);
            if (plan.Hash == hash) return plan;
        }
        catch (Exception problem) when (problem is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            why = problem;
        }

        throw new DamagedPlanException(hash, why);
    }

    private sealed record Row(byte[] Canonical, PlanState State, string? ClosedReason);
}
