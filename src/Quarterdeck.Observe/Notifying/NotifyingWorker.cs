using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>Dispatches and delivers, woken by alerts and by its own outbox; the same on every replica.</summary>
internal sealed class NotifyingWorker(
    OperationsStore store, NotificationPlans plans, Dispatcher dispatcher, Outbox outbox, ILogger<NotifyingWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var finding in plans.Findings) logger.LogError("Notifications: {Finding}", finding);
        return plans.All.Count == 0
            ? Task.CompletedTask
            : Task.WhenAll(
                Loop([Signals.Alerts, Signals.Notifications], async cancel => await dispatcher.Dispatch(cancel) > 0, stoppingToken),
                Loop([Signals.Notifications], async cancel => await outbox.Deliver(cancel) > 0, stoppingToken));
    }

    private async Task Loop(string[] signals, Func<CancellationToken, Task<bool>> work, CancellationToken stop)
    {
        using var heard = store.Signals.Subscribe(signals);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                while (await work(stop))
                {
                    // There may be more.
                }

                await heard.Wait(Pace, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (TransientException e)
            {
                logger.LogWarning("Notifications wait: {Why}", e.Message);
                await Task.Delay(Pace, store.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
