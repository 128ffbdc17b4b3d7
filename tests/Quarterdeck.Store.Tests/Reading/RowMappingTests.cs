using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Tests.Reading;

public sealed class RowMappingTests(StoreFixture fixture) : IClassFixture<StoreFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public enum Mood
    {
        Calm,
        VeryBusy,
    }

    public sealed record Everything(
        string RunId, DateTimeOffset StartedAt, Hash32 PlanHash, ChainId Chain, Actor By, Mood Mood, ulong Height, BigInteger Amount,
        JsonObject Detail, Mood? NoMood, string[] Tags, int Count = 5)
    {
        public decimal Share { get; init; }
        public Hash32[] Hashes { get; init; } = [];
    }

    [Fact]
    public async Task A_record_comes_back_as_it_was_given()
    {
        await using var store = fixture.Open();
        var wanted = new Everything(
            "run_1", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Hash32.Parse(new string('a', 64)), ChainId.Evm(31337),
            Actor.Guardian("pauser"), Mood.VeryBusy, 18_000_000, BigInteger.Pow(2, 255), new JsonObject { ["a"] = "b" }, null, ["x", "y"])
        {
            Share = 0.25m,
            Hashes = [Hash32.Parse(new string('b', 64))],
        };
        var row = await store.QueryFirstOrDefault<Everything>(
            """
            SELECT @Share::numeric AS share, @Tags::text[] AS tags, @NoMood::text AS no_mood, @Detail::jsonb AS detail,
                   @Amount::numeric AS amount, @Height::bigint AS height, @Mood::text AS mood, @By::text AS by, @Chain::text AS chain,
                   @PlanHash::bytea AS plan_hash, @StartedAt::timestamptz AS started_at, @RunId::text AS run_id, @Hashes::bytea[] AS hashes
            """, wanted, Cancel);
        Assert.NotNull(row);
        Assert.Equal(wanted with { Detail = row.Detail, Tags = row.Tags, Hashes = row.Hashes }, row);
        Assert.Equal(wanted.Tags, row.Tags);
        Assert.Equal(wanted.Hashes, row.Hashes);
        Assert.Equal("b", (string)row.Detail["a"]!);
    }

    [Fact]
    public async Task Scalars_tuples_and_lists_are_read_too()
    {
        await using var store = fixture.Open();
        Assert.Equal([1, 2, 3], await store.Query<int>("SELECT unnest(@ids)", new { ids = new[] { 1, 2, 3 } }, Cancel));
        Assert.Equal(("a", 2L), await store.QueryFirstOrDefault<(string, long)>("SELECT 'a', 2::bigint", null, Cancel));
        Assert.Null(await store.QueryFirstOrDefault<long?>("SELECT 1::bigint WHERE false", null, Cancel));
        Assert.Equal(Mood.Calm, await store.QueryFirstOrDefault<Mood>("SELECT unnest(@moods)", new { moods = new[] { Mood.Calm } }, Cancel));
        Assert.Equal(3, await store.QueryFirstOrDefault<int>("SELECT count(*) FROM unnest(@l) u", new { l = new List<string> { "a", "b", "c" } }, Cancel));
    }

    [Fact]
    public async Task A_null_where_none_can_be_is_an_error_that_names_the_column()
    {
        await using var store = fixture.Open();
        var error = await Assert.ThrowsAsync<InvalidCastException>(() => store.Query<int>("SELECT NULL::int AS depth", null, Cancel));
        Assert.Contains("'depth'", error.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => store.Query<Lease>("SELECT 'a' AS name, 'b' AS holder", null, Cancel));
        Assert.Contains("'Fence'", missing.Message, StringComparison.Ordinal);
    }
}
