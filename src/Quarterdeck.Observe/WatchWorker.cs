using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>
/// Watches every pack: indexing, sampling and rules of one pack run in one process, by lease; another process takes over
/// when that one is gone.
/// </summary>
internal sealed class WatchWorker(
    OperationsStore store, WatchedPacks watched, LiveSeriesOfPacks series, ChainHealth chains, SamplingHealth sampling,
    RuleHealth rules, PackRules ruleFiles, IHttpClientFactory http, ILogger<WatchWorker> logger) : BackgroundService
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(watched.Packs.Select(pack => Watch(pack, stoppingToken)));

    private async Task Watch(BoundPack pack, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await store.Leases.TryAcquire($"watch:{pack.Pack.Name}", LeaseTime, stop) is { } lease)
                    await WatchUnder(lease, pack, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is TransientException or LeaseLostException or OperationCanceledException)
            {
                logger.LogWarning("Watching {Pack} begins again: {Why}", pack.Pack.Name, e.Message);
            }
            catch (Exception e)
            {
                // A fault in one pack must not end the server, nor the watching of others.
                logger.LogError(e, "Watching {Pack} begins again after a fault", pack.Pack.Name);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), store.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchUnder(Lease lease, BoundPack pack, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var cancel = ended.Token;
        var links = new Dictionary<string, WatchedChain>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, chain) in pack.Environment.Chains.Where(c => c.Value.Id.Namespace == "eip155"))
                links[name] = WatchedChain.Open(chain, store.Clock);
            var readers = links.ToDictionary(l => l.Key, l => l.Value.Agreed, StringComparer.Ordinal);
            var live = series.Of(pack.Pack.Name);
            await using var outside = new OutsideSampler(pack, http.CreateClient("probes"), store.Clock);
            List<Task> loops =
            [
                HeldLease.Keep(store, lease, LeaseTime, logger, cancel),
                .. links.Select(l => new IndexingLoop(
                    store, pack, l.Key, l.Value.Endpoints, l.Value.Agreed, l.Value.Heads, chains, logger).Run(lease, cancel)),
                outside.Run(cancel),
                new SamplingLoop(store, pack, live, readers, outside, sampling, logger).Run(lease, cancel),
                new AlertsLoop(store, pack, ruleFiles.Of(pack), live, rules, logger).Run(lease, cancel),
            ];
            var first = await Task.WhenAny(loops);
            await ended.CancelAsync();
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) await store.Leases.Release(lease, CancellationToken.None);
            else await first;
        }
        finally
        {
            series.Of(pack.Pack.Name).Forget();
            foreach (var link in links.Values) await link.Endpoints.DisposeAsync();
        }
    }
}
