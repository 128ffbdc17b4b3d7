using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Metrics.Querying;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests.Metrics.Querying;

/// <summary>History and live samples answer as one.</summary>
public sealed class SeriesQueryTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private const long Second = 1000;
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Labels A = Labels.Of(Labels.MetricName, "a_total", "x", "1");
    private readonly LiveSeriesOfPacks _live = new(TimeSpan.FromHours(2));
    private readonly DateTimeOffset _start = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600 * 3600 - 7200);
    private OperationsStore _store = null!;
    private SeriesQuery _query = null!;

    private long T(long seconds) => _start.ToUnixTimeMilliseconds() + seconds * Second;

    public async ValueTask InitializeAsync()
    {
        var name = await database.FreshDatabase();
        _store = OperationsStore.Open(database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server), TimeProvider.System);
        _query = new SeriesQuery(_store, _live, new WatchedPacks([database.Sample.Bound]), new SeriesQueryOptions());
        var lease = await _store.Leases.TryAcquire("watch:sample", TimeSpan.FromMinutes(5), Cancel);
        var samples = new SampleStore(_store, "sample");
        // A counter that grows by ten each ten seconds, for a thousand seconds.
        for (var s = 0; s <= 1000; s += 10) await samples.Write(lease!, FactSource.Clock(At(s)), null, Round(s), wake: false, Cancel);
    }

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task A_process_that_does_not_watch_the_pack_answers_from_the_database()
    {
        Assert.Equal(long.MaxValue, _live.Of("sample").SinceMs);
        Assert.Equal(500, await Number("a_total", T(505)));
        Assert.Equal(1, await Number("rate(a_total[5m])", T(505)), 6);
    }

    [Fact]
    public async Task A_range_across_the_live_horizon_joins_history_and_live_samples_without_gap_or_double()
    {
        // Live from 500 s on; there it differs, so that it shows which part came from where.
        _live.Of("sample").Reset(At(500), Enumerable.Range(0, 51).Select(i => (At(500 + i * 10), new Sample(A, 500 + i * 10 + 0.5, null))));
        var matrix = await _query.Range("sample", PreparedQuery.Parse("a_total"), T(480), T(520), 10 * Second, EvaluatorOptions.Default, Cancel);
        Assert.Equal([480, 490, 500.5, 510.5, 520.5], matrix.Series.Single().Points.Select(p => p.Value));
        Assert.Equal(30, await Number("count_over_time(a_total[300s])", T(645)));
        Assert.Equal(100, await Number("count_over_time(a_total[1000s])", T(1000)));
    }

    [Fact]
    public async Task A_query_inside_the_live_horizon_asks_no_database()
    {
        _live.Of("sample").Reset(At(0), Enumerable.Range(0, 101).Select(i => (At(i * 10), new Sample(A, i, null))));
        await using var away = OperationsStore.Open("Host=127.0.0.1;Port=1;Database=none;Username=none;Timeout=1", TimeProvider.System);
        var query = new SeriesQuery(away, _live, new WatchedPacks([database.Sample.Bound]), new SeriesQueryOptions());
        var vector = (PromVector)await query.Instant("sample", PreparedQuery.Parse("a_total"), T(500), EvaluatorOptions.Default, Cancel);
        Assert.Equal(50, vector.Samples.Single().Value);
    }

    [Fact]
    public async Task Over_all_packs_each_series_carries_its_pack_and_can_be_chosen_by_it()
    {
        var all = (PromVector)await _query.Instant(null, PreparedQuery.Parse("a_total"), T(505), EvaluatorOptions.Default, Cancel);
        Assert.Equal("sample", all.Samples.Single().Labels.Get("pack"));
        Assert.Equal(500, await Number("a_total{pack=~\"sam.*\"}", T(505), null));
        Assert.Empty(((PromVector)await _query.Instant(null, PreparedQuery.Parse("a_total{pack!=\"sample\"}"), T(505), EvaluatorOptions.Default, Cancel)).Samples);
        var labels = await _query.Series(null, [[new Matcher(MatchKind.Equal, "pack", "sample")]], T(0), T(1000), Cancel);
        Assert.Equal("{__name__=\"a_total\", pack=\"sample\", x=\"1\"}", labels.Single().ToString());
    }

    [Fact]
    public async Task A_series_is_listed_only_for_times_at_which_it_has_samples()
    {
        Assert.Single(await _query.Series("sample", [], T(0), T(10), Cancel));
        Assert.Empty(await _query.Series("sample", [], T(-5000), T(-1000), Cancel));
    }

    [Fact]
    public async Task A_failed_read_ends_the_series_and_is_never_a_zero()
    {
        var lease = await _store.Leases.TryAcquire("test", TimeSpan.FromMinutes(5), Cancel);
        var samples = new SampleStore(_store, "sample");
        await samples.Write(lease!, FactSource.Clock(At(1010)), null, Round(1010), wake: false, Cancel);
        await samples.Write(lease!, FactSource.Clock(At(1020)), null,
            new SamplingRound(At(1020), null, [], [new FailedRead(A, "reverted")]), wake: false, Cancel);
        Assert.Equal(1010, await Number("a_total", T(1015)));
        Assert.Empty(((PromVector)await _query.Instant("sample", PreparedQuery.Parse("a_total"), T(1021), EvaluatorOptions.Default, Cancel)).Samples);
        Assert.Equal(1, await Number("absent(a_total)", T(1021)));
    }

    [Fact]
    public async Task A_query_that_would_load_more_samples_than_it_may_is_refused()
    {
        var small = new SeriesQuery(_store, _live, new WatchedPacks([database.Sample.Bound]), new SeriesQueryOptions { MaximalSamples = 50 });
        await Assert.ThrowsAsync<QueryTooLargeException>(() =>
            small.Range("sample", PreparedQuery.Parse("a_total"), T(0), T(1000), 10 * Second, EvaluatorOptions.Default, Cancel));
    }

    private async Task<double> Number(string query, long time, string? pack = "sample") =>
        ((PromVector)await _query.Instant(pack, PreparedQuery.Parse(query), time, EvaluatorOptions.Default, Cancel)).Samples.Single().Value;

    private SamplingRound Round(int seconds) => new(At(seconds), null, [new Sample(A, seconds, null)], []);

    private DateTimeOffset At(int seconds) => _start.AddSeconds(seconds);
}
