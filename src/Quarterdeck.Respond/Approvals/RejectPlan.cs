using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>One operator says no. With as many as the policy asks for (one, unless it says more) the plan is rejected, whatever approvals it has.</summary>
public sealed class RejectPlan(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>Rejects, with a reason. Allowed to whoever could approve, and to the requester.</summary>
    public async Task<Outcome<PlanState>> Reject(Hash32 hash, string operatorId, string reason, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return Refusal.Invalid("A reason is needed", "A rejection says why.", "Write a sentence.");
        if (await store.QueryFirstOrDefault<string>("select run_id from approvals.plans where hash = @hash", new { hash }, cancel) is null)
            return Refusal.NotFound("plan", hash.ToString());
        return await store.Act<Outcome<PlanState>>(Actor.Parse("operator:" + operatorId), reason, async act =>
        {
            var plan = (await PlanRecord.Lock(act, hash))!;
            var person = await operators.Find(act, operatorId, cancel);
            var policy = Plan.Read(plan.Canonical).Policy;
            var roles = policy.Roles;
            Refusal? refusal = person is not { Active: true } || !(person.Actor == plan.Requester || person.Roles.Any(roles.Contains))
                ? Refusal.Forbidden("You may not reject this plan", $"It is for {string.Join(" or ", roles)} to decide.", "Ask someone who holds the role.")
                : plan.State.MayBecome(PlanState.Rejected)
                    ? null
                    : Refusal.Conflict("The plan cannot be rejected any more", $"Plan {plan.Name} is {plan.State.Text()}.",
                        "Abort the run to stop before its next step.");
            if (refusal is not null)
            {
                act.Record("plan.rejection-refused", plan.Name, new() { ["why"] = refusal.Detail });
                return refusal;
            }

            await act.Execute(
                """
                insert into approvals.denials (plan_hash, operator_id, reason, denied_at) values (@hash, @operatorId, @reason, @now)
                on conflict do nothing
                """, new { hash, operatorId, reason, now = act.Now });
            var denied = await act.QueryFirstOrDefault<long>("select count(*) from approvals.denials where plan_hash = @hash", new { hash });
            // Who asked for it takes it back at once.
            if (denied < policy.Denials && person!.Actor != plan.Requester)
            {
                act.Record("plan.deny", plan.Name, new() { ["why"] = reason, ["counted"] = denied, ["required"] = policy.Denials });
                act.Signal(Signals.Plans);
                return plan.State;
            }

            await plan.Close(act, PlanState.Rejected, reason);
            act.Signal(Signals.Runs);
            return PlanState.Rejected;
        }, cancel);
    }
}
