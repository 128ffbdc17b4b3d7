using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Server.Tests;

/// <summary>A whole server that watches a pack without a chain, with tokens for programs.</summary>
public sealed class WatchedServerFixture : PostgresFixture
{
    public const string ReadToken = "a-token-that-may-only-read-0001";
    public const string AlertsToken = "a-token-that-may-silence-and-send-2";
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("quarterdeck-watched-test-");

    private static string Soon => TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    internal WebApplication App { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    internal OperationsStore Store => App.Services.GetRequiredService<OperationsStore>();

    public string Folder => _state.FullName;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var pack = _state.CreateSubdirectory("packs").CreateSubdirectory("watched");
        Write(pack, "protocol.yaml", "name: watched\ntitle: Watched\n");
        Write(pack, "metrics.yaml",
            """
            metrics:
              watched_value: { help: A number., unit: things, formula: "vector(42.5)" }
              watched_events_total: { help: Events., unit: events, type: counter, formula: "vector(7)" }
            """);
        Write(pack, "alerts.yaml",
            """
            groups:
              - name: watched
                interval: 5s
                rules:
                  - record: watched:doubled
                    expr: watched_value * 2
                  - alert: WatchedTooHigh
                    expr: watched_value > 40
                    labels: { severity: warning }
                    annotations: { summary: "It is {{ $value }}." }
                  - alert: WatchedTooLow
                    expr: watched_value < 40
                    for: 5m
            """);
        Write(pack, "dashboards.yaml",
            """
            dashboards:
              overview:
                title: A board
                span: 2h
                refresh: 10s
                sections:
                  - title: Numbers
                    panels:
                      - { title: Now, kind: stat, query: watched_value, width: 16, values: { 0: [none, red] } }
                      - { title: Over time, kind: timeseries, query: "rate(watched_events_total[5m])", legend: "{{job}}", width: 12,
                          unit: per second, thresholds: { base: green, 0.5: red } }
                  - title: Alerts
                    panels:
                      - { title: Firing, kind: alerts, width: 24, height: 4 }
            """);
        // Nothing that fires is routed to a channel: the root's receiver has none.
        Write(pack, "notifications.yaml",
            """
            route:
              receiver: silence
              routes:
                - { receiver: nobody, matchers: ['alertname="Nothing"'], mute_time_intervals: [always] }
            receivers:
              - { name: nobody, webhook_configs: [{ url: "https://hook.example/" }] }
              - { name: silence }
            time_intervals:
              - { name: always, time_intervals: [{ times: [{ start_time: "00:00", end_time: "24:00" }] }] }
            """);
        Write(pack, "environments/test.yaml", "name: test\nkind: devnet\nchains: {}\n");
        Write(_state, "tokens",
            $"""
            # Tokens of programs.
            grafana read env:TEST_READ_TOKEN {Soon}
            alertmanager read,alerts.send,alerts.silence env:TEST_ALERTS_TOKEN {Soon}
            """);
        var settings = new ServerSettings(
            Admin, Admin, [pack.FullName], "test", _state.CreateSubdirectory("state").FullName, "http://127.0.0.1:0",
            new Uri("http://localhost:8080"))
        {
            Tokens = Path.Combine(_state.FullName, "tokens"),
        };
        App = await Composition.Build(settings, Variable);
        await App.StartAsync();
        Url = new Uri(App.Urls.First());
    }

    public override async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        _state.Delete(recursive: true);
        await base.DisposeAsync();
    }

    public HttpClient Client(string? token = ReadToken)
    {
        var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = Url };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Puts samples into history, as if a watcher had written them.</summary>
    public Task Insert(string name, string labels, IEnumerable<(DateTimeOffset At, double Value)> samples) =>
        Store.Ingest(FactSource.Clock(DateTimeOffset.UtcNow), async write =>
        {
            var all = samples.ToList();
            foreach (var day in all.Select(s => DateOnly.FromDateTime(s.At.UtcDateTime)).Distinct())
                await write.Execute("SELECT metrics.prepare_day(@day)", new { day });
            var id = await write.QueryFirstOrDefault<long>(
                "INSERT INTO metrics.series (pack, name, labels) VALUES ('watched', @name, @labels::jsonb) RETURNING id", new { name, labels });
            await using var copy = await write.Connection.BeginTextImportAsync("COPY metrics.samples (series_id, at, value) FROM STDIN");
            foreach (var (at, value) in all)
                await copy.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{id}\t{at:O}\t{value:R}\n"));
        }, CancellationToken.None);

    private static string? Variable(string name) => name switch
    {
        "TEST_READ_TOKEN" => ReadToken,
        "TEST_ALERTS_TOKEN" => AlertsToken,
        _ => null,
    };

    private static void Write(DirectoryInfo folder, string path, string text)
    {
        var full = Path.Combine(folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
