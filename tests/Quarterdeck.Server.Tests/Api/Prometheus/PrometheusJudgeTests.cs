using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Tests.Api.Prometheus;

/// <summary>A real Prometheus, given the same samples, must answer the same; and it must accept our own exposition.</summary>
[Trait("slow", "true")]
public sealed class PrometheusJudgeTests(WatchedServerFixture server) : IClassFixture<WatchedServerFixture>
{
    // At an odd offset, so that no sample stands exactly on the edge of a range, where Prometheus 2 and 3 differ.
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(
        DateTimeOffset.UtcNow.AddDays(-2).ToUnixTimeMilliseconds() / 3_600_000 * 3_600_000 + 137);

    private static readonly string[] Queries =
    [
        "judge_gauge", "judge_gauge{zone=\"a\"}", "judge_gauge{zone=~\"a|b\"} > 100", "judge_gauge offset 17m", "-judge_gauge",
        "rate(judge_events_total[5m])", "increase(judge_events_total[23m])", "irate(judge_events_total[3m])", "delta(judge_gauge[10m])",
        "sum(rate(judge_events_total[5m]))", "sum by (zone) (judge_gauge)", "avg without (zone) (judge_gauge)", "topk(1, judge_gauge)",
        "quantile(0.9, judge_gauge)", "stddev by (zone) (judge_gauge)", "count_values(\"v\", judge_gauge > bool 100)",
        "max_over_time(judge_gauge[15m])", "quantile_over_time(0.25, judge_gauge[20m])", "avg_over_time(rate(judge_events_total[5m])[30m:1m])",
        "deriv(judge_gauge[10m])", "predict_linear(judge_gauge[10m], 600)",
        "judge_gauge * on (zone) group_left judge_gauge", "judge_gauge / ignoring (zone) group_left sum(judge_gauge)",
        "judge_gauge and judge_gauge{zone=\"b\"}", "judge_gauge unless judge_gauge{zone=\"b\"}", "judge_gauge or judge_events_total",
        "label_replace(judge_gauge, \"y\", \"$1-z\", \"zone\", \"(.*)\")", "label_join(judge_gauge, \"y\", \"-\", \"zone\", \"job\")",
        "histogram_quantile(0.9, sum by (le) (rate(judge_seconds_bucket[10m])))", "absent(judge_nothing{a=\"b\"})", "changes(judge_gauge[10m])",
        "resets(judge_events_total[2h])", "clamp(judge_gauge, 50, 150)", "round(judge_gauge, 0.1)", "hour(judge_gauge)", "timestamp(judge_gauge)",
        "judge_gauge @ end()", "sort_desc(judge_gauge)", "scalar(sum(judge_gauge)) + time()", "vector(1) + 1e-9", "judge_gauge % 7 ^ 2",
        "last_over_time(judge_gauge[9m])", "count(judge_gauge) by (job)", "stdvar_over_time(judge_gauge[12m])", "present_over_time(judge_gauge[4m])",
    ];

    [Fact]
    public async Task The_same_samples_give_the_same_answers_as_in_Prometheus()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prometheus"), "Debian's prometheus is not installed.");
        var folder = Path.Combine(server.Folder, "judge");
        Directory.CreateDirectory(folder);
        await Feed(Path.Combine(folder, "samples.om"));
        await Run("promtool", ["tsdb", "create-blocks-from", "openmetrics", Path.Combine(folder, "samples.om"), Path.Combine(folder, "data")]);
        await using var judge = await Judge.Start(folder, "scrape_configs: []\n");
        using var ours = server.Client();
        ours.BaseAddress = new Uri(server.Url, "/prometheus/watched/");
        var differences = new List<string>();
        foreach (var query in Queries)
        {
            var at = Start.AddMinutes(200).AddSeconds(7).ToUnixTimeMilliseconds() / 1000;
            var instant = $"api/v1/query?query={Uri.EscapeDataString(query)}&time={at}";
            var range = $"api/v1/query_range?query={Uri.EscapeDataString(query)}&start={at - 5400}&end={at}&step=60";
            foreach (var path in (string[])[instant, range])
            {
                var (theirs, own) = (await Get(judge.Client, path), await Get(ours, path));
                if (Difference(theirs, own) is { } difference) differences.Add($"{query} ({path.Split('?')[0]}): {difference}");
            }
        }

