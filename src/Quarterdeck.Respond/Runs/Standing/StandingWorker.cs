using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Standing;

/// <summary>
/// Lets standing approvals carry the plans that alerts put up: only while the alert that was named fires, by a rule of the pack and
/// not told from outside, and only where nothing changed since it was signed. What changed makes it void.
/// </summary>
internal sealed class StandingWorker(
    OperationsStore store, LinkStanding standing, PackBindings bindings, StagePlanning planning, TimeProvider clock, ILogger<StandingWorker> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly StandingDraft _draft = new(bindings, planning);

    // A link that was refused is recorded once, not every second.
    private readonly HashSet<(Hash32 Plan, Hash32 Grant)> _refused = [];

    /// <summary>One round; how many plans were carried.</summary>
    public async Task<int> Reconcile(CancellationToken cancel)
    {
        var grants = new List<(Hash32 Hash, StandingGrant Grant)>();
        foreach (var (hash, grant) in await standing.InForce(cancel))
        {
            if (_draft.Changed(grant) is { } why) await standing.Void(hash, why, cancel);
            else if (bindings.Find(grant.Pack) is not null) grants.Add((hash, grant));
        }

        if (grants.Count == 0) return 0;
        var firing = (await store.FiringByRule(cancel)).ToHashSet(StringComparer.Ordinal);
        var carried = 0;
        foreach (var plan in await Waiting(cancel))
        {
            if (!firing.Contains(plan.AlertId)) continue;
            foreach (var (hash, grant) in grants)
            {
                if (grant.Pack != plan.Pack || grant.Runbook != plan.Runbook || grant.Alert != plan.Alert || _refused.Contains((plan.Hash, hash))) continue;
                if (await standing.Link(plan.Hash, hash, plan.AlertId, cancel) is { } why)
                {
                    _refused.Add((plan.Hash, hash));
                    log.LogWarning("The standing approval {Grant} does not carry {Plan}: {Why}", hash, plan.Hash, why);
                    continue;
                }

                carried++;
                break;
            }
        }

        return carried;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heard = store.Signals.Subscribe([Signals.Plans]);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Reconcile(stoppingToken);
            }
            catch (TransientException problem)
            {
                log.LogWarning("Standing approvals wait: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Standing approvals are looked at again after a fault");
            }

            await heard.Wait(Interval, stoppingToken);
        }
    }

    // Plans of runs that alerts asked for, each with the alerts of its incident that name its runbook.
    private Task<IReadOnlyList<WaitingPlan>> Waiting(CancellationToken cancel) => store.Query<WaitingPlan>(
        """
        select p.hash, r.pack, r.runbook, a.name as alert, a.alert_id
        from approvals.plans p join runs.runs r on r.id = p.run_id
        join incidents.alerts a on a.incident_id = r.incident_id and a.runbook = r.runbook and a.state = 'firing'
        where p.state = 'pending' and p.requester = 'system:alerts' and p.expires_at > @now
        order by p.created_at, a.fired_at
        """, new { now = clock.GetUtcNow() }, cancel);

    private sealed record WaitingPlan(Hash32 Hash, string Pack, string Runbook, string Alert, string AlertId);
}
