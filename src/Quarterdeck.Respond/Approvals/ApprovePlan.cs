using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>What an approval came to.</summary>
public sealed record PlanApproved(PlanState State, int Counted, int Required);

/// <summary>One operator approves a plan by signature. With the policy's quorum the plan becomes approved.</summary>
public sealed class ApprovePlan(
    OperationsStore store, IOperatorDirectory operators, EvidenceVerifier verifier, TimeProvider clock)
{
    /// <summary>Verifies, records and counts. A refused attempt is recorded as well.</summary>
    public Task<Outcome<PlanApproved>> Approve(Hash32 hash, string operatorId, ApprovalEvidence evidence, CancellationToken cancel) =>
        Approve(hash, operatorId, evidence, null, cancel);

    /// <summary>The same; with an emergency, one person's signature is enough where the policy lets them.</summary>
    internal async Task<Outcome<PlanApproved>> Approve(
        Hash32 hash, string operatorId, ApprovalEvidence evidence, Emergency? emergency, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var known = await store.QueryFirstOrDefault<string>("select run_id from approvals.plans where hash = @hash", new { hash }, cancel);
        if (known is null) return Refusal.NotFound("plan", hash.ToString());
        var outcome = await store.Act<Outcome<PlanApproved>>(
            Actor.Parse("operator:" + operatorId), emergency?.Reason ?? "approves the plan", async act =>
            {
                var plan = (await PlanRecord.Lock(act, hash))!;
                var judged = await Judge(act, plan, operatorId, evidence, emergency is not null, cancel);
                if (judged.Refusal is { } refusal)
                {
                    act.Record("plan.approval-refused", plan.Name, new() { ["kind"] = evidence.Kind, ["why"] = refusal.Detail });
                    return refusal;
                }

                return await Take(act, plan, judged, evidence, emergency, cancel);
            }, cancel);
        if (outcome is Outcome<PlanApproved>.Done) CrashPoints.Reached(ApprovalCrashPoints.Approved);
        return outcome;
    }

    private async Task<Judged> Judge(
        ActScope act, PlanRecord row, string operatorId, ApprovalEvidence evidence, bool alone, CancellationToken cancel)
    {
        if (row.State != PlanState.Pending)
        {
            return Judged.No(Refusal.Conflict("The plan takes no approval", $"Plan {row.Name} is {row.State.Text()}.",
                "Propose the run again if it is still needed."));
        }

        if (row.ExpiresAt <= clock.GetUtcNow())
        {
            return Judged.No(Refusal.Conflict("The plan has expired", $"Plan {row.Name} expired at {row.ExpiresAt:O}.",
                "Propose the run again: the chain is looked at afresh."));
        }

        var plan = Plan.Read(row.Canonical);
        var person = await operators.Find(act, operatorId, cancel);
        if (person is not { Active: true })
            return Judged.No(Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator."));
        var roles = alone ? plan.Policy.BreakGlass : plan.Policy.Roles;
        if (alone && roles.Count == 0)
        {
            return Judged.No(Refusal.Forbidden("Nobody acts alone here", $"The policy '{plan.Policy.Name}' names no one who may break the glass.",
                "Another operator must approve."));
        }

        if (!person.Roles.Any(role => roles.Contains(role, StringComparer.Ordinal)))
        {
            return Judged.No(Refusal.Forbidden("Your roles do not allow it",
                $"The policy '{plan.Policy.Name}' asks for {string.Join(" or ", roles)}; {person.Name} holds {string.Join(", ", person.Roles)}.",
                "Ask someone who holds the role."));
        }

        if (!alone && !plan.Policy.RequesterCounts && row.Requester == person.Actor)
        {
            return Judged.No(Refusal.Forbidden("You asked for this run",
                $"Under the policy '{plan.Policy.Name}' the requester is not one of the approvers.", "Another operator must approve."));
        }

        if (await act.QueryFirstOrDefault<bool>(
            "select exists (select 1 from approvals.denials where plan_hash = @hash and operator_id = @id)", new { hash = row.Hash, id = person.Id }, cancel))
        {
            return Judged.No(Refusal.Conflict("You said no to it", $"{person.Name} denied this plan.", "Another operator must approve."));
        }

        var verdict = verifier.Verify(plan, evidence, person, first: true);
        if (verdict is EvidenceVerifier.Verdict.Fails failed)
            return Judged.No(Refusal.Unproved("The signature does not approve this plan", failed.Why, "Sign the plan as it is shown now."));
        var signed = (EvidenceVerifier.Verdict.Holds)verdict;

        foreach (var earlier in await ApprovalRecord.Of(act, row.Hash))
        {
            if (earlier.OperatorId == person.Id)
                return Judged.No(Refusal.Conflict("You approved already", $"{person.Name} approved at {earlier.ApprovedAt:O}.", "Another operator must approve."));
            if (earlier.CredentialKey.AsSpan().SequenceEqual(signed.Key))
            {
                return Judged.No(Refusal.Forbidden("This credential approved already",
                    $"The same {evidence.Kind} signed for {earlier.OperatorName}: one authenticator is one person.", "Another person must approve."));
            }
        }

        return new Judged(null, person, signed, plan.Policy.Required);
    }

    private async Task<PlanApproved> Take(
        ActScope act, PlanRecord plan, Judged judged, ApprovalEvidence evidence, Emergency? emergency, CancellationToken cancel)
    {
        var (person, signed) = (judged.Person!, judged.Signed!);
        if (emergency is not null)
        {
            await act.Execute(
                "insert into approvals.break_glass (plan_hash, operator_id, reason, broken_at) values (@hash, @id, @reason, @now)",
                new { hash = plan.Hash, id = person.Id, reason = emergency.Reason, now = act.Now }, cancel);
            act.Record("plan.break-glass", plan.Name, new() { ["run"] = plan.RunId, ["reason"] = emergency.Reason });
            await emergency.Announce(act, plan.RunId, person.Name);
        }

        await act.Execute(
            """
            insert into approvals.approvals
                (plan_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
            values (@hash, @id, @name, @roles, @kind, @credential, @key, @evidence::jsonb, @now)
            """,
            new
            {
                hash = plan.Hash,
                id = person.Id,
                name = person.Name,
                roles = person.Roles.ToArray(),
                kind = evidence.Kind,
                credential = signed.Credential.Id,
                key = signed.Key,
                evidence = evidence.ToJson().ToJsonString(),
                now = act.Now,
            }, cancel);
        if (evidence is ApprovalEvidence.Passkey) await operators.Used(act, signed.Credential.Id, signed.SignCount, cancel);

        var counted = (await ApprovalRecord.Of(act, plan.Hash)).Count(a => !a.Withdrawn);
        var met = emergency is not null || counted >= judged.Required;
        act.Record("plan.approve", plan.Name, new JsonObject
        {
            ["run"] = plan.RunId,
            ["kind"] = evidence.Kind,
            ["credential"] = signed.Credential.Id,
            ["evidence"] = evidence.ToJson(),
            ["counted"] = counted,
            ["required"] = judged.Required,
        });
        if (met)
        {
            await act.Execute("update approvals.plans set state = 'approved' where hash = @hash", new { hash = plan.Hash }, cancel);
            act.Record("plan.approved", plan.Name, new() { ["run"] = plan.RunId });
        }

        act.Signal(Signals.Plans);
        act.Signal(Signals.Runs);
        return new PlanApproved(met ? PlanState.Approved : PlanState.Pending, counted, judged.Required);
    }

    private sealed record Judged(Refusal? Refusal, Operator? Person, EvidenceVerifier.Verdict.Holds? Signed, int Required)
    {
        public static Judged No(Refusal refusal) => new(refusal, null, null, 0);
    }
}

/// <summary>One person acts alone, where the policy lets them.</summary>
/// <param name="Reason">Why there is no time for a second.</param>
/// <param name="Announce">Tells everybody, in the same transaction: run and person.</param>
internal sealed record Emergency(string Reason, Func<ActScope, string, string, Task> Announce);

/// <summary>Where a process may die while approving.</summary>
[CrashPointNames]
internal static class ApprovalCrashPoints
{
    /// <summary>The approval is committed, nobody told.</summary>
    public const string Approved = "approvals.approved";
}
