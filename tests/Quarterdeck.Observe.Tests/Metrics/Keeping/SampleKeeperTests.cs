using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Observe.Metrics.Keeping;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests.Metrics.Keeping;

public sealed class SampleKeeperTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly DateOnly _today = DateOnly.FromDateTime(DateTime.UtcNow);
    private OperationsStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        var name = await database.FreshDatabase();
        _store = OperationsStore.Open(database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server), TimeProvider.System);
        await Write("INSERT INTO metrics.series (pack, name, labels) VALUES ('p', 'gauge', '{}'), ('p', 'events_total', '{}')");
    }

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public void Days_are_prepared_ahead_thinned_when_old_and_dropped_when_older()
    {
        var today = new DateOnly(2026, 3, 31);
        var options = new SampleKeepingOptions { FullResolution = TimeSpan.FromDays(7), Retention = TimeSpan.FromDays(30) };
        DateOnly[] present = [new(2026, 2, 27), new(2026, 2, 28), new(2026, 3, 1), new(2026, 3, 23), new(2026, 3, 24), new(2026, 3, 31)];
        var plan = KeepingPlan.Of(today, present, [new DateOnly(2026, 3, 1)], options);
        Assert.Equal([new(2026, 4, 1), new(2026, 4, 2)], plan.Prepare);
        Assert.Equal([new DateOnly(2026, 3, 23)], plan.Thin);
        Assert.Equal([new(2026, 2, 27), new DateOnly(2026, 2, 28)], plan.Drop);
    }

    [Fact]
    public async Task A_thinned_day_keeps_the_last_of_each_interval_the_ends_of_series_and_counters_before_a_reset()
    {
        var day = _today.AddDays(-20);
        await Write("SELECT metrics.prepare_day(@day)", new { day });
        await Insert(day, "gauge", (10, 1), (50, 2), (110, 3), (130, 4), (200, null), (210, 5), (230, 6));
        await Insert(day, "events_total", (10, 1), (50, 9), (60, 0), (110, 3));
        using var keeper = new SampleKeeper(_store, new SampleKeepingOptions(), NullLogger<SampleKeeper>.Instance);
        Assert.Contains(day, (await keeper.Keep(Cancel)).Thin);
        Assert.Equal([110, 130, 200, 230], await Seconds(day, "gauge"));
        Assert.Equal([50, 110], await Seconds(day, "events_total"));
        Assert.DoesNotContain(day, (await keeper.Keep(Cancel)).Thin);
    }

    [Fact]
    public async Task A_day_past_its_retention_is_gone_and_the_others_stay()
    {
        var (old, kept) = (_today.AddDays(-500), _today.AddDays(-300));
        foreach (var day in (DateOnly[])[old, kept])
        {
            await Write("SELECT metrics.prepare_day(@day)", new { day });
            await Insert(day, "gauge", (10, 1));
        }

        using var keeper = new SampleKeeper(_store, new SampleKeepingOptions(), NullLogger<SampleKeeper>.Instance);
        await keeper.Keep(Cancel);
        Assert.Empty(await Seconds(old, "gauge"));
        Assert.Single(await Seconds(kept, "gauge"));
    }

    [Fact]
    public async Task The_server_cannot_drop_a_day_that_is_in_use()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Write("SELECT metrics.drop_day(@day)", new { day = _today }));
        Assert.Contains("not over", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => Write($"DROP TABLE metrics.samples_{_today:yyyyMMdd}"));
    }

    private async Task Insert(DateOnly day, string name, params (int Second, double? Value)[] samples)
    {
        var start = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        foreach (var (second, value) in samples)
        {
            await Write("INSERT INTO metrics.samples (series_id, at, value) SELECT id, @at, @value FROM metrics.series WHERE name = @name",
                new { at = start.AddSeconds(second), value, name });
        }
    }

    private Task<IReadOnlyList<int>> Seconds(DateOnly day, string name) => _store.Query<int>(
        """
        SELECT extract(epoch FROM m.at - @start)::int FROM metrics.samples m JOIN metrics.series s ON s.id = m.series_id
        WHERE s.name = @name AND m.at >= @start AND m.at < @start + interval '1 day' ORDER BY m.at
        """, new { start = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), name }, Cancel);

    private Task<int> Write(string sql, object? args = null) =>
        _store.Ingest(FactSource.Clock(DateTimeOffset.UtcNow), write => write.Execute(sql, args), Cancel);
}