        var lists = (string[])["api/v1/labels", "api/v1/label/zone/values", "api/v1/series?match[]=judge_gauge", "api/v1/series?match[]={zone=\"a\"}", "api/v1/label/__name__/values?match[]=judge_gauge"];
        foreach (var path in lists)
        {
            var spanned = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}start={Start.ToUnixTimeSeconds()}&end={Start.AddHours(5).ToUnixTimeSeconds()}";
            var (theirs, own) = (await Get(judge.Client, spanned), await Get(ours, spanned));
            if (theirs.ToJsonString() != own.ToJsonString()) differences.Add($"{path}: {theirs.ToJsonString()} but here {own.ToJsonString()}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public async Task Prometheus_scrapes_our_metrics_in_both_formats_and_reads_the_same_values()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prometheus"), "Debian's prometheus is not installed.");
        var folder = Path.Combine(server.Folder, "scraper");
        Directory.CreateDirectory(folder);
        await using var judge = await Judge.Start(folder,
            $"""
            global: {"{ scrape_interval: 1s, scrape_timeout: 900ms }"}
            scrape_configs:
              - job_name: quarterdeck
                authorization: {"{ credentials: "}{WatchedServerFixture.ReadToken}{" }"}
                static_configs: [{"{ targets: [\""}{server.Url.Authority}{"\"] }"}]
            """);
        JsonNode? found = null;
        for (var attempt = 0; attempt < 200 && found is null; attempt++)
        {
            var reply = await Get(judge.Client, "api/v1/query?query=watched_value");
            found = reply["data"]!["result"]!.AsArray().FirstOrDefault();
            if (found is null) await Task.Delay(100);
        }

        Assert.Equal("42.5", (string?)found?["value"]?[1]);
        Assert.Equal("watched", (string?)found!["metric"]!["pack"]);
        Assert.Equal("1", (string?)(await Get(judge.Client, "api/v1/query?query=up{job=\"quarterdeck\"}"))["data"]!["result"]![0]!["value"]![1]);
        // Prometheus asks for OpenMetrics by itself; the other format is read by promtool.
        using var client = server.Client();
        using var plain = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        plain.Headers.TryAddWithoutValidation("Accept", "text/plain");
        var text = await (await client.SendAsync(plain)).Content.ReadAsStringAsync();
        var verdict = await Run("promtool", ["check", "metrics"], text, mayFail: true);
        Assert.DoesNotContain("error", verdict, StringComparison.OrdinalIgnoreCase);
    }

    private async Task Feed(string path)
    {
        var text = new StringBuilder();
        await Family("judge_gauge", "gauge", ("judge_gauge", "a", "", i => 100 + 90 * Math.Sin(i / 17.0)), ("judge_gauge", "b", "", i => 0.1 * (i % 37) + 99.7));
        await Family("judge_events", "counter",
            ("judge_events_total", "a", "", i => i < 400 ? i * 3 : (i - 400) * 2), ("judge_events_total", "b", "", i => Math.Floor(i * 1.7)));
        await Family("judge_seconds", "histogram",
            ("judge_seconds_bucket", "a", "0.1", i => i), ("judge_seconds_bucket", "a", "1.0", i => i * 3),
            ("judge_seconds_bucket", "a", "+Inf", i => i * 4), ("judge_seconds_count", "a", "", i => i * 4), ("judge_seconds_sum", "a", "", i => i * 1.5));
        await File.WriteAllTextAsync(path, text.Append("# EOF\n").ToString());

        async Task Family(string family, string type, params (string Name, string Zone, string Le, Func<int, double> Value)[] series)
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {family} {type}\n");
            foreach (var (name, zone, le, value) in series)
            {
                // Every 20 s for five hours, with a gap of a quarter of an hour.
                var samples = Enumerable.Range(0, 900).Where(i => i is < 300 or > 345)
                    .Select(i => (At: Start.AddSeconds(i * 20), Value: value(i))).ToList();
                var bucket = le.Length == 0 ? "" : $",\"le\":\"{le}\"";
                await server.Insert(name, $"{{\"job\":\"judge\",\"zone\":\"{zone}\"{bucket}}}", samples);
                var labels = le.Length == 0 ? $"job=\"judge\",zone=\"{zone}\"" : $"job=\"judge\",le=\"{le}\",zone=\"{zone}\"";
                foreach (var (at, sample) in samples)
                    text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {sample:R} {at.ToUnixTimeMilliseconds() / 1000.0:0.000}\n");
            }
        }
    }

    private static async Task<JsonNode> Get(HttpClient client, string path) =>
        JsonNode.Parse(await (await client.GetAsync(path)).Content.ReadAsStringAsync())!;

    private static string? Difference(JsonNode theirs, JsonNode own)
    {
        if ((string?)theirs["status"] != (string?)own["status"]) return $"{theirs.ToJsonString()} but here {own.ToJsonString()}";
        if ((string?)theirs["status"] == "error") return (string?)theirs["errorType"] == (string?)own["errorType"] ? null : $"{theirs} but here {own}";
        if ((string?)theirs["data"]!["resultType"] != (string?)own["data"]!["resultType"]) return "another result type";
        if ((string?)theirs["data"]!["resultType"] is "scalar") return Same(theirs["data"]!["result"]!, own["data"]!["result"]!);
        var (a, b) = (Sorted(theirs), Sorted(own));
        if (a.Count != b.Count) return $"{a.Count} series but here {b.Count}";
        for (var i = 0; i < a.Count; i++)
        {
            if (a[i].Key != b[i].Key) return $"{a[i].Key} but here {b[i].Key}";
            if (a[i].Node["value"] is { } value && Same(value, b[i].Node["value"]!) is { } one) return $"{a[i].Key}: {one}";
            if (a[i].Node["values"] is not JsonArray values) continue;
            var ours = b[i].Node["values"]!.AsArray();
            if (values.Count != ours.Count) return $"{a[i].Key}: {values.Count} points but here {ours.Count}";
            for (var p = 0; p < values.Count; p++)
            {
                if (Same(values[p]!, ours[p]!) is { } point) return $"{a[i].Key}: {point}";
            }
        }

        return null;
    }

    private static List<(string Key, JsonNode Node)> Sorted(JsonNode reply) =>
        [.. reply["data"]!["result"]!.AsArray().Select(n => (n!["metric"]!.ToJsonString(), n!)).OrderBy(n => n.Item1, StringComparer.Ordinal)];

    private static string? Same(JsonNode a, JsonNode b)
    {
        if (a[0]!.ToJsonString() != b[0]!.ToJsonString()) return $"time {a[0]} but here {b[0]}";
        var (x, y) = ((string)a[1]!, (string)b[1]!);
        if (x == y) return null;
        var (p, q) = (double.Parse(x.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture),
            double.Parse(y.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        return Math.Abs(p - q) <= 1e-10 * Math.Max(Math.Abs(p), Math.Abs(q)) ? null : $"{x} but here {y}";
    }

    internal static async Task<string> Run(string program, string[] arguments, string? input = null, bool mayFail = false)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(mayFail || process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await errors}");
        return await output + await errors;
    }

    /// <summary>A Prometheus of the test's own, on a free port.</summary>
    private sealed class Judge(Process process, HttpClient client) : IAsyncDisposable
    {
        public HttpClient Client => client;

        public static async Task<Judge> Start(string folder, string configuration)
        {
            var file = Path.Combine(folder, "prometheus.yml");
            await File.WriteAllTextAsync(file, configuration);
            var port = FreePort();
            var process = Process.Start(new ProcessStartInfo("prometheus",
            [
                $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(folder, "data")}", "--storage.tsdb.retention.time=1y",
                $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
            ])
            { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
            for (var attempt = 0; attempt < 150; attempt++)
            {
                try
                {
                    if ((await client.GetAsync("-/ready")).IsSuccessStatusCode) return new Judge(process, client);
                }
                catch (HttpRequestException)
                {
                    // Not listening yet.
                }

                await Task.Delay(100);
            }

            process.Kill();
            throw new InvalidOperationException($"Prometheus did not start: {await process.StandardError.ReadToEndAsync()}");
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
