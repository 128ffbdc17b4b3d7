using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Ends the approvals of an operator that were not used yet, in the transaction that removes them or their authenticator.</summary>
public static class WithdrawApprovals
{
    /// <summary>Withdraws them and returns how many. A plan that had its quorum by them is void.</summary>
    public static async Task<int> Of(ActScope act, string operatorId, string reason)
    {
        ArgumentNullException.ThrowIfNull(act);
        var plans = await act.Query<Hash32>(
            """
            select p.hash from approvals.plans p join approvals.approvals a on a.plan_hash = p.hash
            where a.operator_id = @operatorId and p.state in ('pending', 'approved')
              and not exists (select 1 from approvals.withdrawals w where w.plan_hash = p.hash and w.operator_id = a.operator_id)
            order by p.hash for no key update of p
            """, new { operatorId });
        foreach (var hash in plans)
        {
            await act.Execute(
                """
                insert into approvals.withdrawals (plan_hash, operator_id, withdrawn_by, reason, withdrawn_at)
                values (@hash, @operatorId, @by, @reason, @now)
                """, new { hash, operatorId, by = act.Actor.ToString(), reason, now = act.Now });
            act.Record("plan.approval-withdraw", hash.ToString(), new() { ["operator"] = operatorId, ["why"] = reason });
            var plan = (await PlanRecord.Lock(act, hash))!;
            if (plan.State == PlanState.Approved && !await act.QueryFirstOrDefault<bool>("select approvals.quorum(@hash) is true", new { hash }))
                await plan.Close(act, PlanState.Void, $"The approval of {operatorId} was withdrawn: {reason}");
        }

        // A standing approval that they signed is not in force any more, whoever else signed it.
        foreach (var hash in await act.Query<Hash32>(
            """
            select a.grant_hash from approvals.standing_approvals a
            where a.operator_id = @operatorId and not exists (select 1 from approvals.standing_ends e where e.grant_hash = a.grant_hash)
            order by a.grant_hash
            """, new { operatorId }))
        {
            await StandingRecord.End(act, hash, revoked: false, $"The signature of {operatorId} was withdrawn: {reason}");
        }

        if (plans.Count > 0)
        {
            act.Signal(Signals.Plans);
            act.Signal(Signals.Runs);
        }

        return plans.Count;
    }
}
