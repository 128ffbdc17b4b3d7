using System.Collections.Concurrent;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;
using YamlDotNet.Core;

namespace Quarterdeck.Packs.Alerts;

/// <summary>Reads a rule file and finds what <c>promtool check rules</c> finds, each with its line and a remedy.</summary>
internal sealed class RuleFileReader(string path)
{
    private static readonly string[] GroupFields = ["name", "interval", "query_offset", "limit", "rules", "labels"];
    private static readonly string[] RuleFields =
        ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

    private readonly List<Finding> _findings = [];
    private readonly Dictionary<TextMap, TextMap> _labels = [];
    private readonly HashSet<string> _templates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PreparedQuery> _prepared = new(StringComparer.Ordinal);

    public RuleFileResult Read(string text)
    {
        var groups = new List<RuleGroup>();
        try
        {
            if (YamlDocument.Read(text) is { } root) Root(root, groups);
        }
        catch (YamlException problem)
        {
            _findings.Add(new Finding(RuleFindings.Yaml, FindingSeverity.Error, path, (int)problem.Start.Line,
                problem.InnerException?.Message ?? problem.Message, "Mend the YAML: indentation, quotes, or a key written twice.")
            { Column = (int)problem.Start.Column });
        }

        Duplicates(groups);
        return new RuleFileResult(new RuleFile(path, groups), _findings);
    }

