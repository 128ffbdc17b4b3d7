namespace Quarterdeck.Packs.Dashboards;

/// <summary>
/// A board of a pack, as dashboards.yaml says: what the console draws, and what Grafana's JSON is generated from.
/// </summary>
/// <param name="Name">Names the generated file and its uid.</param>
/// <param name="Title">For people.</param>
/// <param name="Span">How far back it looks at first.</param>
/// <param name="Refresh">How often it asks again.</param>
/// <param name="Sections">Its parts, from top to bottom.</param>
public sealed record Dashboard(string Name, string Title, TimeSpan Span, TimeSpan Refresh, IReadOnlyList<DashboardSection> Sections);

/// <summary>Panels under one heading.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Panels">From left to right, then down.</param>
public sealed record DashboardSection(string Title, IReadOnlyList<DashboardPanel> Panels);

/// <summary>One panel.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="Queries">What it shows, in PromQL.</param>
/// <param name="Unit">Unit of the values, in the words of metrics.yaml; empty where none.</param>
public sealed record DashboardPanel(string Title, PanelKind Kind, IReadOnlyList<DashboardQuery> Queries, string Unit)
{
    /// <summary>One sentence for people; empty where the queries' metrics have no help either.</summary>
    public string Description { get; init; } = "";

    /// <summary>Columns of 24.</summary>
    public int Width { get; init; } = 8;

    /// <summary>Rows of Grafana's grid, 30 pixels each.</summary>
    public int Height { get; init; } = 7;

    /// <summary>Colours from a value on, ascending; the first has no value.</summary>
    public IReadOnlyList<PanelThreshold> Thresholds { get; init; } = [];

    /// <summary>Words for values, such as 1 → PAUSED.</summary>
    public IReadOnlyList<PanelValue> Values { get; init; } = [];

    /// <summary>Line in dashboards.yaml; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>A query of a panel.</summary>
/// <param name="Expression">PromQL.</param>
/// <param name="Legend">Name of each series; <c>{{label}}</c> stands for a label. Empty leaves it to who draws.</param>
public sealed record DashboardQuery(string Expression, string Legend);

/// <summary>A colour from a value on.</summary>
/// <param name="From">The value; null for the colour below all others.</param>
/// <param name="Color">A colour's name, such as <c>red</c>.</param>
public sealed record PanelThreshold(double? From, string Color);

/// <summary>A word for a value.</summary>
/// <param name="Value">The value as text.</param>
/// <param name="Text">The word.</param>
/// <param name="Color">Its colour; null for none of its own.</param>
public sealed record PanelValue(string Value, string Text, string? Color);

/// <summary>How a panel is drawn.</summary>
public enum PanelKind
{
    /// <summary>Lines over time.</summary>
    TimeSeries,

    /// <summary>The newest value, large.</summary>
    Stat,

    /// <summary>The newest value on a dial.</summary>
    Gauge,

    /// <summary>The newest value of each series as a bar.</summary>
    BarGauge,

    /// <summary>Shares of a whole.</summary>
    Pie,

    /// <summary>States over time, a band for each series.</summary>
    StateTimeline,

    /// <summary>Values over time as colours.</summary>
    Heatmap,

    /// <summary>Bars by the bounds of a histogram.</summary>
    Histogram,

    /// <summary>Labels and newest values as rows.</summary>
    Table,

    /// <summary>The alerts that fire, as rows.</summary>
    Alerts,
}

/// <summary>Words and manner of each kind.</summary>
public static class PanelKinds
{
    /// <summary>The word that dashboards.yaml and the API use.</summary>
    public static IReadOnlyDictionary<string, PanelKind> ByWord { get; } = new Dictionary<string, PanelKind>(StringComparer.Ordinal)
    {
        ["timeseries"] = PanelKind.TimeSeries,
        ["stat"] = PanelKind.Stat,
        ["gauge"] = PanelKind.Gauge,
        ["bars"] = PanelKind.BarGauge,
        ["pie"] = PanelKind.Pie,
        ["states"] = PanelKind.StateTimeline,
        ["heatmap"] = PanelKind.Heatmap,
        ["histogram"] = PanelKind.Histogram,
        ["table"] = PanelKind.Table,
        ["alerts"] = PanelKind.Alerts,
    };

    /// <summary>The word of a kind.</summary>
    public static string Word(this PanelKind kind) => ByWord.First(k => k.Value == kind).Key;

    /// <summary>Whether a panel of this kind shows its queries over a span of time, rather than at its end.</summary>
    public static bool IsOverTime(this PanelKind kind) => kind is PanelKind.TimeSeries or PanelKind.StateTimeline or PanelKind.Heatmap;
}
