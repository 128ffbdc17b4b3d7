using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>What a signature over a standing approval came to.</summary>
public sealed record StandingApproved(StandingState State, int Counted, int Required);

/// <summary>One operator signs a standing approval. With the policy's quorum of distinct people it is in force.</summary>
public sealed class ApproveStanding(
    OperationsStore store, IOperatorDirectory operators, EvidenceVerifier verifier, TimeProvider clock)
{
    /// <summary>Verifies, records and counts. A refused attempt is recorded as well.</summary>
    public async Task<Outcome<StandingApproved>> Approve(Hash32 hash, string operatorId, ApprovalEvidence evidence, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (await store.QueryFirstOrDefault<string>("select requester from approvals.standing where hash = @hash", new { hash }, cancel) is null)
            return Refusal.NotFound("standing approval", hash.ToString());
        return await store.Act<Outcome<StandingApproved>>(Actor.Operator(operatorId), "signs the standing approval", async act =>
        {
            // Signatures of the same person at the same instant are told apart by the lock of the guard; the row of the person orders them.
            var person = await operators.Find(act, operatorId, cancel);
            var row = (await StandingRecord.Find(act, hash))!;
            var grant = StandingGrant.Read(row.Canonical);
            var (refusal, signed) = await Judge(act, row, grant, person, operatorId, evidence);
            if (refusal is null && signed is not null && !await Take(act, hash, person!, signed, evidence))
                refusal = Refusal.Conflict("You signed already", $"{person!.Name} or this credential signed it.", "Another operator must sign.");
            if (refusal is not null)
            {
                act.Record("standing.approval-refused", hash.ToString(), new() { ["kind"] = evidence.Kind, ["why"] = refusal.Detail });
                return refusal;
            }

            if (evidence is ApprovalEvidence.Passkey) await operators.Used(act, signed!.Credential.Id, signed.SignCount, cancel);
            var now = (await StandingRecord.Find(act, hash))!;
            var counted = (await StandingVoteRecord.Of(act, hash)).Count;
            act.Record("standing.approve", hash.ToString(), new JsonObject
            {
                ["kind"] = evidence.Kind,
                ["credential"] = signed!.Credential.Id,
                ["evidence"] = evidence.ToJson(),
                ["counted"] = counted,
                ["required"] = grant.Policy.Required,
            });
            if (now.Quorum) act.Record("standing.in-force", hash.ToString(), new() { ["runbook"] = grant.Runbook, ["alert"] = grant.Alert });
            act.Signal(Signals.Plans);
            return new StandingApproved(now.State(clock.GetUtcNow()), counted, grant.Policy.Required);
        }, cancel);
    }

    private async Task<(Refusal? Refusal, EvidenceVerifier.Verdict.Holds? Signed)> Judge(
        ActScope act, StandingRecord row, StandingGrant grant, Operator? person, string operatorId, ApprovalEvidence evidence)
    {
        if (row.State(clock.GetUtcNow()) is not StandingState.Pending and var state)
            return (Refusal.Conflict("It takes no signature", $"The standing approval is {state.ToString().ToLowerInvariant()}.", "Ask for a new one."), null);
        if (person is not { Active: true })
            return (Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator."), null);
        if (!person.Roles.Any(role => grant.Policy.Roles.Contains(role, StringComparer.Ordinal)))
        {
            return (Refusal.Forbidden("Your roles do not allow it",
                $"The policy '{grant.Policy.Name}' asks for {string.Join(" or ", grant.Policy.Roles)}; {person.Name} holds {string.Join(", ", person.Roles)}.",
                "Ask someone who holds the role."), null);
        }

        if (!grant.Policy.RequesterCounts && grant.Requester == person.Actor)
        {
            return (Refusal.Forbidden("You asked for it", $"Under the policy '{grant.Policy.Name}' the requester is not one of the approvers.",
                "Another operator must sign."), null);
        }

        var verdict = verifier.Verify(StandingTypedData.SigningHash(grant), StandingSignature.Challenge(grant), evidence, person, first: true);
        if (verdict is EvidenceVerifier.Verdict.Fails failed)
            return (Refusal.Unproved("The signature is not over this standing approval", failed.Why, "Sign it as it is shown now."), null);
        var signed = (EvidenceVerifier.Verdict.Holds)verdict;
        foreach (var earlier in await StandingVoteRecord.Of(act, row.Hash))
        {
            if (earlier.OperatorId == person.Id)
                return (Refusal.Conflict("You signed already", $"{person.Name} signed at {earlier.ApprovedAt:O}.", "Another operator must sign."), null);
            if (earlier.CredentialKey.AsSpan().SequenceEqual(signed.Key))
            {
                return (Refusal.Forbidden("This credential signed already",
                    $"The same {evidence.Kind} signed for {earlier.OperatorName}: one authenticator is one person.", "Another person must sign."), null);
            }
        }

        return (null, signed);
    }

    private static async Task<bool> Take(
        ActScope act, Hash32 hash, Operator person, EvidenceVerifier.Verdict.Holds signed, ApprovalEvidence evidence) =>
        await act.Execute(
            """
            insert into approvals.standing_approvals
                (grant_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
            values (@hash, @id, @name, @roles, @kind, @credential, @key, @evidence::jsonb, @now) on conflict do nothing
            """,
            new
            {
                hash,
                id = person.Id,
                name = person.Name,
                roles = person.Roles.ToArray(),
                kind = evidence.Kind,
                credential = signed.Credential.Id,
                key = signed.Key,
                evidence = evidence.ToJson().ToJsonString(),
                now = act.Now,
            }) == 1;
}
