using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>A plan's use of a standing approval.</summary>
/// <param name="Number">Which use it is, from 1.</param>
/// <param name="Signers">Who signed ahead.</param>
internal sealed record StandingUse(Hash32 Grant, StandingGrant Terms, int Number, IReadOnlyList<string> Signers);

/// <summary>Judges at each use, in the transaction that uses it, whether a standing approval carries a plan.</summary>
internal sealed class StandingClearance(IOperatorDirectory operators, EvidenceVerifier verifier, TimeProvider clock)
{
    /// <summary>The use, or why not; both null where no standing approval was linked to the plan.</summary>
    /// <param name="policy">What the pack demands now.</param>
    public async Task<(StandingUse? Use, string? Why)> Judge(ActScope act, Plan plan, PolicyTerms policy, CancellationToken cancel)
    {
        var link = await act.QueryFirstOrDefault<Link>(
            """
            select l.grant_hash as grant, (select number::bigint from approvals.standing_uses u where u.plan_hash = l.plan_hash) as number
            from approvals.standing_links l where l.plan_hash = @hash
            """, new { hash = plan.Hash }, cancel);
        if (link is null) return (null, null);
        var row = (await StandingRecord.Find(act, link.Grant))!;
        var grant = StandingGrant.Read(row.Canonical);
        if (grant.Hash != link.Grant) return (null, "The standing approval's bytes do not have its hash.");
        if (row.EndKind is not null) return (null, $"Its standing approval is {row.EndKind}: {row.EndReason}");
        if (link.Number is null && row.ExpiresAt <= clock.GetUtcNow()) return (null, "Its standing approval has expired.");
        if (link.Number is null && row.Used >= row.Uses) return (null, $"Its standing approval was used {row.Used} times, as often as was signed.");
        if (!StandingEffects.Same(grant.Effects, StandingEffects.Of(plan))) return (null, "The plan is not what the standing approval allows.");
        if (!grant.Policy.AtLeastAsStrictAs(policy) || !grant.Policy.AtLeastAsStrictAs(plan.Policy))
            return (null, $"The policy '{policy.Name}' now asks for more than was signed ahead.");
        var votes = await Votes(act, grant, link.Grant, cancel);
        if (grant.Policy.Of is { } of && await operators.Holders(act, grant.Policy.Roles, cancel) is var holders && holders > of)
            return (null, $"The policy '{grant.Policy.Name}' is for {of} people at most and {holders} hold its roles.");
        var quorum = Quorum.Count(grant.Policy, grant.Requester, votes);
        return quorum.Met
            ? (new StandingUse(link.Grant, grant, (int)(link.Number ?? row.Used + 1), [.. votes.Select(v => v.OperatorId)]), null)
            : (null, $"Of the signatures of its standing approval {quorum.Counted} hold now and {quorum.Required} are needed.");
    }

    /// <summary>Counts the use, in the transaction that consumes the plan.</summary>
    public static async Task Consume(ActScope act, PlanRecord plan, StandingUse use)
    {
        await act.Execute(
            """
            insert into approvals.standing_uses (grant_hash, number, plan_hash, run_id, used_at) values (@grant, @number, @plan, @run, @now)
            """, new { grant = use.Grant, number = use.Number, plan = plan.Hash, run = plan.RunId, now = act.Now });
        act.Record("standing.use", use.Grant.ToString(), new()
        {
            ["plan"] = plan.Name,
            ["run"] = plan.RunId,
            ["alert"] = use.Terms.Alert,
            ["number"] = use.Number,
            ["of"] = use.Terms.Uses,
        });
        act.Signal(Signals.Notifications);
    }

    /// <summary>The signatures that hold now, each verified again with the present credentials and roles.</summary>
    public async Task<List<StandingVote>> Votes(ActScope act, StandingGrant grant, Hash32 hash, CancellationToken cancel)
    {
        var votes = new List<StandingVote>();
        foreach (var given in await StandingVoteRecord.Of(act, hash))
        {
            if (await operators.Find(act, given.OperatorId, cancel) is not { Active: true } person) continue;
            if (ApprovalEvidence.Read(given.Kind, given.Evidence) is not { } evidence) continue;
            var verdict = verifier.Verify(
                StandingTypedData.SigningHash(grant), StandingSignature.Challenge(grant), evidence, person, first: false);
            if (verdict is EvidenceVerifier.Verdict.Holds signed)
                votes.Add(new StandingVote(person.Id, person.Roles, Convert.ToHexStringLower(signed.Key)));
        }

        return votes;
    }

    private sealed record Link(Hash32 Grant, long? Number);
}
