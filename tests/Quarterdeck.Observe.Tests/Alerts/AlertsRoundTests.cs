using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Tests.Notifying;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests.Alerts;

/// <summary>When groups are evaluated, what is told of it, and what outlives a restart.</summary>
public sealed class AlertsRoundTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private const string Rules = """
        groups:
          - name: slow
            interval: 30s
            rules:
              - alert: High
                expr: sample_value > 10
                labels: { severity: warning }
              - alert: High
                expr: sample_value > 20
                labels: { severity: critical }
          - name: fast
            rules:
              - record: sample:doubled
                expr: sample_value * 2
        """;

    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TestClock _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly LiveSeries _live = new(TimeSpan.FromHours(1));
    private readonly RuleHealth _health = new();
    private OperationsStore _store = null!;
    private Lease _lease = null!;
    private AlertsRound _round = null!;

    public async ValueTask InitializeAsync()
    {
        _store = OperationsStore.Open(
            database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server), _clock);
        _lease = (await _store.Leases.TryAcquire("watch:sample", TimeSpan.FromDays(1), Cancel))!;
        _round = Round(Rules);
    }

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    private AlertsRound Round(string text)
    {
        var result = RuleFile.Parse("rules.yaml", text);
        Assert.False(result.HasErrors);
        return new AlertsRound(_store, "sample", [], [result.File], _live, _health);
    }

    private void Sampled(double value, bool atBlock = false)
    {
        _live.Append(new SamplingRound(_clock.GetUtcNow(), null, [new Sample(Labels.Of(Labels.MetricName, "sample_value"), value, null)], []));
        if (atBlock) _live.BlockIsSampled();
    }

    [Fact]
    public async Task A_group_waits_for_its_interval_and_is_evaluated_at_every_block()
    {
        Sampled(1);
        Assert.Equal(2, await _round.Evaluate(_lease, Cancel));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Sampled(15);
        Assert.Equal(1, await _round.Evaluate(_lease, Cancel));
        Assert.Empty(await _store.ActiveAlerts(Cancel));
        Assert.Equal(TimeSpan.FromSeconds(20), _round.UntilDue());
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.Zero, _round.UntilDue());
        Assert.Equal(2, await _round.Evaluate(_lease, Cancel));
        Assert.Equal("firing", Assert.Single(await _store.ActiveAlerts(Cancel)).State);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Sampled(25, atBlock: true);
        Assert.Equal(2, await _round.Evaluate(_lease, Cancel));
        Assert.Equal(2, (await _store.ActiveAlerts(Cancel)).Count);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await _round.Evaluate(_lease, Cancel));
    }

    [Fact]
    public async Task Time_and_duration_of_each_evaluation_are_told_and_alerts_of_one_name_have_their_own_expressions()
    {
        Sampled(25);
        await _round.Evaluate(_lease, Cancel);
        var first = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Sampled(25);
        await _round.Evaluate(_lease, Cancel);
        Assert.All(_health.Rules, rule => Assert.True(rule.Took > TimeSpan.Zero && rule.Took < TimeSpan.FromMinutes(1)));
        Assert.All(_health.Rules.Where(r => r.Group == "slow"), rule => Assert.Equal(first, rule.At));
        Assert.Equal(_clock.GetUtcNow(), _health.Rules.Single(r => r.Group == "fast").At);

        string? Of(string severity) => _health.ExpressionOf("sample", "High", new Dictionary<string, string> { ["severity"] = severity });
        Assert.Equal(("sample_value > 10", "sample_value > 20"), (Of("warning"), Of("critical")));
        Assert.Null(_health.ExpressionOf("sample", "Nothing", new Dictionary<string, string>()));
    }

    [Fact]
    public async Task A_restart_does_not_begin_for_again_and_blindness_does_not_count()
    {
        const string rules = """
            groups:
              - name: patient
                rules:
                  - { alert: Held, expr: sample_value > 10, for: 5m }
            """;
        Sampled(15);
        await Round(rules).Evaluate(_lease, Cancel);
        _clock.Advance(TimeSpan.FromMinutes(4));
        Sampled(15);
        var before = Round(rules);
        await before.Evaluate(_lease, Cancel);
        Assert.Equal("pending", Assert.Single(await _store.ActiveAlerts(Cancel)).State);

        // Four minutes were blind between the first two evaluations; now it is watched, and two minutes are.
        for (var minute = 0; minute < 5; minute++)
        {
            Assert.Equal("pending", Assert.Single(await _store.ActiveAlerts(Cancel)).State);
            _clock.Advance(TimeSpan.FromMinutes(1));
            Sampled(15);
            await before.Evaluate(_lease, Cancel);
        }

        Assert.Equal("firing", Assert.Single(await _store.ActiveAlerts(Cancel)).State);
        _clock.Advance(TimeSpan.FromSeconds(5));
        var after = Round(rules);
        Sampled(15);
        await after.Evaluate(_lease, Cancel);
        Assert.Equal("firing", Assert.Single(await _store.ActiveAlerts(Cancel)).State);
        Assert.Single(await _store.AlertTransitionsAfter(0, 10, Cancel), t => t.State == AlertTransitionState.Firing);
    }

    [Fact]
    public async Task A_rule_that_cannot_be_evaluated_neither_fires_nor_resolves()
    {
        const string rules = """
            groups:
              - name: broken
                rules:
                  - { alert: Broken, expr: sample_value * on() group_left() other_value > 10 }
            """;
        var round = Round(rules);
        Sampled(15);
        Other("a");
        await round.Evaluate(_lease, Cancel);
        Assert.Equal("firing", Assert.Single(await _store.ActiveAlerts(Cancel)).State);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Sampled(0);
        Other("a");
        Other("b");
        await round.Evaluate(_lease, Cancel);
        Assert.Equal("firing", Assert.Single(await _store.ActiveAlerts(Cancel)).State);
        Assert.Contains("many", Assert.Single(_health.Rules).Error, StringComparison.Ordinal);

        void Other(string of) => _live.Append(new SamplingRound(_clock.GetUtcNow(), null,
            [new Sample(Labels.Of(Labels.MetricName, "other_value", "of", of), 1, null)], []));
    }
}
