using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Tests.Api.Alertmanager;

/// <summary>Alerts come in from an existing Alertmanager or Prometheus; amtool silences them.</summary>
public sealed class AlertmanagerApiTests(WatchedServerFixture server) : IClassFixture<WatchedServerFixture>
{
    private static int _count;

    [Fact]
    public async Task A_webhook_of_an_existing_Alertmanager_opens_an_incident_and_its_end_is_noted()
    {
        using var client = server.Client(WatchedServerFixture.AlertsToken);
        var name = Named("FromOutside");
        Assert.Equal(HttpStatusCode.OK, (await Webhook(client, name, "firing", "0001-01-01T00:00:00Z")).StatusCode);
        // Twice is once.
        Assert.Equal(HttpStatusCode.OK, (await Webhook(client, name, "firing", "0001-01-01T00:00:00Z")).StatusCode);
        var incident = await Until(() => server.Store.QueryFirstOrDefault<string>(
            "SELECT i.pack FROM incidents.alerts a JOIN incidents.incidents i ON i.id = a.incident_id WHERE a.name = @name AND a.state = 'firing'", new { name }));
        Assert.Equal("watched", incident);
        Assert.Equal(1, await server.Store.QueryFirstOrDefault<long>(
            "SELECT count(*) FROM alerts.transitions WHERE name = @name AND state = 'firing'", new { name }));
        Assert.Equal(HttpStatusCode.OK, (await Webhook(client, name, "resolved", "2026-01-01T00:01:00Z")).StatusCode);
        await Until(() => server.Store.QueryFirstOrDefault<string>(
            "SELECT state FROM incidents.alerts WHERE name = @name AND state = 'resolved'", new { name }));
        // A late duplicate opens nothing.
        await Webhook(client, name, "firing", "0001-01-01T00:00:00Z");
        Assert.DoesNotContain(name, await client.GetStringAsync("/api/v2/alerts"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version":"3","alerts":[]}""")]
    [InlineData("""{"version":"4"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"version":"4","alerts":[{"labels":{}}]}""")]
    [InlineData("""{"version":"4","alerts":[{"labels":{"a":"b"},"startsAt":"noon"}]}""")]
    [InlineData("not json")]
    public async Task A_webhook_that_cannot_be_understood_is_refused(string body)
    {
        using var client = server.Client(WatchedServerFixture.AlertsToken);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/api/alertmanager/webhook", content)).StatusCode);
    }

    [Fact]
    public async Task Of_a_batch_the_valid_alerts_are_taken_and_the_rest_is_refused()
    {
        using var client = server.Client(WatchedServerFixture.AlertsToken);
        var name = Named("Valid");
        var reply = await client.PostAsJsonAsync("/api/v2/alerts", new object[]
        {
            new { labels = new Dictionary<string, string> { ["alertname"] = name } }, new { labels = new Dictionary<string, string>() },
        });
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        var alerts = JsonNode.Parse(await client.GetStringAsync($"/api/v2/alerts?filter=alertname%3D%22{name}%22"))!.AsArray();
        Assert.Equal("active", (string)alerts.Single()!["status"]!["state"]!);
        Assert.Equal(16, ((string)alerts.Single()!["fingerprint"]!).Length);
    }

    [Fact]
    public async Task A_program_that_may_only_read_can_neither_send_nor_silence()
    {
        using var client = server.Client();
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/v2/alerts", Array.Empty<object>())).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/v2/silences", new { })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v2/silences")).StatusCode);
    }

