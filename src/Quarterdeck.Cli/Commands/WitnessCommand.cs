using System.CommandLine;
using Quarterdeck.Cli.Audit;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>witness run|key</c>: a second organisation's copy of what a log has signed.</summary>
internal sealed class WitnessCommand : Command
{
    public WitnessCommand() : base("witness", "Cosign the checkpoints of audit logs, each only where it continues the one before.")
    {
        Subcommands.Add(Run());
        Subcommands.Add(Key());
    }

    private static Option<string> Folder() => new("--folder")
    {
        Description = "Where the witness keeps its key and what it has seen.",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".quarterdeck-witness",
    };

    private static Option<string> WitnessName() => new("--name")
    {
        Description = "The witness's name, such as example.org/witness; used when its key is made.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environment.MachineName + "/witness",
    };

    private static Command Run()
    {
        var logs = new Option<string[]>("--log")
        {
            Description = "The public key of a log ('quarterdeck audit key'), or a file with it. May be given several times.",
            HelpName = "KEY",
            Required = true,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "Where to listen. Put TLS before it where the way is not private.",
            HelpName = "URL",
            DefaultValueFactory = _ => "http://127.0.0.1:8781/",
        };
        var (folder, name) = (Folder(), WitnessName());
        var command = new Command("run", "Serve add-checkpoint (c2sp.org/tlog-witness) until stopped.");
        foreach (var option in new Option[] { logs, listen, folder, name }) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var keys = parsed.GetRequiredValue(logs).Select(text => AuditKeys.Given(text).Key).ToList();
            using var server = WitnessServer.Open(
                Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetRequiredValue(name), keys, parsed.GetRequiredValue(listen));
            await Console.Out.WriteLineAsync($"Witness {server.Key} at {server.Url} for {string.Join(", ", keys.Select(k => k.Name))}.");
            await Console.Out.WriteLineAsync($"In the log's server:  QUARTERDECK_WITNESSES='{server.Key} {server.Url}'");
            await server.Run(Console.Out, cancel);
            return 0;
        });
        return command;
    }

    private static Command Key()
    {
        var (folder, name) = (Folder(), WitnessName());
        var command = new Command("key", "Print the witness's public key; it is made where there is none.");
        command.Options.Add(folder);
        command.Options.Add(name);
        command.SetAction(parsed => Console.WriteLine(
            WitnessServer.ReadKey(Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetRequiredValue(name)).Verifier));
        return command;
    }
}
