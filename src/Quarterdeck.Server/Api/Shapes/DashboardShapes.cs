using Quarterdeck.Packs.Dashboards;

namespace Quarterdeck.Server.Api.Shapes;

internal sealed record DashboardSummaryShape(string Pack, string Name, string Title, int Panels);

/// <summary>A board of a pack.</summary>
/// <param name="Source">Path of the Prometheus API over this pack alone; the queries are asked there, by query or query_range.</param>
/// <param name="GrafanaUid">What the generated Grafana file is known by.</param>
/// <param name="SamplesSince">Time of the oldest sample kept, of any pack: before it every chart is empty.</param>
internal sealed record DashboardShape(
    string Pack, string Name, string Title, double SpanSeconds, double RefreshSeconds, string Source, string GrafanaUid,
    DateTimeOffset? SamplesSince, IReadOnlyList<DashboardSectionShape> Sections);

internal sealed record DashboardSectionShape(string Title, int Y, IReadOnlyList<DashboardPanelShape> Panels);

/// <summary>A panel.</summary>
/// <param name="Kind">One of timeseries, stat, gauge, bars, pie, states, heatmap, histogram, table, alerts.</param>
/// <param name="OverTime">Whether the queries are asked over the span (query_range), not at its end (query).</param>
internal sealed record DashboardPanelShape(
    int Id, string Title, string Description, string Kind, string Unit, bool OverTime, PanelGridShape Grid, IReadOnlyList<PanelQueryShape> Queries,
    IReadOnlyList<PanelThresholdShape> Thresholds, IReadOnlyList<PanelValueShape> Values);

/// <summary>Columns of 24 and rows of 30 pixels.</summary>
internal sealed record PanelGridShape(int X, int Y, int Width, int Height);

/// <summary>PromQL, and the name of each series, in which <c>{{label}}</c> stands for a label.</summary>
internal sealed record PanelQueryShape(string Query, string Legend);

/// <summary>A colour from a value on; without a value, the colour below all others.</summary>
internal sealed record PanelThresholdShape(double? From, string Color);

/// <summary>A word for a value.</summary>
internal sealed record PanelValueShape(string Value, string Text, string? Color);

/// <summary>The boards of dashboards.yaml, as the API shows them.</summary>
internal static class DashboardShaping
{
    public static DashboardSummaryShape Summary(this Dashboard board, string pack) =>
        new(pack, board.Name, board.Title, board.Sections.Sum(s => s.Panels.Count));

    public static DashboardShape Shape(this Dashboard board, Packs.ProtocolPack pack, DateTimeOffset? samplesSince)
    {
        var id = 0;
        return new DashboardShape(
            pack.Name, board.Name, board.Title, board.Span.TotalSeconds, board.Refresh.TotalSeconds, $"/prometheus/{pack.Name}/api/v1",
            GrafanaDashboard.Uid(pack, board), samplesSince,
            [.. DashboardGrid.Place(board).Select(s => new DashboardSectionShape(
                s.Section.Title, s.Y, [.. s.Panels.Select(p => Shape(++id, p.Panel, p.At))]))]);
    }

    private static DashboardPanelShape Shape(int id, DashboardPanel panel, PanelPosition at) => new(
        id, panel.Title, panel.Description, panel.Kind.Word(), panel.Unit, panel.Kind.IsOverTime(),
        new PanelGridShape(at.X, at.Y, at.Width, at.Height),
        [.. panel.Queries.Select(q => new PanelQueryShape(q.Expression, q.Legend))],
        [.. panel.Thresholds.Select(t => new PanelThresholdShape(t.From, t.Color))],
        [.. panel.Values.Select(v => new PanelValueShape(v.Value, v.Text, v.Color))]);
}
