using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Incidents;

/// <summary>Takes alerts in whenever they change.</summary>
internal sealed class IncidentWorker(OperationsStore store, AlertIntake intake, ILogger<IncidentWorker> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heard = store.Signals.Subscribe([Signals.Alerts]);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var changed = await intake.Reconcile(stoppingToken);
                if (changed > 0) log.LogInformation("{Count} alert transitions changed incidents", changed);
            }
            catch (TransientException problem)
            {
                log.LogWarning("Alerts wait until the database answers: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Alerts are taken in again after a fault");
            }

            await heard.Wait(Interval, stoppingToken);
        }
    }
}
