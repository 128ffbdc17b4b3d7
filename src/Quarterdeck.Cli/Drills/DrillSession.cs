using System.Globalization;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Spectre.Console;

namespace Quarterdeck.Cli.Drills;

/// <summary>How drills are done.</summary>
/// <param name="State">The environment's folder: where one may run, and where rehearsals are handed over.</param>
/// <param name="Own">In an environment of its own even where one runs.</param>
/// <param name="Fork">On a fork of this chain; null on the devnet.</param>
internal sealed record DrillSettings(
    string State, IReadOnlyList<string> Packs, bool Own, TimeSpan Patience, string? CrashAt, DrillFork? Fork);

/// <summary>One drill from its ground to its place in the history.</summary>
internal static class DrillSession
{
    public static async Task<DrillReport> Run(string name, DrillSettings settings, IAnsiConsole console, CancellationToken cancel)
    {
        try
        {
            try
            {
                return await Once(name, settings, console, cancel);
            }
            catch (NotCalmException broken) when (!settings.Own && settings.Fork is null)
            {
                console.MarkupLineInterpolated($"[yellow]![/] {broken.Message} It is done there now.");
                return await Once(name, settings with { Own = true }, console, cancel);
            }
        }
        catch (Exception problem) when (problem is DevnetException or ApiException)
        {
            throw new CommandException(problem.Message);
        }
    }

    private static async Task<DrillReport> Once(string name, DrillSettings settings, IAnsiConsole console, CancellationToken cancel)
    {
        var server = settings.CrashAt is { } point ? new Dictionary<string, string> { ["QUARTERDECK_CRASH_AT"] = point } : [];
        await using var ground = await DrillGround.Find(
            name, settings.State, settings.Packs, settings.Own, server, part => console.MarkupLineInterpolated($"[grey]{part} …[/]"), cancel, settings.Fork);
        var where = ground.ForkOf is { } origin ? $"on a fork of {origin}" : ground.IsOwn ? "in an environment of its own" : "in the environment that runs";
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"Drill [bold]{name}[/] on {ground.Pack.Title}, {where}: {ground.File.Url}, chain {ground.File.Rpc}, state {ground.State}");
        try
        {
            var keys = await DevnetKeys.Ensure(ground.State, ground.File.Packs, cancel);
            var started = TimeProvider.System.GetUtcNow();
            using var drill = new Drill(ground, keys.Operators, settings.Patience, moment => DrillPrinter.Moment(console, moment));
            var report = await drill.Run(cancel);
            if (!report.Succeeded) ground.Keep();
            var rehearsal = DrillRehearsal.Of(report, ground, started, TimeProvider.System.GetUtcNow());
            console.MarkupLineInterpolated($"[grey]{await rehearsal.HandOver(settings.State, ground, keys.Operators, cancel)}[/]");
            return report;
        }
        catch (Exception problem) when (problem is not OperationCanceledException and not NotCalmException)
        {
            ground.Keep();
            throw;
        }
    }
}