    private void Root(YamlItem root, List<RuleGroup> groups)
    {
        if (root is YamlText { IsNull: true }) return;
        if (root is not YamlFields mapping)
        {
            Error(RuleFindings.Field, root, "a rule file is a mapping with the field groups", "Begin with 'groups:'.");
            return;
        }

        var map = Map(mapping, "a rule file", ["groups"]);
        PrepareAhead(mapping);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in map.List("groups"))
        {
            if (node is not YamlFields item)
            {
                Error(RuleFindings.Field, node, "a group is a mapping", "Write '- name: …' with its rules.");
                continue;
            }

            var group = Group(item);
            if (group.Name.Length == 0)
                Error(RuleFindings.Group, item, "Groupname must not be empty", "Give the group a name.");
            else if (!names.Add(group.Name))
                Error(RuleFindings.Group, item, $"groupname: \"{group.Name}\" is repeated in the same file", "Rename one of the groups, or join them.");
            groups.Add(group);
        }
    }

    /// <summary>In a large file the expressions are parsed on all cores before the rules are read one by one.</summary>
    private void PrepareAhead(YamlFields root)
    {
        const int large = 500;
        var expressions = root.Pairs.Select(pair => pair.Value).OfType<YamlList>().SelectMany(groups => groups.Items).OfType<YamlFields>()
            .SelectMany(group => group.Pairs).Select(pair => pair.Value).OfType<YamlList>().SelectMany(rules => rules.Items).OfType<YamlFields>()
            .SelectMany(rule => rule.Pairs).Where(pair => pair.Key is YamlText { Value: "expr" }).Select(pair => pair.Value).OfType<YamlText>()
            .Select(text => text.Value).ToList();
        if (expressions.Count < large) return;
        Parallel.ForEach(expressions, text =>
        {
            try
            {
                _prepared.TryAdd(text, PreparedQuery.Parse(text));
            }
            catch (PromSyntaxException)
            {
                // Told with its line when the rule itself is read.
            }
        });
    }

    private RuleGroup Group(YamlFields node)
    {
        var map = Map(node, "a rule group", GroupFields);
        var labels = map.Texts("labels");
        CheckNames(map, "labels", labels, "label");
        var rules = new List<Rule>();
        foreach (var item in map.List("rules"))
        {
            if (item is not YamlFields mapping)
                Error(RuleFindings.Field, item, "a rule is a mapping", "Write '- alert: …' or '- record: …' with its expr.");
            else if (Rule(mapping, labels) is { } rule)
                rules.Add(rule);
        }

        return new RuleGroup(map.Text("name"), map.Duration("interval") is { Ticks: > 0 } interval ? interval : null,
            map.Duration("query_offset") ?? TimeSpan.Zero, (int)Math.Clamp(map.Integer("limit"), 0, int.MaxValue), rules, node.Line);
    }

    private Rule? Rule(YamlFields node, TextMap groupLabels)
    {
        var before = _findings.Count;
        var map = Map(node, "a rule", RuleFields);
        var (record, alert, expr) = (map.Text("record"), map.Text("alert"), map.Text("expr"));
        if (record.Length > 0 && alert.Length > 0)
            Error(RuleFindings.Field, node, "only one of 'record' and 'alert' must be set", "Split it into two rules.");
        if (record.Length == 0 && alert.Length == 0)
            Error(RuleFindings.Field, node, "one of 'record' or 'alert' must be set", "Name the alert, or the metric to record.");
        var query = Expression(map, node, expr);
        var (hold, keep) = (map.Duration("for") ?? TimeSpan.Zero, map.Duration("keep_firing_for") ?? TimeSpan.Zero);
        var (labels, annotations) = (map.Texts("labels"), map.Texts("annotations"));
        CheckNames(map, "labels", labels, "label");
        CheckNames(map, "annotations", annotations, "annotation");
        if (record.Length > 0) CheckRecording(map, record, hold, keep, annotations);
        if (alert.Length > 0)
        {
            CheckTemplates(map, "labels", labels, "label");
            CheckTemplates(map, "annotations", annotations, "annotation");
        }

        if (query is null || HasErrorsSince(before)) return null;
        // Labels of the group are set on each of its rules; the rule's own win. Most rules share their labels with others.
        var merged = TextMap.Merge(groupLabels, labels);
        if (!_labels.TryAdd(merged, merged)) merged = _labels[merged];
        var line = node.Line;
        return alert.Length > 0
            ? new AlertingRule(alert, query, hold, keep, merged, annotations, line)
            : new RecordingRule(record, query, merged, line);
    }

    private bool HasErrorsSince(int count)
    {
        for (var i = count; i < _findings.Count; i++)
        {
            if (_findings[i].Severity == FindingSeverity.Error) return true;
        }

        return false;
    }

    private PreparedQuery? Expression(StrictFields map, YamlItem rule, string expr)
    {
        if (expr.Trim().Length == 0)
        {
            Error(RuleFindings.Expression, map.Find("expr") ?? rule, "field 'expr' must be set in rule", "Write the PromQL expression of the rule.");
            return null;
        }

        try
        {
            return _prepared.TryGetValue(expr, out var prepared) ? prepared : PreparedQuery.Parse(expr);
        }
        catch (PromSyntaxException problem)
        {
            var node = map.Find("expr")!;
            // A block scalar's text begins on the line below its key; a plain one on the same line.
            var block = node is YamlText { Style: ScalarStyle.Literal or ScalarStyle.Folded };
            _findings.Add(new Finding(RuleFindings.Expression, FindingSeverity.Error, path,
                node.Line + (block ? problem.Line : 0), $"could not parse expression: {problem.Message}",
                problem.Unsupported ? "Write it without experimental features and native histograms." : "Mend the expression at the place told."));
            return null;
        }
    }

    private void CheckRecording(StrictFields map, string record, TimeSpan hold, TimeSpan keep, IReadOnlyDictionary<string, string> annotations)
    {
        const string remedy = "Remove it, or make the rule an alert.";
        if (annotations.Count > 0) Error(RuleFindings.Field, map.Find("annotations")!, "invalid field 'annotations' in recording rule", remedy);
        if (hold > TimeSpan.Zero) Error(RuleFindings.Field, map.Find("for")!, "invalid field 'for' in recording rule", remedy);
        if (keep > TimeSpan.Zero) Error(RuleFindings.Field, map.Find("keep_firing_for")!, "invalid field 'keep_firing_for' in recording rule", remedy);
        if (!LabelNames.IsValid(record) || record.AsSpan().IndexOfAny("{}") >= 0)
            Error(RuleFindings.Name, map.Find("record")!, $"invalid recording rule name: {record}", "Use letters, digits, underscores and colons.");
    }

    private void CheckNames(StrictFields map, string field, IReadOnlyDictionary<string, string> values, string what)
    {
        foreach (var name in values.Keys)
        {
            if (!LabelNames.IsValid(name) || (what == "label" && name == Labels.MetricName))
                Error(RuleFindings.Name, map.Find(field)!, $"invalid {what} name: {name}", "Use letters, digits and underscores, not beginning with a digit.");
            else if (!LabelNames.IsLegacyLabelName(name))
            {
                var at = map.Find(field)!;
                _findings.Add(new Finding(RuleFindings.NewName, FindingSeverity.Warning, path, at.Line,
                    $"invalid {what} name before Prometheus 3: {name}", "Use letters, digits and underscores, not beginning with a digit.")
                { Column = at.Column });
            }
        }
    }

    private void CheckTemplates(StrictFields map, string field, IReadOnlyDictionary<string, string> values, string what)
    {
        foreach (var (name, value) in values)
        {
            // Text without an action is itself; what was read once need not be read again.
            if (!value.Contains("{{", StringComparison.Ordinal) || !_templates.Add(value)) continue;
            try
            {
                AnnotationTemplate.Parse(value);
            }
            catch (FormatException problem)
            {
                Error(RuleFindings.Template, map.Find(field)!, $"{what} \"{name}\": {problem.Message}", "Mend the template; docs of Prometheus list its functions.");
            }
        }
    }

    private void Duplicates(List<RuleGroup> groups)
    {
        var seen = new HashSet<(string Name, TextMap Labels)>();
        foreach (var rule in groups.SelectMany(group => group.Rules))
        {
            if (seen.Add((rule.Name, (TextMap)rule.Labels))) continue;
            _findings.Add(new Finding(RuleFindings.Duplicate, FindingSeverity.Warning, path, rule.Line,
                $"duplicate rule '{rule.Name}': another has the same name and labels", "Give one of them a label that tells them apart."));
        }
    }

    private StrictFields Map(YamlFields node, string what, IReadOnlyList<string> known) =>
        new(node, what, known, (at, message, remedy) => Error(RuleFindings.Field, at, message, remedy));

    private void Error(string code, YamlItem node, string message, string remedy) =>
        _findings.Add(new Finding(code, FindingSeverity.Error, path, node.Line, message, remedy) { Column = node.Column });
}
