using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>One person takes a standing approval back, at once and for good: it takes power away and gives none.</summary>
public sealed class RevokeStanding(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>Revokes, with a reason.</summary>
    public async Task<Outcome<bool>> Revoke(Hash32 hash, string operatorId, string reason, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refusal.Invalid("A reason is needed", "A revocation says why.", "Write a sentence.");
        if (await store.QueryFirstOrDefault<string>("select requester from approvals.standing where hash = @hash", new { hash }, cancel) is null)
            return Refusal.NotFound("standing approval", hash.ToString());
        return await store.Act<Outcome<bool>>(Actor.Operator(operatorId), reason.Trim(), async act =>
        {
            var person = await operators.Find(act, operatorId, cancel);
            Refusal? refusal = person is not { Active: true }
                ? Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator.")
                : await StandingRecord.End(act, hash, revoked: true, reason.Trim())
                    ? null
                    : Refusal.Conflict("It is over already", "The standing approval was revoked or is void.", "There is nothing to do.");
            if (refusal is null) return true;
            act.Record("standing.revocation-refused", hash.ToString(), new() { ["why"] = refusal.Detail });
            return refusal;
        }, cancel);
    }
}
