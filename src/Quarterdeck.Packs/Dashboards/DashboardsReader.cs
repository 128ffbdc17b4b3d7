using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Dashboards;

/// <summary>Reads dashboards.yaml against the metrics and rules of the pack.</summary>
internal sealed partial class DashboardsReader(ProtocolPack pack)
{
    private const int LongestName = 20;

    private static readonly string[] Colors = ["green", "yellow", "orange", "red", "blue", "purple", "gray"];

    private readonly Dictionary<string, MetricDefinition> _metrics = pack.Metrics.ToLookup(m => m.Name).ToDictionary(g => g.Key, g => g.First());
    private readonly IReadOnlySet<string> _names = PackMetrics.Names(pack);

    public IReadOnlyList<Dashboard> Read(YamlMap file)
    {
        var boards = new List<Dashboard>();
        foreach (var (name, at, value) in file.Map("dashboards")?.Entries("dashboard") ?? [])
        {
            if (!NameShape().IsMatch(name) || name.Length > LongestName)
            {
                file.Findings.Error(FindingCodes.ValueInvalid, at, $"'{name}' cannot name a dashboard.",
                    $"Use 1 to {LongestName} lower-case letters, digits and dashes: it names a file.");
            }

            if (value.Map() is { } map) boards.Add(Board(name, map));
        }

        file.Close();
        return boards;
    }

    private Dashboard Board(string name, YamlMap map)
    {
        var board = new Dashboard(
            name, map.Text("title") ?? $"{pack.Title}: {name}", map.Duration("span") ?? TimeSpan.FromHours(6),
            map.Duration("refresh") ?? TimeSpan.FromSeconds(30),
            [.. map.List("sections").Select(v => v.Map()).OfType<YamlMap>().Select(Section)]);
        if (board.Sections.Count == 0) map.Missing("sections", "Add 'sections:' with a list of titles and panels.");
        map.Close();
        return board;
    }

    private DashboardSection Section(YamlMap map)
    {
        var section = new DashboardSection(
            map.RequiredText("title", "Add 'title:'."), [.. map.List("panels").Select(v => v.Map()).OfType<YamlMap>().Select(Panel)]);
        map.Close();
        return section;
    }

    private DashboardPanel Panel(YamlMap map)
    {
        if (!map.Has("kind")) map.Missing("kind", $"Write one of {string.Join(", ", PanelKinds.ByWord.Keys)}.");
        var kind = map.Word("kind", PanelKinds.ByWord) ?? PanelKind.TimeSeries;
        var queries = kind == PanelKind.Alerts ? [AlertsQuery(map)] : Queries(map);
        var used = queries.SelectMany(q => MetricsOf(q.Expression)).Distinct().ToList();
        var panel = new DashboardPanel(
            map.RequiredText("title", "Add 'title:'."), kind, queries, map.Text("unit") ?? (used.Count == 1 ? used[0].Unit : ""))
        {
            Description = map.Text("description") ?? (used.Count == 1 ? used[0].Help : ""),
            Width = map.Integer("width", 1, 24) ?? 8,
            Height = map.Integer("height", 2, 30) ?? 7,
            Thresholds = Thresholds(map),
            Values = Values(map),
            Line = map.At.Line,
        };
        map.Close();
        return panel;
    }

    private List<DashboardQuery> Queries(YamlMap map)
    {
        var queries = new List<DashboardQuery>();
        if (map.Text("query") is { } one) queries.Add(Query(one, map.Text("legend") ?? "", map.PositionOf("query"), map));
        foreach (var item in map.List("queries").Select(v => v.Map()).OfType<YamlMap>())
        {
            var expression = item.RequiredText("query", "Add 'query:' with a PromQL expression.");
            queries.Add(Query(expression, item.Text("legend") ?? "", item.PositionOf("query"), item));
            item.Close();
        }

        if (queries.Count == 0) map.Missing("query", "Add 'query:' with a PromQL expression, or 'queries:' with several.");
        return queries;
    }

