using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;
using Quarterdeck.PromQL.Scripts;
using YamlDotNet.Core;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A file of unit tests for rules, in promtool's format.</summary>
public sealed record RuleUnitTestFile(
    string Path, IReadOnlyList<string> RuleFiles, TimeSpan EvaluationInterval, IReadOnlyList<string> GroupOrder,
    IReadOnlyList<RuleUnitTest> Tests)
{
    /// <summary><c>fuzzy_compare</c>: a number may differ from the expected one by the last bit.</summary>
    public bool FuzzyCompare { get; init; }

    /// <summary>Reads a test file; the findings tell what is wrong with it.</summary>
    public static (RuleUnitTestFile? File, IReadOnlyList<Finding> Findings) Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return new RuleUnitTestReader(path).Read(System.IO.File.ReadAllText(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return (null, [new Finding(RuleFindings.Unreadable, FindingSeverity.Error, path, 0, problem.Message, "Give the path of a readable test file.")]);
        }
    }
}

/// <summary>A set of series with what rules must make of them.</summary>
public sealed record RuleUnitTest(
    string Name, TimeSpan Interval, IReadOnlyList<InputSeries> Series, IReadOnlyList<AlertTest> Alerts,
    IReadOnlyList<ExpressionTest> Expressions, TemplateSurroundings Surroundings, int Line);

/// <summary>A series and its values, one for each interval.</summary>
public sealed record InputSeries(Labels Labels, IReadOnlyList<NotationValue> Values);

/// <summary>Alerts of one name that must fire at a time; no more and no fewer.</summary>
public sealed record AlertTest(TimeSpan Time, string AlertName, IReadOnlyList<(Labels Labels, Labels Annotations)> Expected, int Line);

/// <summary>An expression and its value at a time.</summary>
public sealed record ExpressionTest(TimeSpan Time, string Expression, IReadOnlyList<(Labels Labels, double Value)> Expected, int Line);

internal sealed class RuleUnitTestReader(string path)
{
    private readonly List<Finding> _findings = [];

    public (RuleUnitTestFile? File, IReadOnlyList<Finding> Findings) Read(string text)
    {
        RuleUnitTestFile? file = null;
        try
        {
            if (YamlDocument.Read(text) is YamlFields root) file = Root(root);
            else _findings.Add(new Finding(RuleFindings.Field, FindingSeverity.Error, path, 1, "a test file is a mapping", "Begin with rule_files: and tests:."));
        }
        catch (YamlException problem)
        {
            _findings.Add(new Finding(RuleFindings.Yaml, FindingSeverity.Error, path, (int)problem.Start.Line,
                problem.InnerException?.Message ?? problem.Message, "Mend the YAML: indentation, quotes, or a key written twice."));
        }

        return (_findings.Count == 0 ? file : null, _findings);
    }

    private RuleUnitTestFile Root(YamlFields node)
    {
        var map = Map(node, "a test file", ["rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare"]);
        var interval = map.Duration("evaluation_interval") is { Ticks: > 0 } given ? given : TimeSpan.FromMinutes(1);
        return new RuleUnitTestFile(path, Files(map), interval, [.. map.List("group_eval_order").Select(item => item.ToString())],
            [.. Maps(map, "tests").Select(test => Test(test, interval))])
        {
            FuzzyCompare = Flag(map, "fuzzy_compare"),
        };
    }

    private bool Flag(StrictFields map, string name)
    {
        var text = map.Text(name);
        if (text is not ("" or "true" or "false")) Error(map.Find(name)!, $"{name} is neither true nor false", $"Write {name}: true.");
        return text == "true";
    }

    private List<string> Files(StrictFields map)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var files = new List<string>();
        foreach (var item in map.List("rule_files"))
        {
            var pattern = Path.Combine(folder, item.ToString());
            var parent = Path.GetDirectoryName(pattern) ?? "/";
            var found = Directory.Exists(parent) ? Directory.GetFiles(parent, Path.GetFileName(pattern)) : [];
            if (found.Length == 0)
            {
                // promtool only warns; a test without its rules would pass by accident.
                Error(item, $"no file matches {item}", "Give the path of the rule file, relative to this file.");
            }

            files.AddRange(found.Order(StringComparer.Ordinal));
        }

