using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Alerts;

public sealed class RuleUnitTestTests : IDisposable
{
    private const string Rules = """
        groups:
          - name: example
            rules:
              - record: job:up:sum
                expr: sum by (job) (up)
              - alert: Down
                expr: job:up:sum == 0
                for: 2m
                labels: { severity: page }
                annotations: { summary: "{{ $labels.job }} in {{ $externalLabels.region }} for {{ $value }}" }
              - alert: Watched
                expr: ALERTS{alertname="Down", alertstate="firing"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("quarterdeck-rules-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Tests(string body)
    {
        Write("rules.yaml", Rules);
        return Write("test.yaml", "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n" + body);
    }

    private const string Good = """
          - interval: 1m
            external_labels: { region: eu }
            input_series:
              - { series: 'up{job="a", i="1"}', values: "1 0x10" }
              - { series: 'up{job="b", i="1"}', values: "1x5 _x3 stale 1" }
            alert_rule_test:
              - { eval_time: 2m, alertname: Down }
              - eval_time: 3m
                alertname: Down
                exp_alerts:
                  - exp_labels: { severity: page, job: a }
                    exp_annotations: { summary: a in eu for 0 }
              - eval_time: 4m
                alertname: Watched
                exp_alerts:
                  - exp_labels: { alertstate: firing, severity: page, job: a }
            promql_expr_test:
              - { expr: "job:up:sum", eval_time: 4m, exp_samples: [ { labels: 'job:up:sum{job="a"}', value: 0 }, { labels: 'job:up:sum{job="b"}', value: 1 } ] }
              - { expr: "scalar(up{job='b'})", eval_time: 4m, exp_samples: [ { labels: '{}', value: 1 } ] }
        """;

    [Fact]
    public void Alerts_recorded_series_and_expressions_are_tested_together()
    {
        var result = RuleUnitTestRun.Run(Tests(Good));
        Assert.Empty(result.Failures);
        Assert.Equal(5, result.Passed);
    }

    [Theory]
    [InlineData("eval_time: 3m", "eval_time: 1m", "alertname: Down, time: 1m")]
    [InlineData("summary: a in eu for 0", "summary: other", "got: [Labels:{alertname=\"Down\"")]
    [InlineData("value: 1 } ] }", "value: 2 } ] }", "exp: ")]
    [InlineData("expr: \"job:up:sum\"", "expr: \"up + on() up\"", "many-to-many")]
    [InlineData("1 0x10", "1 zero", "'zero' is not a value")]
    [InlineData("alertname: Watched", "alertnam: Watched", "field alertnam not found")]
    public void A_test_that_does_not_hold_fails_with_its_line(string from, string to, string why)
    {
        var result = RuleUnitTestRun.Run(Tests(Good.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(result.Failures, failure => failure.Why.Contains(why, StringComparison.Ordinal) && failure.Line > 0);
    }

    [Theory]
    [InlineData("2.9999999999999996", true, true)]
    [InlineData("2.9999999999999996", false, false)]
    [InlineData("2.999999999999999", true, false)]
    public void A_fuzzy_comparison_forgives_the_last_bit_and_no_more(string expected, bool fuzzy, bool passes)
    {
        var path = Write("fuzzy.yaml", $$"""
            fuzzy_compare: {{(fuzzy ? "true" : "false")}}
            tests:
              - interval: 1m
                promql_expr_test: [ { expr: "vector(3)", eval_time: 1m, exp_samples: [ { value: {{expected}} } ] } ]
            """);
        Assert.Equal(passes, RuleUnitTestRun.Run(path).Failures.Count == 0);
    }

    [Fact]
    public void Expected_samples_without_labels_are_those_of_a_bare_number()
    {
        var path = Write("bare.yaml", """
            tests:
              - interval: 1m
                promql_expr_test:
                  - { expr: "42", eval_time: 1m, exp_samples: [ { value: 42 } ] }
                  - { expr: "vector(7)", eval_time: 1m, exp_samples: [ { labels: "", value: 7 } ] }
            """);
        Assert.Empty(RuleUnitTestRun.Run(path).Failures);
    }

    [Fact]
    public void A_missing_rule_file_fails_the_test_file() =>
        Assert.NotEmpty(RuleUnitTestRun.Run(Write("t.yaml", "rule_files: [absent.yaml]\ntests: []\n")).Failures);

    [Fact, Trait("slow", "true")]
    public void The_verdicts_are_those_of_promtool()
    {
        Assert.SkipUnless(Promtool.IsInstalled, Promtool.Missing);
        var bodies = new List<string> { Good };
        (string, string)[] changes =
        [
            ("eval_time: 3m", "eval_time: 1m"), ("eval_time: 3m", "eval_time: 3m30s"), ("summary: a in eu for 0", "summary: x"),
            ("value: 1 } ] }", "value: 2 } ] }"), ("1 0x10", "1 zero"), ("1 0x10", "1 0 0 1 0 0"), ("alertname: Watched", "alertnam: Watched"),
            ("interval: 1m", "interval: 30s"), ("job: a }", "job: c }"), ("expr: \"job:up:sum\"", "expr: \"up + on() up\""),
            ("eval_time: 4m", "eval_time: 9m"), ("1x5 _x3 stale 1", "1+0x10"), ("region: eu", "region: us"),
        ];
        bodies.AddRange(changes.Select(change => Good.Replace(change.Item1, change.Item2, StringComparison.Ordinal)));
        foreach (var body in bodies)
        {
            var path = Tests(body);
            var ours = RuleUnitTestRun.Run(path, new EvaluatorOptions { ClosedRanges = true });
            Assert.True(Promtool.Run("test", "rules", path) == (ours.Failures.Count == 0), body + "\n" + string.Join("\n", ours.Failures));
        }
    }

    [Fact, Trait("slow", "true")]
    public void Rule_files_are_accepted_and_refused_as_by_promtool()
    {
        Assert.SkipUnless(Promtool.IsInstalled, Promtool.Missing);
        string[] expressions =
        [
            "up", "up == 0", "sum by (job) (rate(x[5m])) / on(job) group_left y", "rate(x)", "foo(x)", "1 == 1", "a and 1", "x offset 5m[5m]",
            "{}", "x{a=~'('}", "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", "label_replace(x, 'a', '$1', 'b', '(.*)')",
            "max_over_time(rate(x[1m])[5m:30s])", "topk(x)", "x @ 5", "x @ end()", "sum(x) by", "5 > bool 3", "absent(x{a='b'})", "'text'", "x[5m]",
            "vector(1) or on() x", "a * on(x) group_left(x) b", "clamp(x, 0)", "day_of_week()", "-x ^ 2", "x{__name__='y'}", "x.y", "round(x, 0.1)", "quantile(0.9, x)",
        ];
        string[] templates = ["ok", "{{ $value | humanize }}", "{{ $labels.a", "{{ nosuch }}", "{{ if $value }}x{{ end }}", "{{ end }}", "{{ $x }}", "{{ printf \"%d\" 1 }}", "{{ range query \"up\" }}{{ .Value }}{{ end }}"];
        foreach (var expression in expressions) Same($"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: {Quoted(expression)}\n");
        foreach (var template in templates) Same($"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations: {{ s: {Quoted(template)} }}\n");
        foreach (var rest in (string[])["for: 5m", "for: 5", "for: 0", "for: 1d12h", "labels: { a: b }", "labels: [a]", "limit: 5", "keep_firing_for: 1m", "expr: x", "annotations: { a: 2 }", "labels: { __name__: b }", "labels:", "labels: { a-b: c }", "annotations: { a.b: c }", "labels: { 1a: c }", "labels: { \"\": c }", "for: -5m", "for: 1d 2h", "for: 5M"])
            Same($"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    {rest}\n");
        foreach (var text in (string[])["", "groups:\n", "groups: []\n", "groups: 5\n", "- a\n", "group: []\n", "groups:\n- name: a\n- name: a\n", "groups:\n- rules: []\n", "groups:\n- name: a\n  interval: 5x\n", "groups:\n- name: a\n  limit: x\n"])
            Same(text);
    }

    private static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private void Same(string text)
    {
        var path = Write("checked.yaml", text);
        var ours = RuleFile.Load(path);
        Assert.True(Promtool.Run("check", "rules", path) == !(ours.HasErrors || ours.NeedsPrometheus3), text + "\n" + string.Join("\n", ours.Findings));
    }
}
