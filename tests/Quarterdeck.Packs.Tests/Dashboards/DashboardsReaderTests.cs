using Quarterdeck.Packs.Dashboards;

namespace Quarterdeck.Packs.Tests.Dashboards;

public sealed class DashboardsReaderTests
{
    private static TemporaryPack Pack(string panel) => new TemporaryPack()
        .Write("metrics.yaml", "metrics:\n  supply: { help: What circulates., unit: token, call: \"Token.totalSupply()(uint256)\" }\n  up: { help: Up, unit: bool, probe: relay, labels: { job: relay } }\n")
        .Write("alerts.yaml", "groups:\n- name: g\n  rules:\n  - { record: supply:doubled, expr: supply * 2 }\n  - { alert: Down, expr: up == 0 }\n  - { alert: Empty, expr: supply == 0 }\n")
        .Write("dashboards.yaml", $"dashboards:\n  overview:\n    sections:\n      - title: Now\n        panels:\n          - {panel}\n");

    private static DashboardPanel Panel(string panel)
    {
        using var files = Pack(panel);
        return files.LoadedPack().Dashboards[0].Sections[0].Panels[0];
    }

    [Fact]
    public void A_panel_takes_unit_and_description_from_its_metric()
    {
        var panel = Panel("{ title: Supply, kind: stat, query: supply }");
        Assert.Equal(("token", "What circulates.", PanelKind.Stat), (panel.Unit, panel.Description, panel.Kind));
    }

    [Fact]
    public void Alerts_are_those_of_the_pack_and_no_others() => Assert.Equal(
        "ALERTS{alertstate=\"firing\", alertname=~\"Down|Empty\"}", Panel("{ title: A, kind: alerts }").Queries[0].Expression);

    [Fact]
    public void Thresholds_come_in_order_and_values_have_words()
    {
        var panel = Panel("{ title: S, kind: stat, query: \"supply:doubled\", thresholds: { 9: red, base: green, 0.5: yellow }, values: { 0: [none, red], 1: some } }");
        Assert.Equal([(null, "green"), (0.5, "yellow"), (9, "red")], panel.Thresholds.Select(t => (t.From, t.Color)));
        Assert.Equal([("0", "none", "red"), ("1", "some", null)], panel.Values.Select(v => (v.Value, v.Text, v.Color)));
    }

    [Theory]
    [InlineData("{ title: T, kind: stat, query: suply }", "QD1018", "'supply'")]
    [InlineData("{ title: T, kind: stat, query: \"supply +\" }", "QD1006", "Mend the expression")]
    [InlineData("{ title: T, kind: stat }", "QD1005", "query:")]
    [InlineData("{ title: T, query: supply }", "QD1005", "timeseries")]
    [InlineData("{ title: T, kind: lines, query: supply }", "QD1006", "timeseries")]
    [InlineData("{ kind: stat, query: supply }", "QD1005", "title:")]
    [InlineData("{ title: T, kind: alerts, alerts: [Dwn] }", "QD1009", "'Down'")]
    [InlineData("{ title: T, kind: stat, query: supply, thresholds: { base: gren } }", "QD1006", "'green'")]
    [InlineData("{ title: T, kind: stat, query: supply, thresholds: { 1: green } }", "QD1005", "base")]
    [InlineData("{ title: T, kind: stat, query: supply, thresholds: { base: green, high: red } }", "QD1006", "0.9")]
    [InlineData("{ title: T, kind: stat, query: supply, width: 25 }", "QD1006", "width")]
    [InlineData("{ title: T, kind: stat, query: supply, colour: red }", "QD1004", "Known here")]
    public void A_mistake_names_its_line_and_remedy(string panel, string code, string remedy)
    {
        using var files = Pack(panel);
        var error = files.SingleError();
        Assert.Equal((code, "dashboards.yaml", 6), (error.Code, error.File, error.Line));
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Panels_that_do_not_fit_a_row_begin_the_next()
    {
        using var files = Pack("{ title: A, kind: stat, query: supply, width: 16, height: 4 }\n          - { title: B, kind: stat, query: supply, width: 12, height: 5 }");
        var pack = files.LoadedPack();
        var grids = GrafanaDashboard.Json(pack, pack.Dashboards[0])["panels"]!.AsArray().Select(p => p!["gridPos"]!.ToJsonString());
        Assert.Equal(["""{"x":0,"y":0,"w":24,"h":1}""", """{"x":0,"y":1,"w":16,"h":4}""", """{"x":0,"y":5,"w":12,"h":5}"""], grids);
    }
}
