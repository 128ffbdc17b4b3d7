using System.Text.Json.Nodes;

namespace Quarterdeck.Packs.Dashboards;

/// <summary>Grafana's JSON of a panel.</summary>
internal static class GrafanaPanel
{
    private const int MaxRefIds = 26;

    // Grafana's ids of units; what it has none for is written behind the number.
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        [""] = "short",
        ["ratio"] = "percentunit",
        ["percent"] = "percent",
        ["seconds"] = "s",
        ["ms"] = "ms",
        ["bool"] = "none",
        ["usd"] = "currencyUSD",
        ["eth"] = "ETH",
        ["bytes"] = "bytes",
        ["events"] = "short",
        ["requests"] = "short",
        ["per second"] = "cps",
        ["info"] = "none",
    };

    public static JsonObject Json(DashboardPanel panel, int id, JsonObject grid, Func<JsonObject> source)
    {
        var json = new JsonObject
        {
            ["id"] = id,
            ["type"] = Type(panel.Kind),
            ["title"] = panel.Title,
            ["description"] = panel.Description,
            ["datasource"] = source(),
            ["gridPos"] = grid,
            ["fieldConfig"] = new JsonObject { ["defaults"] = Defaults(panel), ["overrides"] = new JsonArray() },
            ["options"] = Options(panel.Kind),
            ["targets"] = new JsonArray([.. panel.Queries.Take(MaxRefIds).Select((q, i) => Target(panel.Kind, q, i, source()))]),
        };
        if (panel.Kind is PanelKind.Table or PanelKind.Alerts) json["transformations"] = Columns();
        return json;
    }

    private static string Type(PanelKind kind) => kind switch
    {
        PanelKind.Stat => "stat",
        PanelKind.Gauge => "gauge",
        PanelKind.BarGauge or PanelKind.Histogram => "bargauge",
        PanelKind.Pie => "piechart",
        PanelKind.StateTimeline => "state-timeline",
        PanelKind.Heatmap => "heatmap",
        PanelKind.Table or PanelKind.Alerts => "table",
        _ => "timeseries",
    };

    private static JsonObject Target(PanelKind kind, DashboardQuery query, int index, JsonObject source)
    {
        var overTime = kind.IsOverTime();
        return new JsonObject
        {
            ["refId"] = ((char)('A' + index)).ToString(),
            ["datasource"] = source,
            ["expr"] = query.Expression,
            ["legendFormat"] = query.Legend.Length > 0 ? query.Legend : "__auto",
            // Grafana takes the differences of a histogram's cumulative counts where the format is heatmap.
            ["format"] = kind switch { PanelKind.Table or PanelKind.Alerts => "table", PanelKind.Histogram => "heatmap", _ => "time_series" },
            ["instant"] = !overTime,
            ["range"] = overTime,
        };
    }

    private static JsonObject Defaults(DashboardPanel panel)
    {
        var steps = panel.Thresholds.Count > 0 ? panel.Thresholds : [new PanelThreshold(null, panel.Kind == PanelKind.Alerts ? "red" : "green")];
        var defaults = new JsonObject
        {
            ["unit"] = Units.TryGetValue(panel.Unit, out var id) ? id : $"suffix: {panel.Unit}",
            ["color"] = new JsonObject { ["mode"] = panel.Thresholds.Count > 0 ? "thresholds" : "palette-classic" },
            ["mappings"] = panel.Values.Count == 0 ? new JsonArray() : new JsonArray(Mappings(panel.Values)),
            ["thresholds"] = new JsonObject
            {
                ["mode"] = "absolute",
                ["steps"] = new JsonArray([.. steps.Select(s => new JsonObject { ["color"] = s.Color, ["value"] = s.From })]),
            },
        };
        if (panel.Kind == PanelKind.TimeSeries) defaults["custom"] = new JsonObject { ["lineWidth"] = 1, ["fillOpacity"] = 8, ["showPoints"] = "never", ["spanNulls"] = false };
        if (panel.Kind == PanelKind.StateTimeline) defaults["custom"] = new JsonObject { ["lineWidth"] = 0, ["fillOpacity"] = 75 };
        return defaults;
    }

    private static JsonObject Mappings(IReadOnlyList<PanelValue> values)
    {
        var options = new JsonObject();
        foreach (var (value, i) in values.Select((v, i) => (v, i)))
        {
            var result = new JsonObject { ["index"] = i, ["text"] = value.Text };
            if (value.Color is { } color) result["color"] = color;
            options[value.Value] = result;
        }

        return new JsonObject { ["type"] = "value", ["options"] = options };
    }

    private static JsonObject Options(PanelKind kind)
    {
        JsonObject Reduced() => new() { ["calcs"] = new JsonArray("lastNotNull"), ["fields"] = "", ["values"] = false };
        return kind switch
        {
            PanelKind.Stat => new() { ["reduceOptions"] = Reduced(), ["colorMode"] = "background", ["graphMode"] = "none", ["textMode"] = "auto", ["justifyMode"] = "auto", ["orientation"] = "auto" },
            PanelKind.Gauge => new() { ["reduceOptions"] = Reduced(), ["showThresholdLabels"] = false, ["showThresholdMarkers"] = true },
            PanelKind.BarGauge or PanelKind.Histogram => new() { ["reduceOptions"] = Reduced(), ["displayMode"] = "basic", ["orientation"] = "horizontal", ["showUnfilled"] = true },
            PanelKind.Pie => new() { ["reduceOptions"] = Reduced(), ["pieType"] = "pie", ["displayLabels"] = new JsonArray("name", "value"), ["legend"] = Legend("right") },
            PanelKind.StateTimeline => new() { ["showValue"] = "auto", ["mergeValues"] = true, ["rowHeight"] = 0.9, ["legend"] = Legend("bottom") },
            PanelKind.Heatmap => new() { ["calculate"] = true, ["cellGap"] = 1, ["color"] = new JsonObject { ["mode"] = "scheme", ["scheme"] = "Oranges", ["steps"] = 64 }, ["legend"] = new JsonObject { ["show"] = true } },
            PanelKind.Table or PanelKind.Alerts => new() { ["showHeader"] = true, ["cellHeight"] = "sm" },
            _ => new() { ["legend"] = Legend("bottom"), ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" } },
        };
    }

    private static JsonObject Legend(string placement) => new() { ["displayMode"] = "list", ["placement"] = placement, ["showLegend"] = true, ["calcs"] = new JsonArray() };

    // The time of an instant query and the series' own name say nothing in a row.
    private static JsonArray Columns() => new(new JsonObject
    {
        ["id"] = "organize",
        ["options"] = new JsonObject { ["excludeByName"] = new JsonObject { ["Time"] = true, ["__name__"] = true, ["alertstate"] = true } },
    });
}
