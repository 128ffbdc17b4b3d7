using Quarterdeck.Observe;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Rehearsals;

/// <summary>The age of rehearsals as series of the platform, so that its own rules can say which runbook is overdue.</summary>
internal sealed class RehearsalSeries(OperationsStore store, RehearsalHistory history)
{
    /// <summary>Of every runbook that must be rehearsed; <see cref="PlatformSource"/>.</summary>
    public async Task<IReadOnlyList<Sample>> Sample(CancellationToken cancel)
    {
        var required = (await history.Standings(cancel)).Where(standing => standing.Limit is not null).ToList();
        var unknown = required.Where(standing => standing.AgeSeconds is null).ToList();
        if (unknown.Count > 0) await Begin(unknown, cancel);
        return [.. required.SelectMany(Of)];
    }

    private static IEnumerable<Sample> Of(RehearsalStanding standing)
    {
        yield return Of("quarterdeck_rehearsal_age_seconds", standing.AgeSeconds ?? 0, standing);
        yield return Of("quarterdeck_rehearsal_limit_seconds", standing.Limit!.Value.TotalSeconds, standing);
        if (standing.Current is { } current) yield return Of("quarterdeck_rehearsal_current", current ? 1 : 0, standing);
    }

    private static Sample Of(string name, double value, RehearsalStanding standing) =>
        new(Labels.Of(Labels.MetricName, name, "pack", standing.Pack, "runbook", standing.Runbook), value, null);

    private Task Begin(List<RehearsalStanding> standings, CancellationToken cancel) =>
        store.Ingest(FactSource.Clock(store.Clock.GetUtcNow()), async write =>
        {
            foreach (var standing in standings)
            {
                await write.Execute(
                    "insert into rehearsals.required (pack, runbook, since) values (@Pack, @Runbook, @now) on conflict do nothing",
                    new { standing.Pack, standing.Runbook, now = store.Clock.GetUtcNow() });
            }
        }, cancel);
}
