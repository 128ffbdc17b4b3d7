using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Alerts;

/// <summary>Evaluates a pack's rules after each round of sampling, which is at each block, and when a group's interval has passed.</summary>
internal sealed class AlertsLoop(
    OperationsStore store, BoundPack pack, IReadOnlyList<RuleFile> rules, LiveSeries live, RuleHealth health, ILogger logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly AlertsRound _round = new(store, pack.Pack.Name, [.. pack.Environment.Chains.Keys], rules, live, health);

    // A timer may end a little early; without a pause the loop would spin until the interval is over.
    private static TimeSpan Longer(TimeSpan due) => due + TimeSpan.FromMilliseconds(5);

    /// <summary>Runs until cancelled or until the lease is lost.</summary>
    public async Task Run(Lease lease, CancellationToken cancel)
    {
        using var samples = store.Signals.Subscribe(Signals.Samples);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await samples.Wait(_round.UntilDue() is { } due && due < LongestPause ? Longer(due) : LongestPause, cancel);
                await _round.Evaluate(lease, cancel);
            }
            catch (TransientException e)
            {
                // What was evaluated is not written: begin again from what is.
                _round.Forget();
                logger.LogWarning("Alerts of {Pack} wait: {Why}", pack.Pack.Name, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(500), store.Clock, cancel);
            }
        }
    }
}
