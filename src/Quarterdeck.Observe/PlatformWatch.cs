using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>
/// Watches the watchers, with the rules that Quarterdeck ships about itself, in one process at a time; and pings an outside address
/// while all is well, so that somebody notices when nobody is left to notice.
/// </summary>
internal sealed class PlatformWatch(
    OperationsStore store, PlatformSampler sampler, LiveSeriesOfPacks series, RuleHealth health, Heartbeat heartbeat, ILogger<PlatformWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await store.Leases.TryAcquire($"watch:{PlatformSeries.Pack}", LeaseTime, stoppingToken) is { } lease) await Under(lease, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is TransientException or LeaseLostException)
            {
                logger.LogWarning("Watching the watchers begins again: {Why}", e.Message);
            }

            await Task.Delay(Pace, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Under(Lease lease, CancellationToken stop)
    {
        var live = series.Of(PlatformSeries.Pack);
        var samples = new SampleStore(store, PlatformSeries.Pack);
        var alerts = new AlertsRound(store, PlatformSeries.Pack, [], [PlatformRules.File], live, health);
        var from = store.Clock.GetUtcNow() - live.Horizon;
        live.Reset(from, await samples.Since(from, stop));
        try
        {
            while (await store.Leases.Renew(lease, LeaseTime, stop))
            {
                var round = await sampler.Sample(stop);
                live.Append(round);
                await samples.Write(lease, FactSource.Clock(round.At), null, round, wake: false, stop);
                await alerts.Evaluate(lease, stop);
                await heartbeat.Ping(stop);
                await Task.Delay(Pace, store.Clock, stop);
            }
        }
        finally
        {
            live.Forget();
            if (stop.IsCancellationRequested) await store.Leases.Release(lease, CancellationToken.None);
        }
    }
}

/// <summary>The rules that Quarterdeck ships about itself.</summary>
public static class PlatformRules
{
    /// <summary>The file, as embedded.</summary>
    public static RuleFile File { get; } = Read();

    private static RuleFile Read()
    {
        using var stream = typeof(PlatformRules).Assembly.GetManifestResourceStream("platform.rules.yaml")!;
        using var text = new StreamReader(stream);
        var result = RuleFile.Parse($"{PlatformSeries.Pack}/platform.rules.yaml", text.ReadToEnd());
        return result.HasErrors ? throw new Primitives.Findings.AuthorException(result.Findings) : result.File;
    }
}