    [Theory]
    [InlineData("""{"matchers":[],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"c"}""", "at least one matcher required")]
    [InlineData("""{"matchers":[{"name":"a","value":".*","isRegex":true}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"c"}""", "must not match the empty string")]
    [InlineData("""{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-02T00:00:00Z","createdBy":"a","comment":"c"}""", "end time can't be in the past")]
    [InlineData("""{"matchers":[{"name":"a","value":"(","isRegex":true}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"c"}""", "")]
    public async Task A_silence_that_would_mute_everything_or_nothing_is_refused(string body, string why)
    {
        using var client = server.Client(WatchedServerFixture.AlertsToken);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var reply = await client.PostAsync("/api/v2/silences", content);
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains(why, JsonNode.Parse(await reply.Content.ReadAsStringAsync())!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("slow", "true")]
    public async Task Amtool_adds_queries_updates_and_expires_silences_and_lists_alerts()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/amtool"), "Debian's prometheus-alertmanager is not installed.");
        var config = Path.Combine(server.Folder, "amtool-http.yml");
        await File.WriteAllTextAsync(config, $"authorization:\n  credentials: {WatchedServerFixture.AlertsToken}\n");
        Assert.Contains("receivers:", await Amtool(config, "config", "show"), StringComparison.Ordinal);
        var name = Named("Amtool");
        await Amtool(config, "alert", "add", name, "zone=1", "--annotation=summary=hello");
        Assert.Contains(name, await Amtool(config, "alert", "query", $"alertname={name}"), StringComparison.Ordinal);
        var id = (await Amtool(config, "silence", "add", $"alertname={name}", "zone=~1|2", "--comment=works", "--author=alice", "--duration=2h")).Trim();
        Assert.True(Guid.TryParse(id, out _), id);
        Assert.Contains(id, await Amtool(config, "silence", "query", $"alertname={name}"), StringComparison.Ordinal);
        Assert.DoesNotContain(name, await Amtool(config, "alert", "query", $"alertname={name}"), StringComparison.Ordinal);
        Assert.Contains(name, await Amtool(config, "alert", "query", "--silenced", $"alertname={name}"), StringComparison.Ordinal);
        Assert.Contains("alice", await Amtool(config, "silence", "query", "-o", "extended"), StringComparison.Ordinal);
        var updated = (await Amtool(config, "silence", "update", "-d", "4h", "-c", "longer", "-o", "json", id)).Trim();
        Assert.Contains("longer", updated, StringComparison.Ordinal);
        await Amtool(config, "silence", "expire", id);
        Assert.DoesNotContain(id, await Amtool(config, "silence", "query"), StringComparison.Ordinal);
        Assert.Contains(name, await Amtool(config, "alert", "query", $"alertname={name}"), StringComparison.Ordinal);
        Assert.Equal(3, await server.Store.QueryFirstOrDefault<long>(
            "SELECT count(*) FROM audit.inbox WHERE subject = @id", new { id }));
    }

    private Task<string> Amtool(string config, params string[] arguments) => Prometheus.PrometheusJudgeTests.Run(
        "amtool", [.. arguments, $"--alertmanager.url={server.Url}", $"--http.config.file={config}"]);

    private static Task<HttpResponseMessage> Webhook(HttpClient client, string name, string status, string endsAt) => client.PostAsJsonAsync(
        "/api/alertmanager/webhook",
        new
        {
            version = "4",
            groupKey = "{}",
            truncatedAlerts = 0,
            receiver = "quarterdeck",
            status,
            externalURL = "http://am",
            groupLabels = new { },
            commonLabels = new { },
            commonAnnotations = new { },
            alerts = new[]
            {
                new
                {
                    status, labels = new Dictionary<string, string> { ["alertname"] = name, ["pack"] = "watched", ["severity"] = "critical" },
                    annotations = new { summary = "From outside." }, startsAt = "2026-01-01T00:00:00Z", endsAt, generatorURL = "", fingerprint = "0",
                },
            },
        });

    private static string Named(string name) => $"{name}{Interlocked.Increment(ref _count)}";

    private static async Task<T> Until<T>(Func<Task<T?>> read) where T : class
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if (await read() is { } value) return value;
            await Task.Delay(100);
        }

        throw new TimeoutException("Nothing came within 20 s.");
    }
}
