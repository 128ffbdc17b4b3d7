using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Cli.Up;
using Quarterdeck.Packs;
using Spectre.Console;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>drill RUNBOOK|FAULT</c>: a run against an injected fault, from the anomaly to the proof.</summary>
internal sealed class DrillCommand : Command
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public DrillCommand() : base("drill", "Inject a fault on a devnet or fork and see it through: alert, incident, run, approvals, contained, proved.")
    {
        var name = new Argument<string?>("RUNBOOK|FAULT")
        {
            Description = "A fault of a pack's faults.yaml, one that every pack has, or a runbook. Without it: what there is.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Every fault, one after the other, each in an environment of its own." };
        var json = new Option<bool>("--json") { Description = "Print exactly one JSON object." };
        var own = new Option<bool>("--own") { Description = "Drill in an environment of its own, even where one runs." };
        var repeat = new Option<int>("--repeat")
        {
            Description = "How often, each time in an environment of its own; then the medians are printed.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var fork = new Option<string?>("--fork")
        {
            Description = "On a local fork of the chain at this endpoint, with the environment's accounts impersonated. The endpoint is only read.",
            HelpName = "URL",
        };
        var environment = new Option<string?>("--environment")
        {
            Description = "Whose addresses the fork is drilled with; otherwise the environment that names the chain's id.",
            HelpName = "NAME",
        };
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
        Arguments.Add(name);
        foreach (var option in new Option[] { all, json, own, repeat, fork, environment, timeout, crash, state, pack }) Options.Add(option);
        SetAction(async (parsed, cancel) =>
        {
            var times = parsed.GetRequiredValue(repeat);
            if (times is < 1 or > 1000) throw new CommandException($"--repeat {times}: write a number from 1 to 1000.", QuarterdeckCommand.BadInput);
            var settings = new DrillSettings(
                Path.GetFullPath(parsed.GetRequiredValue(state)), parsed.GetRequiredValue(pack),
                parsed.GetValue(own) || parsed.GetValue(crash) is not null || times > 1 || parsed.GetValue(all),
                TimeSpan.FromSeconds(parsed.GetRequiredValue(timeout)), parsed.GetValue(crash), Fork(parsed.GetValue(fork), parsed.GetValue(environment)));
            // With --json the only thing on standard output is the report.
            var console = Terminal.For(parsed.GetValue(json) ? Console.Error : Console.Out, parsed.GetValue(json) ? Console.IsErrorRedirected : Console.IsOutputRedirected);
            if (parsed.GetValue(all)) return await All(settings, parsed.GetValue(json), console, cancel);
            if (parsed.GetValue(name) is not { } wanted) return List(settings.Packs);
            return times == 1
                ? await One(wanted, settings, parsed.GetValue(json), console, cancel)
                : await Repeat(wanted, times, settings, parsed.GetValue(json), console, cancel);
        });
    }

    private static async Task<int> One(string name, DrillSettings settings, bool json, IAnsiConsole console, CancellationToken cancel)
    {
        var report = await DrillSession.Run(name, settings, console, cancel);
        if (json) Console.WriteLine(report.ToJson());
        else DrillPrinter.Summary(console, report);
        return report.Succeeded ? 0 : 1;
    }

    private static async Task<int> Repeat(string name, int times, DrillSettings settings, bool json, IAnsiConsole console, CancellationToken cancel)
    {
        var reports = new List<DrillReport>();
        for (var i = 0; i < times; i++)
        {
            reports.Add(await DrillSession.Run(name, settings, console, cancel));
            DrillPrinter.Summary(console, reports[^1]);
        }

        var median = DrillScore.Median([.. reports.Select(report => report.Score)]);
        if (json) Console.WriteLine(JsonSerializer.Serialize(new { fault = name, repeats = times, median, reports }, Json));
        else DrillPrinter.Medians(console, name, reports.Count(report => report.Succeeded), times, median);
        return median.Passed ? 0 : 1;
    }

    private static async Task<int> All(DrillSettings settings, bool json, IAnsiConsole console, CancellationToken cancel)
    {
        var reports = new List<DrillReport>();
        foreach (var fault in DrillSubject.Faults(Packs(settings.Packs)))
        {
            reports.Add(await DrillSession.Run(fault, settings, console, cancel));
            DrillPrinter.Summary(console, reports[^1]);
        }

        if (json) Console.WriteLine(JsonSerializer.Serialize(new { passed = reports.TrueForAll(report => report.Succeeded), reports }, Json));
        else DrillPrinter.Table(console, reports);
        return reports.TrueForAll(report => report.Succeeded) ? 0 : 1;
    }

    private static int List(IReadOnlyList<string> folders)
    {
        var packs = Packs(folders);
        Console.Error.WriteLine("Name a fault or a runbook, or give --all.");
        Console.Error.WriteLine($"Faults:   {string.Join(", ", DrillSubject.Faults(packs))}");
        Console.Error.WriteLine($"Runbooks: {string.Join(", ", packs.SelectMany(pack => pack.Runbooks).Select(runbook => runbook.Slug))}");
        return QuarterdeckCommand.BadInput;
    }

    private static List<ProtocolPack> Packs(IEnumerable<string> folders) =>
        [.. PackLoader.LoadAll(folders).Select(result => result.Pack).OfType<ProtocolPack>()];

    private static DrillFork? Fork(string? url, string? environment)
    {
        if (url is null)
        {
            return environment is null ? null
                : throw new CommandException("--environment says whose addresses a fork has: give --fork URL as well.", QuarterdeckCommand.BadInput);
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var chain) && chain.Scheme is "http" or "https"
            ? new DrillFork(chain, environment)
            : throw new CommandException($"--fork '{url}' is not an http address.", QuarterdeckCommand.BadInput);
    }
}
