using System.Globalization;
using Spectre.Console;

namespace Quarterdeck.Cli.Drills;

/// <summary>Shows a drill to people.</summary>
internal static class DrillPrinter
{
    public static void Moment(IAnsiConsole console, DrillMoment moment)
    {
        var block = moment.Block is { } number ? $"#{number.ToString(CultureInfo.InvariantCulture)}" : "";
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [grey]{moment.Milliseconds,8:N0} ms[/]  [blue]{block,8}[/]  {moment.Text}");
    }

    public static void Summary(IAnsiConsole console, DrillReport report)
    {
        console.WriteLine();
        if (report.Succeeded) console.MarkupLineInterpolated($"[green]✓ contained[/] {report.Fault}: {Stages(report)}");
        else console.MarkupLineInterpolated($"[red]✗ failed[/] {report.Fault}: {report.Failure}");
        if (report.Paused.Count > 0) console.MarkupLineInterpolated($"  paused in order: {string.Join(" → ", report.Paused)}");
    }

    private static string Stages(DrillReport report)
    {
        static string Seconds(long? milliseconds) => milliseconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value / 1000.0:0.0} s") : "–";
        var at = report.Milliseconds;
        return $"alert {Seconds(at.ToAlert)}, incident {Seconds(at.ToIncident)}, proposal {Seconds(at.ToProposal)}, "
            + $"approval {Seconds(at.ToApproval)}, contained {Seconds(at.ToContained)} after the anomaly's block"
            + (report.Blocks.ToContained is { } blocks ? $" ({blocks} blocks)" : "");
    }
}