        return files;
    }

    private RuleUnitTest Test(YamlFields node, TimeSpan evaluation)
    {
        var map = Map(node, "a test", ["name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url", "start_timestamp"]);
        return new RuleUnitTest(
            map.Text("name"),
            map.Duration("interval") is { Ticks: > 0 } interval ? interval : evaluation,
            [.. Maps(map, "input_series").Select(Series).OfType<InputSeries>()],
            [.. Maps(map, "alert_rule_test").Select(AlertTest)],
            [.. Maps(map, "promql_expr_test").Select(ExpressionTest)],
            new TemplateSurroundings { ExternalLabels = map.Texts("external_labels"), ExternalUrl = map.Text("external_url") },
            node.Line);
    }

    private InputSeries? Series(YamlFields node)
    {
        var map = Map(node, "an input series", ["series", "values"]);
        try
        {
            var (labels, _) = SeriesNotation.ParseLine(map.Text("series"));
            var values = SeriesNotation.ParseValues(map.Text("values"));
            if (!values.Any(value => value.IsHistogram)) return new InputSeries(labels, values);
            Error(node, "native histograms are not supported", "Use classic histograms: one series for each le.");
        }
        catch (FormatException problem)
        {
            Error(node, problem.Message, "Write series as metric{label=\"value\"} and values as 1 2 3, 0+10x5, _ or stale.");
        }

        return null;
    }

    private AlertTest AlertTest(YamlFields node)
    {
        var map = Map(node, "an alert test", ["eval_time", "alertname", "exp_alerts"]);
        var name = map.Text("alertname");
        if (name.Length == 0)
            Error(node, "an item under alert_rule_test misses required attribute alertname", "Name the alert that is tested.");
        var expected = new List<(Labels, Labels)>();
        foreach (var item in Maps(map, "exp_alerts"))
        {
            var alert = Map(item, "an expected alert", ["exp_labels", "exp_annotations"]);
            expected.Add((Labels.From(alert.Texts("exp_labels")).With(AlertEvaluation.AlertName, name), Labels.From(alert.Texts("exp_annotations"))));
        }

        return new AlertTest(map.Duration("eval_time") ?? TimeSpan.Zero, name, expected, node.Line);
    }

    private ExpressionTest ExpressionTest(YamlFields node)
    {
        var map = Map(node, "an expression test", ["expr", "eval_time", "exp_samples"]);
        var expected = new List<(Labels, double)>();
        foreach (var item in Maps(map, "exp_samples"))
        {
            var sample = Map(item, "an expected sample", ["labels", "value", "histogram"]);
            try
            {
                if (sample.Find("histogram") is { } histogram)
                    Error(histogram, "native histograms are not supported", "Expect a value.");
                var value = sample.Text("value");
                var labels = sample.Text("labels").Trim();
                expected.Add((labels.Length == 0 ? Labels.Empty : PromParser.ParseSeries(labels), value.Length == 0 ? 0 : YamlNumber(value)));
            }
            catch (Exception problem) when (problem is FormatException or PromSyntaxException)
            {
                Error(item, problem.Message, "Write labels as '{a=\"b\"}' and value as a number.");
            }
        }

        return new ExpressionTest(map.Duration("eval_time") ?? TimeSpan.Zero, map.Text("expr"), expected, node.Line);
    }

    private static double YamlNumber(string text) => GoNumbers.Parse(text switch
    {
        ".inf" or "+.inf" or ".Inf" or "+.Inf" => "Inf",
        "-.inf" or "-.Inf" => "-Inf",
        ".nan" or ".NaN" => "NaN",
        _ => text,
    });

    private IEnumerable<YamlFields> Maps(StrictFields map, string name)
    {
        foreach (var item in map.List(name))
        {
            if (item is YamlFields mapping) yield return mapping;
            else Error(item, $"an item of {name} is not a mapping", "Write its fields as name: value lines.");
        }
    }

    private StrictFields Map(YamlFields node, string what, IReadOnlyList<string> known) => new(node, what, known, Error);

    private void Error(YamlItem node, string message, string remedy) =>
        _findings.Add(new Finding(RuleFindings.Field, FindingSeverity.Error, path, node.Line, message, remedy));
}
