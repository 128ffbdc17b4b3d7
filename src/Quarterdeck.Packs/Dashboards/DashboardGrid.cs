namespace Quarterdeck.Packs.Dashboards;

/// <summary>Where a panel stands on the board: columns of 24, rows of 30 pixels, both from 0.</summary>
/// <param name="X">First column.</param>
/// <param name="Y">First row, counted over the whole board.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public sealed record PanelPosition(int X, int Y, int Width, int Height);

/// <summary>A section with its heading's row and its panels' places.</summary>
/// <param name="Section">The section.</param>
/// <param name="Y">The heading's row.</param>
/// <param name="Panels">From left to right, then down.</param>
public sealed record PlacedSection(DashboardSection Section, int Y, IReadOnlyList<(DashboardPanel Panel, PanelPosition At)> Panels);

/// <summary>Places panels: from left to right while they fit, then down; one layout for Grafana's file and for the console.</summary>
public static class DashboardGrid
{
    /// <summary>Columns of a board.</summary>
    public const int Columns = 24;

    /// <summary>The sections in order, each under a heading of one row.</summary>
    public static IReadOnlyList<PlacedSection> Place(Dashboard board)
    {
        ArgumentNullException.ThrowIfNull(board);
        var sections = new List<PlacedSection>();
        var y = 0;
        foreach (var section in board.Sections)
        {
            var heading = y++;
            var (x, tallest) = (0, 0);
            var panels = new List<(DashboardPanel, PanelPosition)>();
            foreach (var panel in section.Panels)
            {
                if (x + panel.Width > Columns) (x, y, tallest) = (0, y + tallest, 0);
                panels.Add((panel, new PanelPosition(x, y, panel.Width, panel.Height)));
                (x, tallest) = (x + panel.Width, Math.Max(tallest, panel.Height));
            }

            y += tallest;
            sections.Add(new PlacedSection(section, heading, panels));
        }

        return sections;
    }
}
