using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Quarterdeck.Server.Tests.Api;

public sealed class RehearsalTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static object Rehearsal(string pack) => new
    {
        id = "reh_1",
        pack,
        runbook = "emergency-pause",
        fault = "supply-cap-breach",
        ground = "devnet",
        environment = "devnet",
        packHash = "0x01",
        runbookHash = "0x02",
        failure = (string?)null,
        startedAt = At,
        endedAt = At.AddSeconds(9),
        milliseconds = new { detected = 900, decided = 1200, contained = 5000, restored = (long?)null },
        blocks = new { detected = 1, contained = 5 },
        runId = "run_1",
        incidentId = (string?)null,
    };

    [Fact]
    public async Task The_history_is_there_for_whoever_may_read_and_empty_at_first()
    {
        using var viewer = await server.As("viewer");
        Assert.Equal(0, (await viewer.GetFromJsonAsync<JsonElement>("/api/rehearsals")).GetArrayLength());
        Assert.Equal(0, (await viewer.GetFromJsonAsync<JsonElement>("/api/rehearsals/standing")).GetArrayLength());
        using var stranger = server.Stranger();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/rehearsals")).StatusCode);
    }

    [Fact]
    public async Task Only_who_operates_runs_hands_in_a_rehearsal_and_only_of_a_pack_that_is_loaded()
    {
        using var viewer = await server.As("viewer");
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync("/api/rehearsals", Rehearsal("musd"))).StatusCode);
        using var operating = await server.As("operator");
        var refused = await operating.PostAsJsonAsync("/api/rehearsals", Rehearsal("nobodys"));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Contains("nobodys", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
