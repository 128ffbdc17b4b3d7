using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Ends plans whose time ran out unused. Any number of servers may do it at once.</summary>
public sealed class PlanExpiry(OperationsStore store, ApprovalOptions options, TimeProvider clock, ILogger<PlanExpiry> log)
    : BackgroundService
{
    private static readonly Actor Approvals = Actor.Parse("system:approvals");

    /// <summary>Expires what has to be. Returns how many.</summary>
    public async Task<int> Reconcile(CancellationToken cancel)
    {
        var late = await store.Query<Hash32>(
            "select hash from approvals.plans where state in ('pending', 'approved') and expires_at <= @now",
            new { now = clock.GetUtcNow() }, cancel);
        foreach (var hash in late)
        {
            await store.Act(Approvals, "its time ran out", async act =>
            {
                var plan = (await PlanRecord.Lock(act, hash))!;
                if (plan.State.MayBecome(PlanState.Expired)) await plan.Close(act, PlanState.Expired, $"It expired at {plan.ExpiresAt:u}.");
                else act.Record("plan.expiry-moot", plan.Name);
                act.Signal(Signals.Runs);
            }, cancel);
        }

        return late.Count;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ExpiryInterval, clock);
        do
        {
            try
            {
                await Reconcile(stoppingToken);
            }
            catch (TransientException problem)
            {
                log.LogWarning("Plans are not looked over for expiry: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Plans are looked over for expiry again after a fault");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
