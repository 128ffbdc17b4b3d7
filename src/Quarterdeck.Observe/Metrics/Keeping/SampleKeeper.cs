using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics.Keeping;

/// <summary>Prepares the partitions of the next days, thins old days and drops the oldest; in one process at a time.</summary>
internal sealed class SampleKeeper(OperationsStore store, SampleKeepingOptions options, ILogger<SampleKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromHours(1);

    /// <summary>Does what is due now.</summary>
    public async Task<KeepingPlan> Keep(CancellationToken cancel)
    {
        var days = await store.Query<string>(
            """
            SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'metrics.samples'::regclass
            """, null, cancel);
        var thinned = await store.Query<DateOnly>("SELECT day FROM metrics.thinned", null, cancel);
        var now = store.Clock.GetUtcNow();
        var plan = KeepingPlan.Of(DateOnly.FromDateTime(now.UtcDateTime), [.. days.Select(Day)], [.. thinned], options);
        foreach (var day in plan.Prepare)
            await store.Ingest(FactSource.Clock(now), write => write.Execute("SELECT metrics.prepare_day(@day)", new { day }), cancel);
        foreach (var day in plan.Thin) await Thin(day, now, cancel);
        foreach (var day in plan.Drop)
            await store.Ingest(FactSource.Clock(now), write => write.Execute("SELECT metrics.drop_day(@day)", new { day }), cancel);
        return plan;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await store.Leases.TryAcquire("metrics:keeping", Pace, stoppingToken) is { } lease)
                {
                    var plan = await Keep(stoppingToken);
                    if (plan.Thin.Count + plan.Drop.Count > 0)
                        logger.LogInformation("Samples of {Thinned} days were thinned and of {Dropped} days dropped", plan.Thin.Count, plan.Drop.Count);
                    await store.Leases.Release(lease, stoppingToken);
                }
            }
            catch (Exception e) when (e is TransientException or LeaseLostException)
            {
                logger.LogWarning("Keeping samples waits: {Why}", e.Message);
            }

            await Task.Delay(Pace, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The last row of each interval stays; so do the ends of series, and what a counter had before it was reset.
    private Task Thin(DateOnly day, DateTimeOffset now, CancellationToken cancel) => store.Ingest(FactSource.Clock(now), async write =>
    {
        var from = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        await write.Execute(
            """
            DELETE FROM metrics.samples m
            USING (SELECT series_id, at, value, lead(at) OVER own AS next_at, lead(value) OVER own AS next_value
                   FROM metrics.samples WHERE at >= @from AND at < @until
                   WINDOW own AS (PARTITION BY series_id ORDER BY at)) k
            JOIN metrics.series s ON s.id = k.series_id
            WHERE m.series_id = k.series_id AND m.at = k.at AND m.at >= @from AND m.at < @until
              AND date_bin(@interval, k.next_at, @from) = date_bin(@interval, k.at, @from)
              AND k.value IS NOT NULL AND k.next_value IS NOT NULL
              AND NOT (s.name ~ '_(total|count|sum|bucket)$' AND k.next_value < k.value)
            """, new { from, until = from.AddDays(1), interval = options.Interval });
        await write.Execute("INSERT INTO metrics.thinned (day) VALUES (@day) ON CONFLICT DO NOTHING", new { day });
    }, cancel);

    private static DateOnly Day(string partition) =>
        DateOnly.ParseExact(partition["samples_".Length..], "yyyyMMdd", CultureInfo.InvariantCulture);
}
