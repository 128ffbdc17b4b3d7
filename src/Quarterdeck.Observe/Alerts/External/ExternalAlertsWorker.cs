using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts.External;

/// <summary>Ends alerts from outside whose time is over.</summary>
internal sealed class ExternalAlertsWorker(OperationsStore store, ExternalAlerts alerts, ILogger<ExternalAlertsWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await alerts.Expire(stoppingToken);
            }
            catch (TransientException e)
            {
                logger.LogWarning("Alerts from outside wait: {Why}", e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pace, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
