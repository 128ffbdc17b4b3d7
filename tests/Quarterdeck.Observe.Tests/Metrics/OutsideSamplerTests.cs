using System.Net;
using System.Text;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Tests.Metrics;

/// <summary>Metrics from SQL and from other exporters, each with the ways it can fail: a failure is no value, never a zero.</summary>
public sealed class OutsideSamplerTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-outside-");

    private string AsServer => new Npgsql.NpgsqlConnectionStringBuilder(database.Admin) { Username = "quarterdeck_server" }.ConnectionString;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("SELECT 42", "42")]
    [InlineData("SELECT 0.1::numeric + 0.2", "0.3")]
    [InlineData("SELECT true", "1")]
    [InlineData("SELECT 123456789012345678901234567890123456789::numeric", "123456789012345678901234567890123456789")]
    [InlineData("SELECT count(*) FROM metrics.series", "0")]
    public async Task An_SQL_metric_is_the_one_number_of_its_query_exactly(string query, string expected)
    {
        var (sample, why) = await Sql(query);
        Assert.Null(why);
        Assert.Equal(Rational.Parse(expected), sample!.Exact);
    }

    [Theory]
    [InlineData("SELECT 1 WHERE false", "no row")]
    [InlineData("SELECT null::int", "null")]
    [InlineData("SELECT 1, 2", "2 columns")]
    [InlineData("SELECT generate_series(1, 2)", "more than one row")]
    [InlineData("SELECT 'x'::text", "not a number")]
    [InlineData("SELECT 1/0", "division by zero")]
    [InlineData("SELECT pg_sleep(20)", "timeout")]
    [InlineData("INSERT INTO metrics.series (pack, name, labels) VALUES ('p', 'n', '{}') RETURNING 1", "read-only")]
    [InlineData("WITH x AS (DELETE FROM metrics.thinned RETURNING 1) SELECT count(*) FROM x", "read-only")]
    [InlineData("SELECT 1; DELETE FROM metrics.thinned", "multiple commands")]
    [InlineData("COMMIT; DELETE FROM metrics.thinned", "multiple commands")]
    [InlineData("SELECT set_config('transaction_read_only', 'off', false)::bool::int", "read-write mode")]
    public async Task An_SQL_metric_that_yields_no_number_or_would_write_is_a_failed_read(string query, string why)
    {
        var (sample, found) = await Sql(query);
        Assert.Null(sample);
        Assert.Contains(why, found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_user_that_no_role_can_hold_back_is_refused()
    {
        await using var reader = new SqlReader(Pack("q: { sql: \"SELECT 1\", database: main }"), _ => database.Admin);
        var (sample, why) = await reader.Read(Labels.Of(Labels.MetricName, "q"), new SqlSource("main", "SELECT 1"), Cancel);
        Assert.Null(sample);
        Assert.Contains("postgres", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_failed_read_that_names_no_secret()
    {
        await using var reader = new SqlReader(Pack("q: { sql: \"SELECT 1\", database: main }"), _ => "postgres://u:hunter2@127.0.0.1:1/x");
        var (sample, why) = await reader.Read(Labels.Of(Labels.MetricName, "q"), new SqlSource("main", "SELECT 1"), Cancel);
        Assert.Null(sample);
        Assert.Contains("does not answer", why, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_exporter_is_scraped_once_for_all_metrics_taken_from_it()
    {
        using var exporter = new Exporter(
            """
            # HELP relay_lag Lag.
            # TYPE relay_lag gauge
            relay_lag{chain="a",route="x\"y\\z"} 12.125 1700000000000
            relay_lag{chain="b",route="r"} 3
            relay_messages_total{chain="a"} 123456789012345678
            other 1
            # EOF
            """);
        var pack = Pack(
            $"relay_lag_seconds: {{ scrape: \"{exporter.Url}\", metric: relay_lag, labels: {{ job: relay }} }}\n"
            + $"  relay_a_total: {{ scrape: \"{exporter.Url}\", metric: relay_messages_total, type: counter, match: {{ chain: a }} }}\n"
            + $"  relay_none: {{ scrape: \"{exporter.Url}\" }}");
        var target = Assert.Single(ScrapeTarget.Of(pack.Pack));
        using var http = new HttpClient();
        var (samples, why) = await new ScrapeReader(pack, http).Read(target, Cancel);
        Assert.Null(why);
        Assert.Equal(
            ["{__name__=\"relay_a_total\", chain=\"a\"} 123456789012345678", "{__name__=\"relay_lag_seconds\", chain=\"a\", job=\"relay\", route=\"x\\\"y\\\\z\"} 12.125", "{__name__=\"relay_lag_seconds\", chain=\"b\", job=\"relay\", route=\"r\"} 3"],
            samples.Select(s => $"{s.Labels} {s.Exact}").Order(StringComparer.Ordinal));
        Assert.Equal(1, exporter.Calls);
    }

    [Theory]
    [InlineData("a{b=\"c\" 1")]
    [InlineData("a{b} 1")]
    [InlineData("a{b=\"c} 1")]
    [InlineData("a")]
    [InlineData("a x")]
    public void A_line_that_is_no_sample_fails_the_scrape_and_names_the_line(string line) => Assert.Contains(
        "line 2", Assert.Throws<FormatException>(() => ExpositionReader.Read($"ok 1\n{line}\n").ToList()).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_exporter_that_goes_away_ends_its_series()
    {
        var exporter = new Exporter("relay_lag{chain=\"a\"} 12\n");
        var pack = Pack($"relay_lag: {{ scrape: \"{exporter.Url}\", every: 1s }}");
        using var http = new HttpClient();
        await using var sampler = new OutsideSampler(pack, http, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var run = sampler.Run(stop.Token);
        var series = Labels.Of(Labels.MetricName, "relay_lag", "chain", "a");
        await Until(() => sampler.Newest().Samples.Exists(s => s.Labels == series));
        exporter.Dispose();
        await Until(() => sampler.Newest().Failures.Exists(f => f.Labels == series));
        Assert.Empty(sampler.Newest().Samples);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private async Task<(Sample?, string?)> Sql(string query)
    {
        await using var reader = new SqlReader(Pack("q: { sql: \"SELECT 1\", database: main }"), _ => AsServer);
        return await reader.Read(Labels.Of(Labels.MetricName, "q"), new SqlSource("main", query), Cancel);
    }

    private BoundPack Pack(string metrics)
    {
        Write("protocol.yaml", "name: outside\ntitle: Outside\ndatabases:\n  main: { variable: MAIN_URL }\n");
        Write("metrics.yaml", $"metrics:\n  {metrics}\n");
        Write("environments/test.yaml", "name: test\nkind: devnet\nchains: {}\ndatabases: { main: \"env:MAIN_URL\" }\n");
        var loaded = PackLoader.Load(_folder.FullName);
        Assert.True(loaded.Pack is not null, string.Join('\n', loaded.Findings));
        var environment = EnvironmentLoader.Load(loaded.Pack!, "test", _ => null);
        Assert.True(environment.Environment is not null, string.Join('\n', environment.Findings));
        return BoundPack.Bind(loaded.Pack!, environment.Environment!).Pack!;
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var attempt = 0; attempt < 200 && !holds(); attempt++) await Task.Delay(50);
        Assert.True(holds());
    }

    /// <summary>A program that exposes one text.</summary>
    private sealed class Exporter : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Exporter(string text)
        {
            Url = $"http://127.0.0.1:{Devnet.Processes.FreePort.Next()}/";
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = Serve(Encoding.UTF8.GetBytes(text));
        }

        public string Url { get; }

        public int Calls { get; private set; }

        public void Dispose() => _listener.Close();

        private async Task Serve(byte[] text)
        {
            try
            {
                while (_listener.IsListening)
                {
                    var context = await _listener.GetContextAsync();
                    Calls++;
                    await context.Response.OutputStream.WriteAsync(text);
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Closed.
            }
        }
    }
}
