using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Alerts;

public sealed class RuleFileTests
{
    private static string[] Errors(string text) =>
        [.. RuleFile.Parse("rules.yaml", text).Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => $"{finding.Line}: {finding.Message}")];

    [Fact]
    public void A_rule_file_of_Prometheus_is_read_whole()
    {
        var result = RuleFile.Parse("rules.yaml", """
            groups:
              - name: example
                interval: 30s
                limit: 10
                query_offset: 1m
                labels: { team: ops }
                rules:
                  - record: job:up:sum
                    expr: sum by (job) (up)
                    labels: { level: job }
                  - alert: Down
                    expr: |
                      job:up:sum
                        == 0
                    for: 5m
                    keep_firing_for: 1h30m
                    labels: { severity: critical, team: other }
                    annotations:
                      summary: "{{ $labels.job }} is down"
            """);
        Assert.Empty(result.Findings);
        var group = Assert.Single(result.File.Groups);
        Assert.Equal((TimeSpan.FromSeconds(30), 10, TimeSpan.FromMinutes(1)), (group.Interval, group.Limit, group.QueryOffset));
        var record = Assert.IsType<RecordingRule>(group.Rules[0]);
        Assert.Equal(("job:up:sum", "job", "ops"), (record.Name, record.Labels["level"], record.Labels["team"]));
        var alert = Assert.IsType<AlertingRule>(group.Rules[1]);
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(90), "other", 11), (alert.For, alert.KeepFiringFor, alert.Labels["team"], alert.Line));
    }

    [Theory]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up ==\n", "5: could not parse expression: 1:6: parse error")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |\n      up\n        == foo(\n", "7: could not parse expression: 2:6: parse error: unknown function")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    record: b\n    expr: up\n", "4: only one of 'record' and 'alert' must be set")]
    [InlineData("groups:\n- name: a\n  rules:\n  - expr: up\n", "4: one of 'record' or 'alert' must be set")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n", "4: field 'expr' must be set in rule")]
    [InlineData("groups:\n- name: a\n  rules:\n  - record: a\n    expr: up\n    for: 5m\n", "6: invalid field 'for' in recording rule")]
    [InlineData("groups:\n- name: a\n  rules:\n  - record: 'a{}'\n    expr: up\n", "4: invalid recording rule name: a{}")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels: { __name__: x }\n", "6: invalid label name: __name__")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      s: '{{ $nosuch }}'\n", "7: annotation \"s\": line 1: undefined variable \"$nosuch\"")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    fro: 5m\n", "6: field fro not found in a rule")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    for: 5 minutes\n", "6: for: not a valid duration string")]
    [InlineData("groups:\n- name: a\n- name: a\n", "3: groupname: \"a\" is repeated in the same file")]
    [InlineData("groups:\n- rules: []\n", "2: Groupname must not be empty")]
    [InlineData("groups:\n- name: a\n  name: b\n", "3: Duplicate key")]
    [InlineData("groups: 5\n", "1: groups is not a list")]
    [InlineData("- a\n", "1: a rule file is a mapping with the field groups")]
    public void What_promtool_refuses_is_refused_with_its_line(string text, string error)
    {
        var errors = Errors(text);
        Assert.True(Array.Exists(errors, line => line.StartsWith(error, StringComparison.Ordinal)), string.Join("\n", errors));
    }

    [Fact]
    public void Two_rules_of_one_name_and_labels_are_a_warning()
    {
        var finding = Assert.Single(RuleFile.Parse("r", "groups:\n- name: a\n  rules:\n  - { record: a, expr: up }\n  - { record: a, expr: down }\n").Findings);
        Assert.Equal((FindingSeverity.Warning, 5), (finding.Severity, finding.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("groups:\n")]
    [InlineData("groups: []\n")]
    public void A_file_without_groups_is_no_error(string text) => Assert.Empty(Errors(text));

    [Fact]
    public void A_file_that_is_not_there_is_a_finding() =>
        Assert.True(RuleFile.Load("/nowhere/rules.yaml").HasErrors);

    [Fact]
    public void Anchors_and_merge_keys_are_resolved()
    {
        var result = RuleFile.Parse("r", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels: &l { severity: page }\n  - alert: B\n    expr: up\n    labels:\n      <<: *l\n      team: x\n");
        Assert.Equal(["page", "x"], result.File.Groups[0].Rules[1].Labels.Values);
    }
}
