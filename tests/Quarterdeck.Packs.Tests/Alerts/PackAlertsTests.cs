using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Alerts;

/// <summary>The alerts of the repository's own packs.</summary>
public sealed class PackAlertsTests
{
    private static readonly string[] Severities = ["critical", "warning", "info"];

    public static TheoryData<string> Packs => [.. Repository.Packs.Select(p => Path.GetFileName(p))];

    private static string File(string pack, string name) => Path.Combine(Repository.Root, "protocols", pack, name);

    private static ProtocolPack Load(string pack)
    {
        var result = PackLoader.Load(Path.Combine(Repository.Root, "protocols", pack));
        Assert.True(result.Pack is not null, string.Join("\n", result.Findings));
        return result.Pack;
    }

    private static IEnumerable<AlertingRule> Alerts(ProtocolPack pack) =>
        pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<AlertingRule>();

    [Fact]
    public void The_packs_are_the_five_protocols() =>
        Assert.Equal(["coinscious", "conxian", "musd", "paco", "vagus"], Repository.Packs.Select(Path.GetFileName));

    [Theory, MemberData(nameof(Packs))]
    public void A_pack_loads_without_an_error(string pack) => Assert.NotEmpty(Load(pack).Metrics);

    [Theory, MemberData(nameof(Packs))]
    public void Every_alert_test_holds_by_the_ranges_of_Prometheus_2_and_of_3(string pack)
    {
        foreach (var closed in (bool[])[false, true])
        {
            var result = RuleUnitTestRun.Run(File(pack, "alerts.test.yaml"), new EvaluatorOptions { ClosedRanges = closed });
            Assert.Empty(result.Failures);
            Assert.NotEqual(0, result.Passed);
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void Every_alert_is_tested_firing_and_not_firing(string pack)
    {
        var tests = RuleUnitTestFile.Load(File(pack, "alerts.test.yaml")).File!.Tests.SelectMany(t => t.Alerts).ToList();
        foreach (var alert in Alerts(Load(pack)))
        {
            var own = tests.Where(t => t.AlertName == alert.Name).ToList();
            Assert.True(own.Exists(t => t.Expected.Any(e => alert.Labels.All(l => e.Labels.Get(l.Key) == l.Value))), $"{alert.Name} {alert.Query.Text} never fires");
            Assert.True(own.Exists(t => t.Expected.Count == 0), $"{alert.Name} is never quiet");
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void Every_alert_says_how_bad_it_is_what_happened_and_which_runbook_answers(string pack)
    {
        foreach (var alert in Alerts(Load(pack)))
        {
            Assert.Contains(alert.Labels["severity"], Severities);
            Assert.All((string[])["summary", "description", "runbook"], name => Assert.NotEmpty(alert.Annotations[name]));
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void Every_metric_and_label_that_a_rule_names_is_defined(string pack)
    {
        var loaded = Load(pack);
        var recorded = loaded.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<RecordingRule>().Select(r => r.Name).ToHashSet();
        var metrics = loaded.Metrics.ToDictionary(m => m.Name);
        foreach (var rule in loaded.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules))
        {
            foreach (var selector in Selectors(rule.Query.Expr).Where(s => !recorded.Contains(s.Name ?? "")))
            {
                Assert.True(metrics.TryGetValue(selector.Name ?? "", out var metric), $"{rule.Name} names {selector}");
                Assert.All(selector.Matchers.Where(m => m.Name != Labels.MetricName), m => Assert.Contains(m.Name, metric.LabelNames));
            }
        }
    }

    [Fact]
    public void Every_metric_of_the_Vagus_runbook_is_defined_with_its_labels()
    {
        var metrics = Load("vagus").Metrics.ToDictionary(m => m.Name);
        (string Name, string[] Labels, MetricType Type)[] expected =
        [
            ("vagus_rate_limiter_requests_total", ["contract", "chain"], MetricType.Counter),
            ("vagus_rate_limiter_rejections_total", ["contract", "chain"], MetricType.Counter),
            ("vagus_rate_limiter_window_usage_ratio", ["contract", "chain"], MetricType.Gauge),
            ("vagus_circuit_breaker_state", ["contract", "chain", "state"], MetricType.Gauge),
            ("vagus_circuit_breaker_failures_total", ["contract", "chain"], MetricType.Counter),
            ("vagus_circuit_breaker_successes_total", ["contract", "chain"], MetricType.Counter),
            ("vagus_ans_state", ["executor_id", "chain", "state"], MetricType.Gauge),
            ("vagus_ans_transitions_total", ["from_state", "to_state", "chain", "executor_id"], MetricType.Counter),
            ("vagus_ans_dwell_time_seconds", ["state", "chain"], MetricType.Histogram),
            ("vagus_capability_issued_total", ["executor_id", "action_id", "chain"], MetricType.Counter),
            ("vagus_capability_revoked_total", ["reason", "chain"], MetricType.Counter),
            ("vagus_capability_active_count", ["executor_id", "chain"], MetricType.Gauge),
            ("vagus_cross_chain_hash_match", ["component"], MetricType.Gauge),
            ("vagus_cross_chain_time_drift_seconds", ["chain"], MetricType.Gauge),
        ];
        foreach (var (name, labels, type) in expected)
        {
            Assert.Equal(type, metrics[name].Type);
            Assert.Superset(labels.ToHashSet(), metrics[name].LabelNames.ToHashSet());
        }
    }

    [Theory, MemberData(nameof(Packs)), Trait("slow", "true")]
    public void Promtool_accepts_the_rules_and_passes_their_tests(string pack)
    {
        Assert.SkipUnless(Promtool.IsInstalled, Promtool.Missing);
        Assert.True(Promtool.Run("check", "rules", File(pack, "alerts.yaml")));
        Assert.True(Promtool.Run("test", "rules", File(pack, "alerts.test.yaml")));
    }

    /// <summary>Each threshold moved a little: where a test of ours then fails, promtool's must fail too, and the other way round.</summary>
    [Theory, MemberData(nameof(Packs)), Trait("slow", "true")]
    public void Promtool_gives_the_same_verdict_on_changed_rules(string pack)
    {
        Assert.SkipUnless(Promtool.IsInstalled, Promtool.Missing);
        var folder = Directory.CreateTempSubdirectory("quarterdeck-alerts-").FullName;
        try
        {
            var rules = System.IO.File.ReadAllText(File(pack, "alerts.yaml"));
            var tests = Path.Combine(folder, "alerts.test.yaml");
            System.IO.File.Copy(File(pack, "alerts.test.yaml"), tests);
            var changed = 0;
            foreach (var (from, to) in ((string, string)[])[(" > ", " >= "), (" < ", " <= "), ("for: ", "for: 9")])
            {
                if (!rules.Contains(from, StringComparison.Ordinal)) continue;
                System.IO.File.WriteAllText(Path.Combine(folder, "alerts.yaml"), rules.Replace(from, to, StringComparison.Ordinal));
                var ours = RuleUnitTestRun.Run(tests, new EvaluatorOptions { ClosedRanges = true });
                Assert.True(Promtool.Run("test", "rules", tests) == (ours.Failures.Count == 0), $"{from} → {to}\n{string.Join("\n", ours.Failures)}");
                changed += ours.Failures.Count > 0 ? 1 : 0;
            }

            Assert.True(changed > 1, "the tests hold no threshold");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<VectorSelector> Selectors(Expr expr) => expr switch
    {
        VectorSelector s => [s],
        MatrixSelector m => [m.Selector],
        SubqueryExpr s => Selectors(s.Inner),
        UnaryExpr u => Selectors(u.Inner),
        ParenExpr p => Selectors(p.Inner),
        BinaryExpr b => Selectors(b.Left).Concat(Selectors(b.Right)),
        AggregateExpr a => Selectors(a.Inner).Concat(a.Parameter is null ? [] : Selectors(a.Parameter)),
        CallExpr c => c.Arguments.SelectMany(Selectors),
        _ => [],
    };
}
