using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Runs;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>run …</c>: a run from its proposal to its end, for an operator who has only a terminal.</summary>
internal sealed class RunCommand : Command
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public RunCommand() : base("run", "Propose, watch and steer runs. Plans are approved with 'approve'.")
    {
        Subcommands.Add(List());
        Subcommands.Add(Show());
        Subcommands.Add(Watch());
        Subcommands.Add(Propose());
        Subcommands.Add(Stop("pause", "Stop before the next step; the effect under way is followed to its outcome.", "It pauses."));
        Subcommands.Add(Stop("resume", "Go on where it stopped: a step that failed is passed over, a plan that drifted is made anew and asks for approvals again.", "It goes on."));
        Subcommands.Add(Stop("abort", "End it; what it did is proposed to be taken back.", "It ends."));
        Subcommands.Add(Confirm());
        Subcommands.Add(Resolve());
        Subcommands.Add(Branch());
    }

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = "Also those that have ended." };
        var command = new Command("list", "List the runs under way, newest first.") { all };
        return Connected(command, async (api, parsed, cancel) =>
        {
            foreach (var run in await api.Get<JsonElement[]>("/api/runs", cancel))
            {
                if (parsed.GetValue(all) || !RunSheet.Ended(run)) await Console.Out.WriteLineAsync(RunSheet.Line(run));
            }

            return 0;
        });
    }

    private static Command Show()
    {
        var run = Run();
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        return Connected(new Command("show", "Print a run, its steps, and the command for whatever it waits for.") { run, json }, async (api, parsed, cancel) =>
        {
            var shown = await api.Get<JsonElement>(PathOf(parsed.GetRequiredValue(run)), cancel);
            await Console.Out.WriteLineAsync(parsed.GetValue(json) ? JsonSerializer.Serialize(shown, RunbookCommand.Readable) : RunSheet.Print(shown));
            return 0;
        });
    }

    private static Command Watch()
    {
        var run = Run();
        return Connected(new Command("watch", "Print what changes until the run ends. Exit code 0 when it succeeded, else 1.") { run }, async (api, parsed, cancel) =>
        {
            var told = new HashSet<string>(StringComparer.Ordinal);
            while (true)
            {
                var shown = await api.Get<JsonElement>(PathOf(parsed.GetRequiredValue(run)), cancel);
                var state = shown.GetProperty("state").GetString()!;
                var lines = shown.GetProperty("steps").EnumerateArray().Where(step => step.GetProperty("state").GetString() != "pending").Select(RunSheet.Step);
                foreach (var line in lines.Append(RunSheet.State(shown)).Concat(RunSheet.Next(shown)).Where(told.Add))
                    await Console.Out.WriteLineAsync(Approvals.SignedSheet.Clean(line));
                if (RunSheet.Ended(shown)) return state == "succeeded" ? 0 : 1;
                await Task.Delay(Look, cancel);
            }
        });
    }

    private static Command Propose()
    {
        var pack = new Argument<string>("PACK");
        var runbook = new Argument<string>("RUNBOOK") { Description = "The runbook's slug." };
        var reason = Reason();
        var incident = new Option<string?>("--incident") { Description = "The incident that it is for.", HelpName = "ID" };
        return Connected(new Command("propose", "Propose a run: its plan is made, simulated and put up for approval.") { pack, runbook, reason, incident }, async (api, parsed, cancel) =>
        {
            var shown = await api.Post<JsonElement>("/api/runs", new
            {
                pack = parsed.GetRequiredValue(pack),
                runbook = parsed.GetRequiredValue(runbook),
                reason = parsed.GetRequiredValue(reason),
                incidentId = parsed.GetValue(incident),
            }, cancel);
            await Console.Out.WriteLineAsync(RunSheet.Print(shown));
            return 0;
        });
    }

    private static Command Stop(string verb, string about, string said)
    {
        var (run, reason) = (Run(), Reason());
        return Connected(new Command(verb, about) { run, reason }, async (api, parsed, cancel) =>
        {
            await api.Post($"{PathOf(parsed.GetRequiredValue(run))}/{verb}", new { reason = parsed.GetRequiredValue(reason) }, cancel);
            await Console.Out.WriteLineAsync(said);
            return 0;
        });
    }

    private static Command Confirm()
    {
        var (run, step) = (Run(), Step());
        var text = new Option<string>("--text") { Description = "What you did and saw; it is recorded, and captured where the step captures.", HelpName = "SEEN", Required = true };
        return Connected(new Command("confirm", "Say that a step for a person is done.") { run, step, text }, (api, parsed, cancel) =>
            Step(api, parsed, run, step, "confirm", new { text = parsed.GetRequiredValue(text) }, cancel));
    }

    private static Command Resolve()
    {
        var (run, step) = (Run(), Step());
        var happened = new Option<string>("--happened") { Description = "Whether the effect came about: said no, it is made again under the same approval.", HelpName = "yes|no", Required = true };
        happened.AcceptOnlyFromAmong("yes", "no");
        var text = new Option<string>("--text") { Description = "How you know; it is recorded.", HelpName = "SEEN", Required = true };
        return Connected(new Command("resolve", "Say what became of an effect whose outcome was lost.") { run, step, happened, text }, (api, parsed, cancel) =>
            Step(api, parsed, run, step, "resolve", new { happened = parsed.GetRequiredValue(happened) == "yes", text = parsed.GetRequiredValue(text) }, cancel));
    }

    private static Command Branch()
    {
        var (run, step, reason) = (Run(), Step(), Reason());
        var branch = new Argument<int>("N") { Description = "The branch, from 0 as 'run show' numbers them; one more than the last for none." };
        return Connected(new Command("branch", "Choose a decision's branch, or another than was measured.") { run, step, branch, reason }, (api, parsed, cancel) =>
            Step(api, parsed, run, step, "branch", new { branch = parsed.GetRequiredValue(branch), reason = parsed.GetRequiredValue(reason) }, cancel));
    }

    private static async Task<int> Step(
        ServerApi api, ParseResult parsed, Argument<string> run, Argument<int> step, string verb, object body, CancellationToken cancel)
    {
        var done = await api.Post<JsonElement>($"{PathOf(parsed.GetRequiredValue(run))}/steps/{parsed.GetRequiredValue(step)}/{verb}", body, cancel);
        await Console.Out.WriteLineAsync($"Recorded. Step {parsed.GetRequiredValue(step)} is {done.GetProperty("state").GetString()}.");
        return 0;
    }

    private static Command Connected(Command command, Func<ServerApi, ParseResult, CancellationToken, Task<int>> act)
    {
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            return await act(connection.Api, parsed, cancel);
        });
        return command;
    }

    private static Argument<string> Run() => new("RUN") { Description = "Its id; 'quarterdeck run list' prints them." };

    private static Argument<int> Step() => new("STEP") { Description = "Its number, as 'run show' prints it." };

    private static Option<string> Reason() => new("--reason") { Description = "Why; it is recorded.", HelpName = "WHY", Required = true };

    private static string PathOf(string run) => $"/api/runs/{Uri.EscapeDataString(run)}";
}
