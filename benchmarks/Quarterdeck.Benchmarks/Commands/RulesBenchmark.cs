using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Benchmarks.Alerts;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary>
/// 10,000 alerting rules over 10,000 series, 100 of them firing, evaluated again and again: ours in this process, those of
/// a real Prometheus (where its binary is installed) in the same run on the same rules and values.
/// </summary>
internal sealed class RulesBenchmark : Command
{
    private const int Rules = 10_000;
    private const int Series = 10_000;
    private const int Firing = 100;
    private const int Rounds = 40;

    public RulesBenchmark() : base("rules", "Alert rules beside Prometheus: the same rules over the same series in one run.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var alone = new Option<bool>("--alone") { Description = "Without Prometheus beside it, which takes a minute." };
        Options.Add(json);
        Options.Add(alone);
        SetAction((parsed, cancel) => Run(parsed.GetValue(json), parsed.GetValue(alone), cancel));
    }

    private static async Task<int> Run(bool json, bool alone, CancellationToken cancel)
    {
        var text = RuleText();
        var watch = Stopwatch.StartNew();
        var file = RuleFile.Parse("rules.yaml", text);
        var parse = watch.Elapsed.TotalMilliseconds;
        if (file.HasErrors) throw new InvalidOperationException(file.Findings[0].ToString());

        var (evaluation, firing) = Ours(file.File);
        using var self = Process.GetCurrentProcess();
        var megabytes = self.PeakWorkingSet64 / 1048576.0;
        var warm = Warm(text);
        var sampled = Sampled();
        var prometheus = alone ? null : await PrometheusPeer.Measure(text, Series, Firing, cancel);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["rules"] = Rules,
                ["series"] = Series,
                ["milliseconds"] = Math.Round(evaluation, 2),
                ["ratioToPrometheus"] = prometheus is { } known ? Math.Round(known.Milliseconds / evaluation, 1) : null,
                ["megabytes"] = Math.Round(megabytes, 1),
                ["firing"] = firing,
                ["parseMilliseconds"] = Math.Round(parse, 1),
                ["parseAgainMilliseconds"] = Math.Round(warm, 1),
                ["sampled100kSeries1kRulesMilliseconds"] = Math.Round(sampled, 1),
                ["prometheusMilliseconds"] = prometheus is { } peer ? Math.Round(peer.Milliseconds, 1) : null,
                ["prometheusMegabytes"] = prometheus is { } size ? Math.Round(size.Megabytes, 1) : null,
            }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return 0;
        }

        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(culture, $"{Rules:N0} rules over {Series:N0} series, {firing} firing: median {evaluation:F2} ms, {megabytes:F0} MB at most; file parsed in {parse:F0} ms"));
        Console.WriteLine(string.Create(culture, $"100,000 series sampled and 1,000 rules evaluated: median {sampled:F1} ms"));
        Console.WriteLine(prometheus is { } figures
            ? string.Create(culture, $"Prometheus, same rules and series: median {figures.Milliseconds:F1} ms, {figures.Megabytes:F0} MB; ratio {figures.Milliseconds / evaluation:F1}")
            : "Prometheus is not installed (Debian package prometheus), so there is no ratio.");
        return 0;
    }

    /// <summary>The same file once more, when the code is compiled.</summary>
    private static double Warm(string text) => Median(Enumerable.Range(0, 5).Select(_ =>
    {
        var watch = Stopwatch.StartNew();
        RuleFile.Parse("rules.yaml", text);
        return watch.Elapsed.TotalMilliseconds;
    }).ToArray());

    private static string RuleText()
    {
        var text = new StringBuilder("groups:\n- name: bench\n  interval: 5s\n  rules:\n");
        for (var i = 0; i < Rules; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  - alert: A{i}");
            text.AppendLine(CultureInfo.InvariantCulture, $"    expr: bench_value{{id=\"{i % Series}\"}} > 100");
            text.AppendLine("    labels: { severity: page }");
            text.AppendLine(CultureInfo.InvariantCulture, $"    annotations: {{ summary: \"id {i} is {{{{ $value }}}}\" }}");
        }

        return text.ToString();
    }

    private static (double Median, int Firing) Ours(RuleFile file)
    {
        var memory = new SeriesMemory();
        var labels = Enumerable.Range(0, Series).Select(i => Labels.Of("__name__", "bench_value", "id", i.ToString(CultureInfo.InvariantCulture))).ToArray();
        var state = new RuleGroupState(file.Groups[0]);
        var alerts = new SeriesMemory();
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var now = round * 5000L;
            for (var i = 0; i < Series; i++) memory.Append(labels[i], now, i < Firing ? 150 + round % 7 : i % 90);
            memory.DropBefore(now - 600_000);
            var start = Stopwatch.GetTimestamp();
            RuleGroupEvaluation.Evaluate(state, now, memory, sample => alerts.Append(sample.Labels, sample.TimeMs, sample.Value),
                EvaluatorOptions.Default, TemplateSurroundings.None);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (Median(times.Skip(Rounds / 4)), state.Rules.Sum(rule => rule.Active.Count(alert => alert.State == AlertState.Firing)));
    }

    /// <summary>One block: 100,000 new samples, then 1,000 rules.</summary>
    private static double Sampled()
    {
        const int series = 100_000;
        var memory = new SeriesMemory();
        var labels = Enumerable.Range(0, series).Select(i => Labels.Of("__name__", "bench_value", "id", i.ToString(CultureInfo.InvariantCulture))).ToArray();
        var queries = Enumerable.Range(0, 1000).Select(i => PreparedQuery.Parse($"max_over_time(bench_value{{id=\"{i * 100}\"}}[1m]) > 100")).ToArray();
        var times = new List<double>();
        for (var round = 0; round < 20; round++)
        {
            var now = round * 5000L;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < series; i++) memory.Append(labels[i], now, i % 90);
            foreach (var query in queries) query.Instant(now, memory);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Median(times.Skip(5));
    }

    private static double Median(IEnumerable<double> values) => PrometheusPeer.Median(values);
}
