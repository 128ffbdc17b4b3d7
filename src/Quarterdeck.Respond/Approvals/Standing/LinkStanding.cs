using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>Lets a standing approval carry a plan that an alert's run put up. The use is counted later, when the plan is consumed.</summary>
internal sealed class LinkStanding(OperationsStore store, IOperatorDirectory operators, EvidenceVerifier verifier, TimeProvider clock)
{
    private static readonly Actor Automation = Actor.System("standing");
    private readonly StandingClearance _clearance = new(operators, verifier, clock);

    /// <summary>The grants in force, the one that ends first before the others.</summary>
    public async Task<IReadOnlyList<(Hash32 Hash, StandingGrant Grant)>> InForce(CancellationToken cancel) =>
    [
        .. (await store.Query<StandingRecord>($"{StandingRecord.Select} where g.expires_at > @now order by g.expires_at", new { now = clock.GetUtcNow() }, cancel))
            .Where(row => row.State(clock.GetUtcNow()) == StandingState.Active).Select(row => (row.Hash, StandingGrant.Read(row.Canonical))),
    ];

    /// <summary>Ends a grant because what it was signed for has changed.</summary>
    public Task Void(Hash32 grant, string why, CancellationToken cancel) => store.Act(Automation, why, async act =>
    {
        if (!await StandingRecord.End(act, grant, revoked: false, why)) act.Record("standing.void-moot", grant.ToString());
    }, cancel);

    /// <summary>Approves the plan by the grant; null where it was done, else why it was not.</summary>
    /// <param name="alertId">The alert that fires.</param>
    public Task<string?> Link(Hash32 plan, Hash32 grant, string alertId, CancellationToken cancel) =>
        store.Act<string?>(Automation, "an alert fires for which it was approved ahead", async act =>
        {
            var row = (await PlanRecord.Lock(act, plan))!;
            var given = (await StandingRecord.Find(act, grant))!;
            var terms = StandingGrant.Read(given.Canonical);
            var why = row.State != PlanState.Pending ? $"the plan is {row.State.Text()}"
                : Plan.Read(row.Canonical).Safe is not null ? "a Safe takes its owners' signatures over its own transaction and nothing that was approved ahead"
                : Plan.Read(row.Canonical).Actions.Count > 0 ? "a standing approval is for calls of contracts alone"
                : given.State(clock.GetUtcNow()) != StandingState.Active ? "the standing approval is not in force"
                : !StandingEffects.Same(terms.Effects, StandingEffects.Of(Plan.Read(row.Canonical))) ? "the plan is not what the standing approval allows"
                : !terms.Policy.AtLeastAsStrictAs(Plan.Read(row.Canonical).Policy) ? "the plan's policy asks for more than was signed ahead"
                : !Quorum.Count(terms.Policy, terms.Requester, await _clearance.Votes(act, terms, grant, cancel)).Met ? "its signatures do not hold any more"
                : null;
            if (why is not null)
            {
                act.Record("standing.link-refused", grant.ToString(), new() { ["plan"] = row.Name, ["why"] = why });
                return why;
            }

            await act.Execute(
                "insert into approvals.standing_links (plan_hash, grant_hash, alert_id, linked_at) values (@plan, @grant, @alertId, @now)",
                new { plan, grant, alertId, now = act.Now });
            await act.Execute("update approvals.plans set state = 'approved' where hash = @plan", new { plan });
            act.Record("plan.approved", row.Name, new() { ["run"] = row.RunId, ["standing"] = grant.ToString(), ["alert"] = terms.Alert });
            act.Signal(Signals.Plans);
            act.Signal(Signals.Runs);
            return null;
        }, cancel);
}
