using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Spectre.Console;

namespace Quarterdeck.Cli.Up;

/// <summary>One run of <c>up</c>, from the first line to the last.</summary>
internal static class UpSession
{
    public static async Task<int> Run(EnvironmentOptions options, string admin, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        AnsiConsole.Console = Terminal.For(Console.Out, Console.IsOutputRedirected);
        options = options with { OnNote = text => AnsiConsole.MarkupLineInterpolated($"[yellow]![/] {text}") };
        if (TeamServer.IsMeant) return await RunTeamServer(options, admin, cancel);
        DevEnvironment environment;
        try
        {
            environment = await Progress.Show("Starting", show => DevEnvironment.Start(options with { OnProgress = show }, cancel));
        }
        catch (DevnetException problem)
        {
            throw new CommandException(problem.Message);
        }

        await using (environment)
        {
            var links = await SignInLinks.Make(environment, cancel);
            Describe(environment, links, TimeProvider.System.GetElapsedTime(started));
            var stop = new TaskCompletionSource();
            await using var registration = cancel.Register(() => stop.TrySetResult());
            using var telling = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var lines = BackfillLines.Run(new Uri(environment.File.Url), Console.WriteLine, telling.Token);
            var ended = await Task.WhenAny(environment.Broken, stop.Task);
            await telling.CancelAsync();
            await lines.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended == environment.Broken) AnsiConsole.MarkupLineInterpolated($"[red]✗[/] {await environment.Broken} Stopping the rest.");
            else AnsiConsole.MarkupLine("Stopping …");
        }

        AnsiConsole.MarkupLine("Stopped. [bold]./quarterdeck up[/] resumes with its data, [bold]./quarterdeck reset[/] forgets it.");
        return cancel.IsCancellationRequested ? 0 : 1;
    }

    private static async Task<int> RunTeamServer(EnvironmentOptions options, string admin, CancellationToken cancel)
    {
        ServerProcess server;
        try
        {
            server = await Progress.Show("Starting", show =>
            {
                show("the server");
                return TeamServer.Start(options, cancel);
            });
        }
        catch (DevnetException problem)
        {
            throw new CommandException(problem.Message);
        }

        await using (server)
        {
            AnsiConsole.MarkupLineInterpolated($"[green]✓[/] Quarterdeck over your own database, environment {Environment.GetEnvironmentVariable("QUARTERDECK_ENVIRONMENT")}");
            AnsiConsole.MarkupLineInterpolated($"  Console  [link]{server.Url}[/]");
            AnsiConsole.MarkupLineInterpolated($"  Logs     {Path.Combine(options.State, "logs")}    Ctrl-C stops the server.");
            await LetTheFirstIn(options, admin, cancel);
            await BackfillLines.Run(server.Url, Console.WriteLine, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return 0;
    }

    /// <summary>While nobody has enrolled: the first administrator's one-time link, and how the second person gets theirs.</summary>
    private static async Task LetTheFirstIn(EnvironmentOptions options, string admin, CancellationToken cancel)
    {
        var lines = new List<string>();
        var code = await TeamServer.Link(options, ["--first", "--operator", admin], lines.Add, cancel);
        if (code != 0) throw new CommandException($"The first administrator's link could not be made:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}");
        if (lines.LastOrDefault(line => line.Contains("/link#", StringComparison.Ordinal)) is not { } link) return;
        Console.WriteLine();
        Console.WriteLine($"  First administrator ({admin}), once, within 15 minutes: {link}");
        Console.WriteLine("  Then the second person: ./quarterdeck link --operator NAME --roles admin,approver   (from then on it takes the two of them)");
    }

    private static void Describe(DevEnvironment environment, IReadOnlyDictionary<string, string> links, TimeSpan took)
    {
        var packs = string.Join(", ", environment.Packs.Select(pack => pack.Title));
        var state = Path.GetRelativePath(Environment.CurrentDirectory, environment.State);
        AnsiConsole.MarkupLineInterpolated(
            $"[green]✓[/] {packs} on a development chain{(environment.Resumed ? ", resumed with its data" : "")}, ready in {took.TotalSeconds:0.0} s");
        AnsiConsole.WriteLine();
        Line("Console", environment.File.Url);
        foreach (var (name, link) in links) Line($"  as {name}", link);
        Line("Chain", $"{environment.File.Rpc}  (chain id 31337, a block each second)");
        Line("Database", $"{environment.File.Database}  (password in {Path.GetRelativePath(Environment.CurrentDirectory, environment.File.DatabasePasswordFile)})");
        Line("Services", string.Join(", ", environment.File.Processes.Keys.Except(["up", "server", "postgres", "anvil"])));
        Line("Logs", Path.Combine(state, "logs"));
        AnsiConsole.WriteLine();
        var fault = environment.Packs.SelectMany(pack => pack.Faults).FirstOrDefault();
        if (fault is not null) Console.WriteLine($"Next: open a sign-in link, then break something: ./quarterdeck drill {fault.Name}");
        AnsiConsole.MarkupLine("Ctrl-C stops everything; the data stays.");
    }

    // Plain text and no wrapping: links and paths are copied from here.
    private static void Line(string name, string value) => Console.WriteLine($"  {name,-10} {value}");
}
