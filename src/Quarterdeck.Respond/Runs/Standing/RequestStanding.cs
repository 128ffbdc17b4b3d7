using System.Security.Cryptography;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Standing;

/// <summary>What is asked for.</summary>
/// <param name="Alert">The rule under which it may be used.</param>
/// <param name="Uses">How often; 1 to 100.</param>
/// <param name="Lifetime">For how long; 90 days at most.</param>
public sealed record StandingAsk(string Pack, string Runbook, string Alert, int Uses, TimeSpan Lifetime, string Reason);

/// <summary>Puts a standing approval up for signatures: the runbook's writes as they are now, under one alert, for so many uses.</summary>
public sealed class RequestStanding(OperationsStore store, PackBindings bindings, StagePlanning planning, TimeProvider clock)
{
    /// <summary>Asks; nothing is in force before the policy's quorum has signed. Returns the grant's hash.</summary>
    public async Task<Outcome<Hash32>> Request(StandingAsk ask, string operatorId, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ask);
        if (string.IsNullOrWhiteSpace(ask.Reason)) return Refusal.Invalid("A reason is needed", "Signers read why it is asked for.", "Write a sentence.");
        if (ask.Uses is < 1 or > StandingGrant.MostUses)
            return Refusal.Invalid("So many uses cannot be approved ahead", $"{ask.Uses} uses.", $"Ask for 1 to {StandingGrant.MostUses}.");
        if (ask.Lifetime < TimeSpan.FromMinutes(1) || ask.Lifetime > StandingGrant.Longest)
            return Refusal.Invalid("It would last too long or not at all", $"{ask.Lifetime}.", $"Ask for {StandingGrant.Longest.TotalDays:0} days at most.");
        if (bindings.Find(ask.Pack) is not { } pack) return Refusal.NotFound("pack", ask.Pack);
        if (bindings.Runbook(ask.Pack, ask.Runbook) is not { } runbook) return Refusal.NotFound("runbook", $"{ask.Pack}/{ask.Runbook}");
        if (!StandingDraft.HasAlert(pack, ask.Alert)) return Refusal.NotFound("alert rule", $"{ask.Pack}/{ask.Alert}");
        if (!pack.Pack.Policies.Propose.Contains(ask.Runbook, StringComparer.Ordinal))
        {
            return Refusal.Invalid("Alerts do not propose this runbook", $"'{ask.Runbook}' is not under propose: in policies.yaml, so automation never comes to it.",
                "List it there first.");
        }

        var actor = Actor.Operator(operatorId);
        var (plan, terms, refusal) = await new StandingDraft(bindings, planning).Make(pack, runbook, actor.ToString(), cancel);
        if (refusal is not null) return refusal;
        var now = PlanDocument.Truncate(clock.GetUtcNow());
        var grant = new StandingGrant(
            plan!.Environment, plan.Pack, plan.Runbook, plan.RunbookHash, ask.Alert, actor.ToString(), ask.Reason.Trim(), terms!, ask.Uses, now,
            PlanDocument.Truncate(now + ask.Lifetime), new Hash32(RandomNumberGenerator.GetBytes(32)), StandingEffects.Of(plan));
        await store.Act(actor, ask.Reason.Trim(), async act =>
        {
            await act.Execute(
                """
                insert into approvals.standing (hash, canonical, requester, uses, created_at, expires_at)
                values (@hash, @canonical, @requester, @uses, @created, @expires)
                """,
                new
                {
                    hash = grant.Hash,
                    canonical = grant.Canonical,
                    requester = grant.Requester,
                    uses = grant.Uses,
                    created = grant.CreatedAt,
                    expires = grant.ExpiresAt,
                });
            act.Record("standing.request", grant.Hash.ToString(), new()
            {
                ["runbook"] = grant.Runbook,
                ["alert"] = grant.Alert,
                ["canonical"] = System.Text.Encoding.UTF8.GetString(grant.Canonical),
            });
            act.Signal(Signals.Plans);
        }, cancel);
        return grant.Hash;
    }
}
