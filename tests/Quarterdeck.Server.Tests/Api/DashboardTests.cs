using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Api;

/// <summary>The boards that the console draws.</summary>
public sealed class DashboardTests(WatchedServerFixture server) : IClassFixture<WatchedServerFixture>
{
    [Fact]
    public async Task A_board_tells_its_panels_with_place_unit_queries_and_thresholds()
    {
        using var client = await Person();
        var list = JsonNode.Parse(await client.GetStringAsync("/api/dashboards"))!;
        Assert.Equal("""[{"pack":"watched","name":"overview","title":"A board","panels":3}]""", list.ToJsonString());

        var board = Assert.Single(JsonNode.Parse(await client.GetStringAsync("/api/dashboards/watched"))!.AsArray())!;
        Assert.Equal((7200, 10), ((int)board["spanSeconds"]!, (int)board["refreshSeconds"]!));
        Assert.Equal(["Numbers", "Alerts"], board["sections"]!.AsArray().Select(s => (string)s!["title"]!));
        var panels = board["sections"]!.AsArray().SelectMany(s => s!["panels"]!.AsArray()).ToList();
        Assert.Equal(
            """
            {"id":1,"title":"Now","description":"A number.","kind":"stat","unit":"things","overTime":false,"grid":{"x":0,"y":1,"width":16,"height":7},"queries":[{"query":"watched_value","legend":""}],"thresholds":[],"values":[{"value":"0","text":"none","color":"red"}]}
            """,
            panels[0]!.ToJsonString());
        Assert.Equal(
            """
            {"id":2,"title":"Over time","description":"Events.","kind":"timeseries","unit":"per second","overTime":true,"grid":{"x":0,"y":8,"width":12,"height":7},"queries":[{"query":"rate(watched_events_total[5m])","legend":"{{job}}"}],"thresholds":[{"from":null,"color":"green"},{"from":0.5,"color":"red"}],"values":[]}
            """,
            panels[1]!.ToJsonString());
        Assert.Equal("""{"x":0,"y":16,"width":24,"height":4}""", panels[2]!["grid"]!.ToJsonString());
    }

    [Fact]
    public async Task The_queries_of_a_board_are_answered_at_its_source()
    {
        using var client = await Person();
        var board = JsonNode.Parse(await client.GetStringAsync("/api/dashboards/watched"))![0]!;
        foreach (var panel in board["sections"]!.AsArray().SelectMany(s => s!["panels"]!.AsArray()))
        {
            var query = Uri.EscapeDataString((string)panel!["queries"]![0]!["query"]!);
            var path = (bool)panel["overTime"]! ? $"query_range?query={query}&start=1000&end=2000&step=10" : $"query?query={query}";
            var answer = JsonNode.Parse(await client.GetStringAsync($"{board["source"]}/{path}"))!;
            Assert.Equal("success", (string)answer["status"]!);
        }
    }

    [Fact]
    public async Task An_unknown_pack_is_not_found()
    {
        using var client = await Person();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await client.GetAsync("/api/dashboards/nowhere")).StatusCode);
    }

    private async Task<HttpClient> Person()
    {
        var name = "drawer-" + Guid.NewGuid().ToString("N")[..6];
        var services = server.App.Services;
        await services.GetRequiredService<Operators>().Add(Actor.Cli("test"), name, [Permission.Roles.First()], "a test needs one", CancellationToken.None);
        var link = Assert.IsType<Outcome<string>.Done>(await services.GetRequiredService<Links>().Make(Actor.Cli("test"), name, CancellationToken.None));
        var client = server.Client(null);
        var reply = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(client, "/api/auth/link", new { token = link.Value });
        reply.EnsureSuccessStatusCode();
        using var session = JsonDocument.Parse(await reply.Content.ReadAsStringAsync());
        client.DefaultRequestHeaders.Authorization = new("Bearer", session.RootElement.GetProperty("token").GetString());
        return client;
    }
}
