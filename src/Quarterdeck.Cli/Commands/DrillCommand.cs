using System.CommandLine;
using System.Globalization;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Spectre.Console;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>drill FAULT</c>: a run against an injected fault, from the anomaly to the proof.</summary>
internal sealed class DrillCommand : Command
{
    public DrillCommand() : base("drill", "Inject a fault on the devnet and see it through: alert, incident, run, approvals, contained, proved.")
    {
        var fault = new Argument<string>("FAULT") { Description = "A fault of a pack's faults.yaml, such as supply-cap-breach." };
        var json = new Option<bool>("--json") { Description = "Print exactly one JSON object." };
        var own = new Option<bool>("--own") { Description = "Drill in an environment of its own, even where one runs." };
        var timeout = new Option<int>("--timeout")
        {
            Description = "Seconds that each stage may take.",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 180,
        };
        var crash = new Option<string?>("--crash-at")
        {
            Description = "Kill the server once at this crash point (own environment only): what follows shows that nothing is lost.",
            HelpName = "POINT",
        };
        var (state, pack) = (UpOptions.State(), UpOptions.Pack());
        Arguments.Add(fault);
        foreach (var option in new Option[] { json, own, timeout, crash, state, pack }) Options.Add(option);
        SetAction((parsed, cancel) => Run(
            parsed.GetRequiredValue(fault), parsed.GetValue(json), parsed.GetValue(own) || parsed.GetValue(crash) is not null,
            TimeSpan.FromSeconds(parsed.GetRequiredValue(timeout)), parsed.GetValue(crash), Path.GetFullPath(parsed.GetRequiredValue(state)),
            parsed.GetRequiredValue(pack), cancel));
    }

    private static async Task<int> Run(
        string fault, bool json, bool own, TimeSpan timeout, string? crashAt, string state, string[] packs, CancellationToken cancel)
    {
        // With --json the only thing on standard output is the report.
        var console = Terminal.For(json ? Console.Error : Console.Out, json ? Console.IsErrorRedirected : Console.IsOutputRedirected);
        var server = crashAt is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["QUARTERDECK_CRASH_AT"] = crashAt };
        DrillReport report;
        try
        {
            await using var ground = await DrillGround.Find(fault, state, packs, own, server, part => console.MarkupLineInterpolated($"[grey]{part} …[/]"), cancel);
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                $"Drill [bold]{fault}[/] on {ground.Pack.Title}, {(ground.IsOwn ? "in an environment of its own" : "in the environment that runs")}: {ground.File.Url}, chain {ground.File.Rpc}, state {ground.State}");
            report = await Run(ground, timeout, console, cancel);
            if (!report.Succeeded) ground.Keep();
        }
        catch (Exception problem) when (problem is DevnetException or ApiException)
        {
            throw new CommandException(problem.Message);
        }

        if (json) Console.WriteLine(report.ToJson());
        else DrillPrinter.Summary(console, report);
        return report.Succeeded ? 0 : 1;
    }

    private static async Task<DrillReport> Run(DrillGround ground, TimeSpan timeout, IAnsiConsole console, CancellationToken cancel)
    {
        try
        {
            var keys = await DevnetKeys.Ensure(ground.State, ground.File.Packs, cancel);
            using var drill = new Drill(ground, keys.Operators, timeout, moment => DrillPrinter.Moment(console, moment));
            return await drill.Run(cancel);
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            ground.Keep();
            throw;
        }
    }
}
