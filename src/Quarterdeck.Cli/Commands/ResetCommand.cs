using System.CommandLine;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>reset</c>: forgets an environment: its database, chain, keys and logs.</summary>
internal sealed class ResetCommand : Command
{
    public ResetCommand() : base("reset", "Forget a development environment: its database, chain, keys and logs.")
    {
        var state = UpOptions.State();
        Options.Add(state);
        SetAction(parsed =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(state));
            var there = Directory.Exists(folder);
            try
            {
                DevEnvironment.Forget(folder);
            }
            catch (DevnetException problem)
            {
                throw new CommandException(problem.Message);
            }

            Console.WriteLine(there ? $"Forgot {folder}. The next './quarterdeck up' begins anew." : $"There is nothing in {folder} to forget.");
            return 0;
        });
    }
}
