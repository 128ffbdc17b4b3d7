using System.Text.Json.Nodes;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Tests.Api;

/// <summary>An operator sees who is told of what, and what was not accepted.</summary>
public sealed class NotificationTests(WatchedServerFixture server) : IClassFixture<WatchedServerFixture>
{
    [Fact]
    public async Task The_plan_and_what_became_of_each_notification_are_shown()
    {
        var now = server.Store.Clock.GetUtcNow();
        await server.Store.Ingest(FactSource.Clock(now), write => write.Execute(
            """
            INSERT INTO notifying.outbox (id, plan, group_key, receiver, channel, notification, firing, resolved, created_at, attempts,
                next_attempt_at, state, error, finished_at)
            VALUES ('ntf_old', 'watched', 'g', 'nobody', 'webhook/0', @json, '{a,b}', '{}', @at, 1, @at, 'sent', NULL, @at),
                   ('ntf_new', 'watched', 'g', 'nobody', 'webhook/0', @json, '{a}', '{b}', @now, 4, @now, 'failed', 'the endpoint answered 500', @now)
            """,
            new
            {
                json = JsonNode.Parse("""{"alerts":[{"labels":{"alertname":"TooHigh"}},{"labels":{"alertname":"TooHigh"}},{"labels":{"alertname":"Down"}}]}""")!,
                at = now.AddMinutes(-5),
                now,
            }), CancellationToken.None);
        using var client = server.Client(WatchedServerFixture.ReadToken);

        var shown = JsonNode.Parse(await client.GetStringAsync("/api/notifications"))!;

        var deliveries = shown["deliveries"]!.AsArray().Where(d => (string)d!["plan"]! == "watched").ToList();
        Assert.Equal(["ntf_new", "ntf_old"], deliveries.Select(d => (string)d!["id"]!));
        Assert.Equal(["Down", "TooHigh"], deliveries[0]!["alerts"]!.AsArray().Select(a => (string)a!));
        Assert.Equal(("failed", "the endpoint answered 500", 1, 1),
            ((string)deliveries[0]!["state"]!, (string)deliveries[0]!["error"]!, (int)deliveries[0]!["firing"]!, (int)deliveries[0]!["resolved"]!));
        Assert.Null(deliveries[1]!["nextAttemptAt"]);
        var plan = shown["plans"]!.AsArray().Single(p => (string)p!["name"]! == "watched")!;
        var channel = plan["receivers"]![0]!["channels"]![0]!;
        Assert.Equal(("webhook/0", "webhook", true, 1, 1),
            ((string)channel["name"]!, (string)channel["kind"]!, (bool)channel["failing"]!, (int)channel["sentToday"]!, (int)channel["failedToday"]!));
        Assert.DoesNotContain("hook.example", shown.ToJsonString(), StringComparison.Ordinal);
        var routes = plan["routes"]!.AsArray();
        Assert.Equal([0, 1], routes.Select(r => (int)r!["depth"]!));
        Assert.Equal(["always"], routes[1]!["muteHours"]!.AsArray().Select(h => (string)h!));
        Assert.True((bool)routes[1]!["muted"]!);
        Assert.False((bool)routes[0]!["muted"]!);
    }
}
