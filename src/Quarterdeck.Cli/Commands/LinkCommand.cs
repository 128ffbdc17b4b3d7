using System.CommandLine;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>link</c>: the first two people's way in, on the server's own machine; afterwards two people let others in.</summary>
internal sealed class LinkCommand : Command
{
    public LinkCommand() : base("link", "Print a one-time sign-in link for one of the first two operators. Later, two operators let others in.")
    {
        var name = new Option<string>("--operator") { Description = "The operator's name.", HelpName = "NAME", Required = true };
        var roles = new Option<string?>("--roles") { Description = "Adds the operator, with these roles.", HelpName = "ROLE,ROLE" };
        var (state, port, pack) = (UpOptions.State(), UpOptions.Port(), UpOptions.Pack());
        foreach (var option in new Option[] { name, roles, state, port, pack }) Options.Add(option);
        SetAction((parsed, cancel) =>
        {
            if (!TeamServer.IsMeant)
                throw new CommandException("QUARTERDECK_DATABASE is not set: a devnet's links are printed by './quarterdeck up'.", QuarterdeckCommand.BadInput);
            var options = new EnvironmentOptions(Path.GetFullPath(parsed.GetRequiredValue(state)), parsed.GetRequiredValue(pack))
            {
                HttpPort = parsed.GetRequiredValue(port),
            };
            string[] given = parsed.GetValue(roles) is { } list ? ["--roles", list] : [];
            return TeamServer.Link(options, ["--operator", parsed.GetRequiredValue(name), .. given], Console.WriteLine, cancel);
        });
    }
}
