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
        if (report.Remaining.Count > 0) console.MarkupLineInterpolated($"  could not be paused, and the incident says so: {string.Join(", ", report.Remaining)}");
    }

    public static void Medians(IAnsiConsole console, string name, int passed, int times, DrillScore median) => console.MarkupLineInterpolated(
        $"{name}: {passed} of {times} passed; medians: detected {Seconds(median.Detected)}, decided {Seconds(median.Decided)}, contained {Seconds(median.Contained)}, restored {Seconds(median.Restored)}");

    public static void Table(IAnsiConsole console, IReadOnlyList<DrillReport> reports)
    {
        var table = new Table().AddColumns("fault", "passed", "detected", "decided", "contained", "restored");
        foreach (var report in reports)
        {
            var score = report.Score;
            table.AddRow([
                Markup.Escape(report.Fault), score.Passed ? "[green]yes[/]" : "[red]no[/]", Seconds(score.Detected), Seconds(score.Decided),
                Seconds(score.Contained), Seconds(score.Restored)]);
        }

        console.WriteLine();
        console.Write(table);
    }

    private static string Seconds(long? milliseconds) =>
        milliseconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value / 1000.0:0.0} s") : "–";

    private static string Stages(DrillReport report)
    {
        var at = report.Milliseconds;
        return $"alert {Seconds(at.ToAlert)}, incident {Seconds(at.ToIncident)}, proposal {Seconds(at.ToProposal)}, "
            + $"approval {Seconds(at.ToApproval)}, contained {Seconds(at.ToContained)} after the anomaly's block"
            + (report.Blocks.ToContained is { } blocks ? $" ({blocks} blocks)" : "")
            + (report.RestoredAfter is { } restored ? $", restored {Seconds(restored)}" : "");
    }
}
