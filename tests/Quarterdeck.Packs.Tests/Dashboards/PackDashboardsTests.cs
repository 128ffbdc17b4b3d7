using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Dashboards;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Dashboards;

/// <summary>The dashboards of the repository's own packs, as Grafana would import them.</summary>
public sealed partial class PackDashboardsTests
{
    private static readonly string[] Types =
        ["timeseries", "stat", "gauge", "bargauge", "piechart", "state-timeline", "heatmap", "table", "row"];

    public static TheoryData<string> Packs => [.. Repository.Packs.Select(p => Path.GetFileName(p))];

    private static ProtocolPack Load(string pack)
    {
        var result = PackLoader.Load(Path.Combine(Repository.Root, "protocols", pack));
        Assert.True(result.Pack is not null, string.Join("\n", result.Findings));
        return result.Pack;
    }

    private static IEnumerable<JsonObject> Boards(ProtocolPack pack) =>
        pack.Dashboards.Select(b => JsonNode.Parse(GrafanaDashboard.Text(pack, b))!.AsObject());

    private static IEnumerable<JsonObject> Panels(JsonObject board) => board["panels"]!.AsArray().Select(p => p!.AsObject());

    [Theory, MemberData(nameof(Packs))]
    public void The_files_are_those_that_would_be_generated_now(string pack)
    {
        var loaded = Load(pack);
        Assert.NotEmpty(loaded.Dashboards);
        foreach (var board in loaded.Dashboards)
        {
            var file = File.ReadAllText(Path.Combine(loaded.Root, "dashboards", board.Name + ".json"));
            Assert.True(GrafanaDashboard.Text(loaded, board) == file, $"{pack}/{board.Name}: run ./quarterdeck dashboards");
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void A_board_has_what_Grafana_asks_of_one(string pack)
    {
        foreach (var board in Boards(Load(pack)))
        {
            Assert.True(board.ContainsKey("id") && board["id"] is null);
            Assert.InRange(((string)board["uid"]!).Length, 1, 40);
            Assert.InRange((int)board["schemaVersion"]!, 36, 42);
            Assert.NotEmpty((string)board["title"]!);
            Assert.Matches(@"^now-\d+[smhd]$", (string)board["time"]!["from"]!);
            Assert.Equal("now", (string)board["time"]!["to"]!);
            Assert.Matches(@"^\d+[smh]$", (string)board["refresh"]!);
            Assert.Empty(board["annotations"]!["list"]!.AsArray());
            Assert.Empty(board["links"]!.AsArray());
            var variable = Assert.Single(board["templating"]!["list"]!.AsArray())!;
            Assert.Equal(("DS", "datasource", "prometheus"), ((string)variable["name"]!, (string)variable["type"]!, (string)variable["query"]!));
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void Panels_lie_within_the_grid_and_not_upon_each_other(string pack)
    {
        foreach (var board in Boards(Load(pack)))
        {
            var taken = new HashSet<(int, int)>();
            foreach (var panel in Panels(board))
            {
                var grid = panel["gridPos"]!;
                var (x, y, w, h) = ((int)grid["x"]!, (int)grid["y"]!, (int)grid["w"]!, (int)grid["h"]!);
                Assert.True(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, $"{panel["title"]}: {grid.ToJsonString()}");
                foreach (var cell in from column in Enumerable.Range(x, w) from row in Enumerable.Range(y, h) select (column, row))
                    Assert.True(taken.Add(cell), $"{panel["title"]} lies on another panel");
            }
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void Every_panel_has_a_source_a_unit_and_queries_that_are_PromQL(string pack)
    {
        foreach (var board in Boards(Load(pack)))
        {
            var panels = Panels(board).ToList();
            Assert.Equal(panels.Count, panels.Select(p => (int)p["id"]!).Distinct().Count());
            foreach (var panel in panels)
            {
                Assert.Contains((string)panel["type"]!, Types);
                Assert.NotEmpty((string)panel["title"]!);
                if ((string)panel["type"]! == "row") continue;
                Source(panel);
                Assert.NotEmpty((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
                var steps = panel["fieldConfig"]!["defaults"]!["thresholds"]!["steps"]!.AsArray();
                Assert.Null(steps[0]!["value"]);
                var values = steps.Skip(1).Select(s => (double)s!["value"]!).ToList();
                Assert.Equal(values.Order(), values);
                var targets = panel["targets"]!.AsArray();
                Assert.NotEmpty(targets);
                Assert.Equal(targets.Count, targets.Select(t => (string)t!["refId"]!).Distinct().Count());
                foreach (var target in targets)
                {
                    Source(target!.AsObject());
                    PromParser.Parse((string)target["expr"]!);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void A_legend_names_labels_that_the_metrics_have(string pack)
    {
        var loaded = Load(pack);
        var known = loaded.Metrics.SelectMany(m => m.LabelNames).Append("le").ToHashSet(StringComparer.Ordinal);
        foreach (var query in loaded.Dashboards.SelectMany(b => b.Sections).SelectMany(s => s.Panels).SelectMany(p => p.Queries))
            Assert.All(LegendLabel().Matches(query.Legend), m => Assert.Contains(m.Groups[1].Value, known));
    }

    [Fact]
    public void No_two_boards_have_the_same_uid()
    {
        var uids = Repository.Packs.Select(p => Load(Path.GetFileName(p))).SelectMany(p => p.Dashboards.Select(b => GrafanaDashboard.Uid(p, b))).ToList();
        Assert.Equal(uids.Count, uids.Distinct().Count());
    }

    [Fact]
    public void Vagus_has_the_six_panels_of_its_runbook_with_all_that_they_must_show()
    {
        var sections = Assert.Single(Load("vagus").Dashboards).Sections;
        Assert.Equal(
            ["1 Overview", "2 Rate limiting", "3 Circuit breaker", "4 ANS state", "5 Capability management", "6 Cross-chain equivalence"],
            sections.Select(s => s.Title));
        Assert.All(sections, s => Assert.InRange(s.Panels.Count, 3, 4));
        Assert.Equal(TimeSpan.FromHours(24), Assert.Single(Load("vagus").Dashboards).Span);
        Assert.Equal(
            [PanelKind.Heatmap, PanelKind.Pie, PanelKind.Histogram, PanelKind.Pie],
            sections.SelectMany(s => s.Panels).Select(p => p.Kind).Where(k => k is PanelKind.Heatmap or PanelKind.Pie or PanelKind.Histogram));
    }

    private static void Source(JsonObject of) =>
        Assert.Equal(("prometheus", "${DS}"), ((string)of["datasource"]!["type"]!, (string)of["datasource"]!["uid"]!));

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LegendLabel();
}
