using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Alerts;

public sealed class AlertEvaluationTests
{
    private static readonly Labels Series = Labels.Of("__name__", "up", "job", "relay");

    private static AlertingRule Rule(int holdSeconds = 0, int keepSeconds = 0, string? label = null) => new(
        "Down", PreparedQuery.Parse("up == 0"), TimeSpan.FromSeconds(holdSeconds), TimeSpan.FromSeconds(keepSeconds),
        label is null ? new Dictionary<string, string> { ["severity"] = "critical" } : new Dictionary<string, string> { ["l"] = label },
        new Dictionary<string, string> { ["summary"] = "{{ $labels.job }} is at {{ $value }}" }, 1);

    private static PromVector Result(params double[] values) =>
        new([.. values.Select((value, i) => new VectorSample(i == 0 ? Series : Series.With("n", $"{i}"), 0, value, null))]);

    private static AlertOutcome Step(AlertingRule rule, RuleState state, long seconds, PromValue result, int limit = 0) =>
        AlertEvaluation.Evaluate(rule, state, result, seconds * 1000, limit, TemplateSurroundings.None);

    private static string Walk(AlertingRule rule, string presence)
    {
        var state = RuleState.Empty;
        var text = "";
        for (var second = 0; second < presence.Length; second++)
        {
            var outcome = Step(rule, state, second, presence[second] == '1' ? Result(0) : Result());
            state = outcome.State;
            text += state.Alerts.Values.SingleOrDefault()?.State switch
            {
                AlertState.Pending => 'p',
                AlertState.Firing => 'F',
                AlertState.Inactive => 'r',
                _ => '.',
            };
        }

        return text;
    }

    [Theory]
    [InlineData(0, 0, "0110", ".FFr")]
    [InlineData(3, 0, "0111110", ".pppFFr")]
    [InlineData(3, 0, "11011110", "pp.pppFr")]
    [InlineData(0, 3, "1000001", "FFFFrrF")]
    [InlineData(0, 3, "10010001", "FFFFFFFF")]
    [InlineData(2, 0, "11101", "ppFrp")]
    public void An_alert_waits_fires_keeps_firing_and_resolves(int hold, int keep, string presence, string states) =>
        Assert.Equal(states, Walk(Rule(hold, keep), presence));

    [Fact]
    public void Every_change_is_told_once()
    {
        var rule = Rule(2);
        var state = RuleState.Empty;
        var changes = new List<(int, AlertChange)>();
        for (var second = 0; second < 8; second++)
        {
            var outcome = Step(rule, state, second, second is < 5 or 7 ? Result(0) : Result());
            state = outcome.State;
            changes.AddRange(outcome.Transitions.Select(transition => (second, transition.Change)));
        }

        Assert.Equal([(0, AlertChange.BecamePending), (2, AlertChange.BeganFiring), (5, AlertChange.Resolved), (7, AlertChange.BecamePending)], changes);
    }

    [Fact]
    public void The_value_and_annotations_follow_and_are_no_part_of_the_identity()
    {
        var state = Step(Rule(), RuleState.Empty, 0, Result(1)).State;
        var next = Step(Rule(), state, 10, Result(2)).State;
        var alert = Assert.Single(next.Alerts).Value;
        Assert.Equal("relay is at 2", alert.Annotations.Get("summary"));
        Assert.Equal(0, alert.ActiveAtMs);
        Assert.Equal("{alertname=\"Down\", job=\"relay\", severity=\"critical\"}", alert.Labels.ToString());
    }

    [Fact]
    public void A_label_made_of_the_value_makes_a_new_alert_of_each_value()
    {
        var rule = Rule(label: "{{ $value }}");
        var state = Step(rule, RuleState.Empty, 0, Result(1)).State;
        var outcome = Step(rule, state, 1, Result(2));
        Assert.Equal([AlertChange.BecamePending, AlertChange.BeganFiring, AlertChange.Resolved], outcome.Transitions.Select(t => t.Change));
    }

    [Fact]
    public void A_failed_evaluation_neither_fires_nor_resolves()
    {
        var state = Step(Rule(), RuleState.Empty, 0, Result(0)).State;
        var failed = AlertEvaluation.Failed(state, "the endpoint is silent");
        Assert.Same(state.Alerts, failed.State.Alerts);
        Assert.Empty(failed.Transitions);
        Assert.Equal("the endpoint is silent", failed.State.LastError);
        Assert.Null(Step(Rule(), failed.State, 1, Result(0)).State.LastError);
    }

    [Fact]
    public void Two_results_that_become_one_alert_fail_the_evaluation_and_keep_the_state()
    {
        var state = Step(Rule(), RuleState.Empty, 0, Result(0)).State;
        var twins = new PromVector([new VectorSample(Series, 0, 0, null), new VectorSample(Series.With("__name__", "down"), 0, 0, null)]);
        var outcome = Step(Rule(), state, 1, twins);
        Assert.Equal("vector contains metrics with the same labelset after applying alert labels", outcome.State.LastError);
        Assert.Same(state.Alerts, outcome.State.Alerts);
    }

    [Fact]
    public void Over_its_limit_a_rule_fails_and_its_firing_alerts_stay()
    {
        var state = Step(Rule(), RuleState.Empty, 0, Result(0)).State;
        var outcome = Step(Rule(), state, 1, Result(0, 0, 0), limit: 2);
        Assert.Equal("exceeded limit of 2 with 3 alerts", outcome.State.LastError);
        Assert.Equal(AlertState.Firing, Assert.Single(outcome.State.Alerts).Value.State);
    }

    [Fact]
    public void A_longer_for_sends_a_firing_alert_back_to_waiting()
    {
        var state = Step(Rule(1), Step(Rule(1), RuleState.Empty, 0, Result(0)).State, 1, Result(0)).State;
        var outcome = Step(Rule(60), state, 2, Result(0));
        Assert.Equal(AlertChange.BackToPending, Assert.Single(outcome.Transitions).Change);
        Assert.Null(Assert.Single(outcome.State.Alerts).Value.FiredAtMs);
    }

    [Fact]
    public void A_resolved_alert_is_remembered_for_a_quarter_of_an_hour()
    {
        var state = Step(Rule(), Step(Rule(), RuleState.Empty, 0, Result(0)).State, 1, Result()).State;
        Assert.Single(Step(Rule(), state, 901, Result()).State.Alerts);
        Assert.Empty(Step(Rule(), state, 902, Result()).State.Alerts);
    }

    [Fact]
    public void The_series_of_alerts_tell_their_state_and_since_when()
    {
        var state = Step(Rule(5), RuleState.Empty, 7, Result(0)).State;
        Assert.Equal(
            ["ALERTS{alertname=\"Down\", alertstate=\"pending\", job=\"relay\", severity=\"critical\"} 1",
             "ALERTS_FOR_STATE{alertname=\"Down\", job=\"relay\", severity=\"critical\"} 7"],
            AlertEvaluation.Series(state, 8000).Select(sample => $"{sample.Labels.ToSeriesText()} {sample.Value}"));
    }
}
