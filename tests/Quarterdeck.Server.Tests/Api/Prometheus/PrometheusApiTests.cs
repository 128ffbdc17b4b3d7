using System.Net;
using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Tests.Api.Prometheus;

/// <summary>The shapes and errors of Prometheus's HTTP API.</summary>
public sealed class PrometheusApiTests(WatchedServerFixture server) : IClassFixture<WatchedServerFixture>
{
    [Fact]
    public async Task A_stranger_is_refused_and_a_program_with_a_token_is_answered()
    {
        using var stranger = server.Client(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/v1/query?query=1")).StatusCode);
        using var wrong = server.Client("not-a-token-of-anybody-at-all");
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("/api/v1/query?query=1")).StatusCode);
        using var program = server.Client();
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/v1/query?query=1")).StatusCode);
        // Where persons act a program's token opens nothing.
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/overview")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/me")).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/query?query=1%2B1&time=1435781451.781", """{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"2"]}}""")]
    [InlineData("/api/v1/query?query=%22x%22&time=1435781451", """{"status":"success","data":{"resultType":"string","result":[1435781451,"x"]}}""")]
    [InlineData("/api/v1/query?query=vector(1e-7)&time=2015-07-01T20:10:51.781Z", """{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"1e-07"]}]}}""")]
    [InlineData("/prometheus/watched/api/v1/query_range?query=time()&start=10&end=20&step=5", """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[10,"10"],[15,"15"],[20,"20"]]}]}}""")]
    [InlineData("/api/v1/query_range?query=vector(-1/0)&start=10&end=11&step=1s", """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[10,"-Inf"],[11,"-Inf"]]}]}}""")]
    [InlineData("/api/v1/query_exemplars?query=a", """{"status":"success","data":[]}""")]
    [InlineData("/api/v1/format_query?query=a%2Fb", """{"status":"success","data":"a / b"}""")]
    public async Task Answers_are_written_as_Prometheus_writes_them(string path, string expected)
    {
        using var client = server.Client();
        Assert.Equal(expected, await client.GetStringAsync(path));
    }

    [Theory]
    [InlineData("/api/v1/query?query=rate(a)", 400, "bad_data", "invalid parameter \"query\": 1:6: parse error: expected type range vector in call to function \"rate\", got instant vector")]
    [InlineData("/api/v1/query?query=1&time=abc", 400, "bad_data", "invalid parameter \"time\": cannot parse \"abc\" to a valid timestamp")]
    [InlineData("/api/v1/query_range?query=1&start=2&end=1&step=1", 400, "bad_data", "invalid parameter \"end\": end timestamp must not be before start time")]
    [InlineData("/api/v1/query_range?query=1&start=1&end=2&step=0", 400, "bad_data", "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer")]
    [InlineData("/api/v1/query_range?query=1&start=1&end=2&step=x", 400, "bad_data", "invalid parameter \"step\": cannot parse \"x\" to a valid duration")]
    [InlineData("/api/v1/query_range?query=1&start=0&end=11001&step=1", 400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")]
    [InlineData("/api/v1/query_range?query=a[5m]&start=0&end=1&step=1", 400, "bad_data", "invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector")]
    [InlineData("/api/v1/series", 400, "bad_data", "no match[] parameter provided")]
    [InlineData("/api/v1/label/a-b/values", 400, "bad_data", "invalid label name: \"a-b\"")]
    [InlineData("/prometheus/nowhere/api/v1/query?query=1", 404, "not_found", "there is no pack \"nowhere\"")]
    public async Task Refusals_have_Prometheus_s_status_type_and_words(string path, int status, string type, string message)
    {
        using var client = server.Client();
        var reply = await client.GetAsync(path);
        var body = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
        Assert.Equal((status, "error", type, message), ((int)reply.StatusCode, (string)body["status"]!, (string)body["errorType"]!, (string)body["error"]!));
    }

    [Fact]
    public async Task Grafana_s_calls_are_answered_by_form_and_by_query_string()
    {
        using var client = server.Client();
        await Until(client, "/prometheus/watched/api/v1/query?query=watched_value");
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["query"] = "watched_value",
            ["start"] = Text(now - 60),
            ["end"] = Text(now),
            ["step"] = "15",
        });
        var range = JsonNode.Parse(await (await client.PostAsync("/api/v1/query_range", form)).Content.ReadAsStringAsync())!;
        Assert.Equal("watched", (string)range["data"]!["result"]![0]!["metric"]!["pack"]!);
        using var match = new FormUrlEncodedContent([new("match[]", "watched_value"), new("start", Text(now - 60)), new("end", Text(now))]);
        var series = JsonNode.Parse(await (await client.PostAsync("/api/v1/series", match)).Content.ReadAsStringAsync())!;
        Assert.Equal("""{"status":"success","data":[{"__name__":"watched_value","pack":"watched"}]}""", series.ToJsonString());
        Assert.Contains("watched_value", await client.GetStringAsync("/api/v1/label/__name__/values"), StringComparison.Ordinal);
        Assert.Contains("\"pack\"", await client.GetStringAsync("/api/v1/labels"), StringComparison.Ordinal);
        Assert.Contains("\"version\":\"3.", await client.GetStringAsync("/api/v1/status/buildinfo"), StringComparison.Ordinal);
        var metadata = JsonNode.Parse(await client.GetStringAsync("/api/v1/metadata?metric=watched_events_total"))!;
        Assert.Equal(
            """{"watched_events_total":[{"type":"counter","help":"Events.","unit":"events"}]}""", metadata["data"]!.ToJsonString());
    }

    [Fact]
    public async Task Rules_and_alerts_are_told_with_their_state_and_what_rules_record_can_be_asked_for()
    {
        using var client = server.Client();
        await Until(client, "/prometheus/watched/api/v1/query?query=watched:doubled == 85");
        await Until(client, "/api/v1/query?query=ALERTS{alertname=\"WatchedTooHigh\",alertstate=\"firing\",pack=\"watched\"}");
        var groups = JsonNode.Parse(await client.GetStringAsync("/prometheus/watched/api/v1/rules"))!["data"]!["groups"]!;
        var rules = groups[0]!["rules"]!.AsArray();
        Assert.Equal(["recording", "alerting", "alerting"], rules.Select(r => (string)r!["type"]!));
        Assert.Equal(["firing", "inactive"], rules.Skip(1).Select(r => (string)r!["state"]!));
        Assert.All(rules, r => Assert.Equal("ok", (string)r!["health"]!));
        Assert.Equal(300, (double)rules[2]!["duration"]!);
        var alert = JsonNode.Parse(await client.GetStringAsync("/api/v1/alerts"))!["data"]!["alerts"]!.AsArray()
            .Single(a => (string)a!["labels"]!["alertname"]! == "WatchedTooHigh")!;
        Assert.Equal(("firing", "4.25e+01", "It is 42.5."), ((string)alert["state"]!, (string)alert["value"]!, (string)alert["annotations"]!["summary"]!));
        Assert.Single(JsonNode.Parse(await client.GetStringAsync("/prometheus/watched/api/v1/rules?type=record"))!["data"]!["groups"]![0]!["rules"]!.AsArray());
    }

    private static string Text(double seconds) => seconds.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task Until(HttpClient client, string path)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var reply = await client.GetStringAsync(path);
            if (JsonNode.Parse(reply)!["data"]!["result"]!.AsArray().Count > 0) return;
            await Task.Delay(100);
        }

        Assert.Fail($"After 20 s nothing answers {path}.");
    }
}
