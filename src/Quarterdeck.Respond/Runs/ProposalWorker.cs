using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// Proposes the runbooks that firing alerts name, where the pack lists them under <c>propose:</c>: once for each incident and
/// runbook. Proposing sends nothing; people approve.
/// </summary>
internal sealed class ProposalWorker(
    OperationsStore store, NamedRunbooks named, PackBindings bindings, ProposeRun propose, ILogger<ProposalWorker> log) : BackgroundService
{
    private static readonly Actor Alerts = Actor.Parse("system:alerts");
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);

    // A proposal that is refused (a faulty runbook) is told once and not every second.
    private readonly HashSet<(string Incident, string Runbook)> _refused = [];

    public async Task<int> Reconcile(CancellationToken cancel)
    {
        var wanted = (await named.Query(cancel))
            .Where(name => bindings.Find(name.Pack)?.Pack.Policies.Propose.Contains(name.Runbook, StringComparer.Ordinal) == true
                           && !_refused.Contains((name.IncidentId, name.Runbook)))
            .ToList();
        if (wanted.Count == 0) return 0;
        var have = (await store.Query<Have>(
            "select incident_id, runbook from runs.runs where incident_id = any(@ids)",
            new { ids = wanted.Select(name => name.IncidentId).Distinct().ToArray() }, cancel)).ToHashSet();
        wanted.RemoveAll(name => have.Contains(new Have(name.IncidentId, name.Runbook)));
        if (wanted.Count == 0) return 0;

        // One server proposes; the run itself is the memory that it was done.
        if (await store.Leases.TryAcquire("runs:proposals", LeaseTime, cancel) is not { } lease) return 0;
        try
        {
            var proposed = 0;
            foreach (var name in wanted)
            {
                var outcome = await propose.Propose(name.Pack, name.Runbook, name.IncidentId, Alerts, $"{name.Alert} fires", cancel);
                if (outcome is Outcome<ProposedRun>.Refused refused)
                {
                    _refused.Add((name.IncidentId, name.Runbook));
                    log.LogError("The runbook {Runbook} is not proposed: {Why}", name.Runbook, refused.Refusal.Detail);
                    await Tell(name, refused.Refusal, cancel);
                }
                else
                {
                    proposed++;
                }
            }

            return proposed;
        }
        finally
        {
            await store.Leases.Release(lease, CancellationToken.None);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heard = store.Signals.Subscribe([Signals.Incidents]);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Reconcile(stoppingToken);
            }
            catch (TransientException problem)
            {
                log.LogWarning("Proposals wait: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Proposals are made again after a fault");
            }

            await heard.Wait(Interval, stoppingToken);
        }
    }

    private Task Tell(NamedRunbook name, Refusal refusal, CancellationToken cancel) =>
        store.Act(Alerts, $"{name.Alert} fires", async act =>
        {
            await Timeline.Append(act, name.IncidentId, "run", $"The runbook {name.Runbook} cannot be proposed: {refusal.Detail}", null);
            act.Record("run.proposal-refused", name.IncidentId, new() { ["runbook"] = name.Runbook, ["why"] = refusal.Detail });
        }, cancel);

    private sealed record Have(string IncidentId, string Runbook);
}
