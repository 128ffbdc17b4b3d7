using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Postgres;

namespace Quarterdeck.Acceptance.Outages;

/// <summary>PostgreSQL dies under a running server and comes back.</summary>
[Trait("slow", "true")]
public sealed class DatabaseOutageTests(RunningEnvironment running) : IClassFixture<RunningEnvironment>
{
    [Fact]
    public async Task With_the_database_away_nothing_is_acknowledged_and_when_it_is_back_the_server_goes_on_by_itself()
    {
        var environment = running.Environment;
        using var carol = new ServerApi(environment.Server.Url, TimeSpan.Zero);
        await carol.SignIn(environment.Keys.Operators[DevnetKeys.OnDuty], CancellationToken.None);
        using var http = new HttpClient { BaseAddress = environment.Server.Url };
        var (server, port) = (environment.Server.ProcessId, environment.Postgres.Port);
        await Follows(http);

        using (var postgres = Process.GetProcessById(environment.Postgres.ProcessId)) postgres.Kill();
        var refused = 0;
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5);)
        {
            var refusal = await Assert.ThrowsAsync<ApiException>(() => Propose(carol));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
            using var health = await http.GetAsync(new Uri("/health", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            refused++;
        }

        Assert.True(refused > 0);
        await using var again = await EmbeddedPostgres.Start(
            new PostgresOptions(Path.Combine(environment.State, "postgres")) { Port = port }, CancellationToken.None);
        await Follows(http);
        Assert.Equal((server, 0), (environment.Server.ProcessId, environment.Server.Restarts));

        // Not one of the refused proposals came about, and the next one does.
        Assert.DoesNotContain(await carol.Get<RunShape[]>("/api/runs", CancellationToken.None), run => run.Runbook == "emergency-pause");
        var run = await carol.Post<RunShape>("/api/runs", new { pack = "musd", runbook = "emergency-pause", reason = "after the outage" }, CancellationToken.None);
        await RunningEnvironment.Until("the run waits for approval", async () =>
            (await carol.Get<RunShape>($"/api/runs/{run.Id}", CancellationToken.None)).State == "awaiting_approval" ? "so" : null);
        Assert.Null(await AuditProof.Of(carol, run.Id, CancellationToken.None));
    }

    private static Task Propose(ServerApi api) =>
        api.Post("/api/runs", new { pack = "musd", runbook = "emergency-pause", reason = "while the database is away" }, CancellationToken.None);

    // Indexing and sampling both keep up with the chain.
    private async Task Follows(HttpClient http)
    {
        var head = await running.Environment.Anvil.Head(CancellationToken.None);
        await RunningEnvironment.Until("the server follows the chain", async () =>
        {
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative));
            if (!answer.IsSuccessStatusCode) return null;
            var health = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var seen = health.GetProperty("chains")[0].GetProperty("head");
            return seen.ValueKind == JsonValueKind.Number && seen.GetUInt64() > head ? "so" : null;
        });
        using var carol = await running.As(DevnetKeys.OnDuty);
        await RunningEnvironment.Until("metrics are sampled at new blocks", async () =>
        {
            var overview = await carol.Get<JsonElement>("/api/overview", CancellationToken.None);
            return overview.GetProperty("packs")[0].GetProperty("metrics").EnumerateArray().Any(metric =>
                metric.GetProperty("block") is { ValueKind: JsonValueKind.Number } block && block.GetUInt64() > head) ? "so" : null;
        });
    }
}
