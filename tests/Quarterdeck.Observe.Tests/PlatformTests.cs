using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Tests.Notifying;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests;

/// <summary>The watchers are watched, and the outside is told while all is well.</summary>
public sealed class PlatformTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TestClock _clock = new(DateTimeOffset.UtcNow);
    private OperationsStore _store = null!;

    public async ValueTask InitializeAsync() => _store = OperationsStore.Open(
        database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server), _clock);

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("quarterdeck_sample_age_seconds{pack=\"p\"}", "2 2 2 2 2 2 2 2 2 2", "")]
    [InlineData("quarterdeck_sample_age_seconds{pack=\"p\"}", "2 12 22 32 42 52 62 72 82 92 102 112", "WatcherStalled")]
    [InlineData("quarterdeck_chain_cursor_age_seconds{pack=\"p\",chain=\"c\"}", "1 11 21 31 41 51 61 71 81 91 101 111", "ChainStopped")]
    [InlineData("quarterdeck_chain_cursor_age_seconds{pack=\"p\",chain=\"c\"}", "1 11 21 31 41 51 1 11 21 31 41 51", "")]
    [InlineData("quarterdeck_metric_present{pack=\"p\",metric=\"m\"}", "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "MetricVanished")]
    [InlineData("quarterdeck_metric_present{pack=\"p\",metric=\"m\"}", "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "")]
    [InlineData("quarterdeck_rule_healthy{pack=\"p\",rule=\"r\"}", "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "RuleCannotBeEvaluated")]
    [InlineData("quarterdeck_notification_channel_failing{receiver=\"r\",channel=\"c\"}", "1 1 1 1 1", "NotificationChannelFailing")]
    [InlineData("quarterdeck_rehearsal_age_seconds{pack=\"p\",runbook=\"r\"}", "604790 604800 604810 604820 604830 604840 604850 604860 604870 604880", "RehearsalOverdue")]
    [InlineData("quarterdeck_rehearsal_age_seconds{pack=\"p\",runbook=\"r\"}", "604790 604800 604810 604820 604830 0 10 20 30 40 50 60 70 80 90", "")]
    [InlineData("quarterdeck_rehearsal_age_seconds{pack=\"p\",runbook=\"other\"}", "604790 604800 604810 604820 604830 604840 604850 604860 604870 604880", "")]
    [InlineData("quarterdeck_break_glass_unreviewed_seconds{plan=\"p\",run=\"r\",operator=\"o\"}", "0 10", "GlassBroken")]
    [InlineData("quarterdeck_break_glass_unreviewed_seconds{plan=\"p\",run=\"r\",operator=\"o\"}", "86390 86400 86410", "GlassBroken,BreakGlassReviewOverdue")]
    [InlineData("quarterdeck_standing_use_age_seconds{run=\"r\",runbook=\"b\",alert=\"a\"}", "0 10", "StandingApprovalUsed")]
    [InlineData("quarterdeck_standing_use_age_seconds{run=\"r\",runbook=\"b\",alert=\"a\"}", "890 900 910", "")]
    public void Each_rule_of_the_platform_fires_when_it_should_and_only_then(string series, string values, string alert)
    {
        var memory = new SeriesMemory();
        var states = PlatformRules.File.Groups.Select(g => new RuleGroupState(g)).ToList();
        var time = 1_000_000_000L;
        foreach (var value in values.Split(' '))
        {
            memory.Append(PromParser.ParseSeries(series), time, double.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
            memory.Append(PromParser.ParseSeries("quarterdeck_chain_silence_limit_seconds{pack=\"p\",chain=\"c\"}"), time, 60);
            memory.Append(PromParser.ParseSeries("quarterdeck_rehearsal_limit_seconds{pack=\"p\",runbook=\"r\"}"), time, 604_800);
            foreach (var state in states)
            {
                RuleGroupEvaluation.Evaluate(state, time, memory, s => memory.Append(s.Labels, s.TimeMs, s.Value), EvaluatorOptions.Default, TemplateSurroundings.None);
            }

            time += 10_000;
        }

        var firing = states.SelectMany(s => s.Rules).SelectMany(r => r.Active).Where(a => a.State == AlertState.Firing);
        Assert.Equal(alert, string.Join(',', firing.Select(a => a.Labels.Get("alertname"))));
        Assert.All(states.SelectMany(s => s.Rules), r => Assert.Null(r.LastError));
    }

    [Fact]
    public async Task A_watcher_that_wrote_nothing_for_a_while_is_seen_by_whoever_looks_at_the_database()
    {
        var sampler = new PlatformSampler(_store, new WatchedPacks([database.Sample.Bound]), new RuleHealth());
        Assert.Equal(0, Value(await sampler.Sample(Cancel), "quarterdeck_sample_age_seconds"));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(30, Value(await sampler.Sample(Cancel), "quarterdeck_sample_age_seconds"));
        var lease = await _store.Leases.TryAcquire("watch:sample", TimeSpan.FromMinutes(5), Cancel);
        await new SampleStore(_store, "sample").Write(lease!, FactSource.Clock(_clock.GetUtcNow()), null,
            new SamplingRound(_clock.GetUtcNow(), null, [new Sample(Labels.Of(Labels.MetricName, "vault_total"), 1, null)], []), wake: false, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(40));
        var round = await sampler.Sample(Cancel);
        Assert.Equal(40, Value(round, "quarterdeck_sample_age_seconds"), 2);
        Assert.Equal(1, Value(round, "quarterdeck_metric_present", "vault_total"));
        Assert.Equal(0, Value(round, "quarterdeck_metric_present", "vault_cap"));
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, Value(await sampler.Sample(Cancel), "quarterdeck_metric_present", "vault_total"));
    }

    [Fact]
    public async Task The_heartbeat_beats_while_all_is_well_and_is_withheld_while_the_platform_ails()
    {
        var outside = new Counter();
        var heartbeat = new Heartbeat(_store, new HeartbeatOptions { Url = ConfiguredText.Plain("https://beat.example/x") }, new HttpClient(outside),
            _ => null, NullLogger<Heartbeat>.Instance);
        Assert.True(await heartbeat.Ping(Cancel));
        Assert.False(await heartbeat.Ping(Cancel));
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.True(await heartbeat.Ping(Cancel));
        await _store.Ingest(FactSource.Clock(_clock.GetUtcNow()), write => write.Execute(
            """
            INSERT INTO alerts.active (alert_id, pack, rule_group, name, labels, annotations, state, value, active_at, fired_at, evaluated_at)
            VALUES ('x', 'quarterdeck', 'quarterdeck', 'WatcherStalled', '{"severity":"critical"}', '{}', 'firing', 1, now(), now(), now())
            """), Cancel);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.False(await heartbeat.Ping(Cancel));
        Assert.Equal(2, outside.Calls);
        await _store.Ingest(FactSource.Clock(_clock.GetUtcNow()), write => write.Execute("DELETE FROM alerts.active"), Cancel);
        _clock.Advance(TimeSpan.FromSeconds(61));
        outside.Status = HttpStatusCode.BadGateway;
        Assert.False(await heartbeat.Ping(Cancel));
        outside.Status = HttpStatusCode.OK;
        Assert.True(await heartbeat.Ping(Cancel));
    }

    [Fact]
    public async Task An_alert_from_outside_that_nobody_repeats_ends_after_the_resolve_timeout()
    {
        var alerts = new ExternalAlerts(_store, new WatchedPacks([database.Sample.Bound]));
        var incoming = new IncomingAlert(Labels.Of("alertname", "Away", "pack", "sample"), Labels.Empty, null, null, "");
        await alerts.Take(Actor.System("test"), "test", [incoming], TimeSpan.FromMinutes(5), Cancel);
        Assert.Equal("sample", Assert.Single(await _store.ActiveAlerts(Cancel)).Pack);
        _clock.Advance(TimeSpan.FromMinutes(4));
        await alerts.Take(Actor.System("test"), "test", [incoming], TimeSpan.FromMinutes(5), Cancel);
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(0, await alerts.Expire(Cancel));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await alerts.Expire(Cancel));
        Assert.Empty(await _store.ActiveAlerts(Cancel));
        var transitions = await _store.AlertTransitionsAfter(0, 10, Cancel);
        Assert.Equal([AlertTransitionState.Firing, AlertTransitionState.Resolved], transitions.Select(t => t.State));
        Assert.Contains("resolve timeout", transitions[1].Reason, StringComparison.Ordinal);
    }

    private static double Value(SamplingRound round, string name, string metric = "") =>
        round.Samples.Single(s => s.Labels.Name == name && s.Labels.Get("metric") == metric).Value;

    private sealed class Counter : HttpMessageHandler
    {
        public int Calls { get; private set; }

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            return Task.FromResult(new HttpResponseMessage(Status));
        }
    }
}