    private DashboardQuery Query(string expression, string legend, Position at, YamlMap map)
    {
        try
        {
            foreach (var name in PackMetrics.In(PromParser.Parse(expression)).Where(n => !_names.Contains(n)))
            {
                map.Findings.Error(FindingCodes.RuleMetricUnknown, at, $"The query names the metric '{name}', which the pack does not have.",
                    NearestName.Suggest(name, _names, "Define it in metrics.yaml, or record it in alerts.yaml."));
            }
        }
        catch (PromSyntaxException e)
        {
            map.Findings.Error(FindingCodes.ValueInvalid, at, $"The query '{expression}' is not PromQL: {e.Message}", "Mend the expression.");
        }

        return new DashboardQuery(expression, legend);
    }

    /// <summary>The pack's own alerts only: a Prometheus that holds several packs has one series ALERTS for all.</summary>
    private DashboardQuery AlertsQuery(YamlMap map)
    {
        var known = pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<AlertingRule>().Select(r => r.Name).Distinct().ToList();
        var named = map.Texts("alerts");
        foreach (var name in named.Where(n => !known.Contains(n)))
        {
            map.Findings.Error(FindingCodes.NameUnknown, map.PositionOf("alerts"), $"No rule of the pack is the alert '{name}'.",
                NearestName.Suggest(name, known, "Name an alert of alerts.yaml."));
        }

        var names = string.Join('|', (named.Count > 0 ? named : known).Select(Regex.Escape));
        return new DashboardQuery($"ALERTS{{alertstate=\"firing\", alertname=~\"{names}\"}}", "");
    }

    private IEnumerable<MetricDefinition> MetricsOf(string expression)
    {
        try
        {
            return [.. PackMetrics.In(PromParser.Parse(expression)).Select(n => _metrics.GetValueOrDefault(n)).OfType<MetricDefinition>()];
        }
        catch (PromSyntaxException)
        {
            return []; // reported where the query is read
        }
    }

    private static List<PanelThreshold> Thresholds(YamlMap map)
    {
        var steps = new List<PanelThreshold>();
        foreach (var (from, at, value) in map.Map("thresholds")?.Entries("threshold") ?? [])
        {
            var color = Color(value.Text() ?? "", value.At, map);
            if (from == "base") steps.Insert(0, new PanelThreshold(null, color));
            else if (double.TryParse(from, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) steps.Add(new PanelThreshold(number, color));
            else map.Findings.Error(FindingCodes.ValueInvalid, at, $"The threshold '{from}' is not a number.", "Write for example { base: green, 0.9: red }.");
        }

        if (steps.Count > 0 && steps[0].From is not null)
            map.Findings.Error(FindingCodes.KeyMissing, map.PositionOf("thresholds"), "The thresholds have no 'base'.", "Add 'base:' with the colour below the first value.");
        return [.. steps.OrderBy(s => s.From ?? double.NegativeInfinity)];
    }

    private static List<PanelValue> Values(YamlMap map)
    {
        var values = new List<PanelValue>();
        foreach (var (value, _, content) in map.Map("values")?.Entries("value") ?? [])
        {
            var parts = content.IsList ? [.. content.List().Select(v => v.Text() ?? "")] : new[] { content.Text() ?? "" };
            values.Add(new PanelValue(value, parts.Length > 0 ? parts[0] : "", parts.Length > 1 ? Color(parts[1], content.At, map) : null));
        }

        return values;
    }

    private static string Color(string color, Position at, YamlMap map)
    {
        if (Colors.Contains(color)) return color;
        map.Findings.Error(FindingCodes.ValueInvalid, at, $"'{color}' is not a colour here.", NearestName.Suggest(color, Colors, $"Use one of {string.Join(", ", Colors)}."));
        return Colors[0];
    }

    [GeneratedRegex("^[a-z][a-z0-9-]*$")]
    private static partial Regex NameShape();
}
