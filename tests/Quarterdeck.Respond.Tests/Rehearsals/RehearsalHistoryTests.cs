using Quarterdeck.Observe;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Tests.Approvals;

namespace Quarterdeck.Respond.Tests.Rehearsals;

/// <summary>What was rehearsed is kept, and what was not in time is a series of the platform.</summary>
public sealed class RehearsalHistoryTests(RespondFixture database) : IClassFixture<RespondFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Actor Carol = Actor.Parse("operator:carol");
    private readonly StandingClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_rehearsal_is_recorded_once_however_often_it_is_handed_in()
    {
        await using var world = await Start();
        var record = world.Get<RecordRehearsal>();
        for (var i = 0; i < 2; i++) Assert.IsType<Outcome<string>.Done>(await record.Record(Passed("reh_1", 900), Carol, Cancel));

        var kept = Assert.Single(await world.Get<RehearsalHistory>().Query("test", "pause", 10, Cancel));
        Assert.Equal(("reh_1", true, 900L, "operator:carol"), (kept.Id, kept.Passed, kept.ContainedMs, kept.RecordedBy));
        Assert.Equal(1, await world.Store.QueryFirstOrDefault<long>("select count(*) from audit.inbox where action = 'rehearsal.record'", null, Cancel));
    }

    [Fact]
    public async Task A_rehearsal_of_a_runbook_that_the_pack_does_not_have_is_refused()
    {
        await using var world = await Start();
        var refused = await world.Get<RecordRehearsal>().Record(Passed("reh_1", 900) with { Runbook = "pose" }, Carol, Cancel);
        Assert.Equal(RefusalKind.NotFound, Assert.IsType<Outcome<string>.Refused>(refused).Refusal.Kind);
        Assert.Empty(await world.Get<RehearsalHistory>().Query(null, null, 10, Cancel));
    }

    [Fact]
    public async Task The_standing_tells_age_version_and_the_median_of_those_that_passed()
    {
        await using var world = await Start();
        var record = world.Get<RecordRehearsal>();
        var hash = world.Get<IReadOnlyList<Packs.BoundPack>>()[0].Pack.FindRunbook("pause")!.Hash.ToString();
        foreach (var (id, contained) in new[] { ("reh_1", 3000L), ("reh_2", 1000L), ("reh_3", 2000L) })
            await record.Record(Passed(id, contained) with { RunbookHash = hash }, Carol, Cancel);
        await record.Record(Passed("reh_4", 9000) with { Failure = "not contained", EndedAt = _clock.GetUtcNow().AddMinutes(1) }, Carol, Cancel);
        _clock.Advance(TimeSpan.FromDays(2));

        var standing = Assert.Single(await world.Get<RehearsalHistory>().Standings(Cancel));
        Assert.Equal((4, 3, 2000L), (standing.Rehearsals, standing.Passed, standing.MedianContainedMs!.Value));
        Assert.Equal((true, false), (standing.Current!.Value, standing.Overdue));
        Assert.Equal(TimeSpan.FromDays(2).TotalSeconds, standing.AgeSeconds);
        _clock.Advance(TimeSpan.FromDays(6));
        Assert.True(Assert.Single(await world.Get<RehearsalHistory>().Standings(Cancel)).Overdue);
    }

    [Fact]
    public async Task A_runbook_that_was_never_rehearsed_grows_old_from_when_that_was_first_asked_for()
    {
        await using var world = await Start();
        var sources = world.Get<IEnumerable<PlatformSource>>();
        Assert.Equal(0, await Age(sources));
        _clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal(TimeSpan.FromDays(8).TotalSeconds, await Age(sources));
        await world.Get<RecordRehearsal>().Record(Passed("reh_1", 900), Carol, Cancel);
        Assert.Equal(0, await Age(sources));
    }

    private static async Task<double> Age(IEnumerable<PlatformSource> sources)
    {
        var samples = await Task.WhenAll(sources.Select(source => source(Cancel)));
        return samples.SelectMany(s => s).Single(s => s.Labels.ToString().Contains("rehearsal_age", StringComparison.Ordinal)).Value;
    }

    private Rehearsal Passed(string id, long contained) => new(
        id, "test", "pause", "breach", "devnet", "devnet", "0x01", "0x02", null, _clock.GetUtcNow().AddMinutes(-1), _clock.GetUtcNow(), 400, 600,
        contained, null, 1, 3, "run_1", "inc_1");

    private async Task<World> Start()
    {
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        using var pack = new TestPack(
            new Uri("http://127.0.0.1:1"), new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") }, policies: "rehearse: { pause: 7d }");
        return await World.Start(server, TestPack.Load(pack.Folder), new TestOperators(), workers: false, _clock);
    }

    private sealed class StandingClock(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan by) => _now += by;
    }
}
