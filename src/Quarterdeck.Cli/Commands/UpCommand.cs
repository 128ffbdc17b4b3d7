using System.CommandLine;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>up</c>: a development environment with everything embedded, or the server over the team's own database.</summary>
internal sealed class UpCommand : Command
{
    public UpCommand() : base("up", "Start a development environment: PostgreSQL, a chain, the packs with their traffic, and the console.")
    {
        var (state, port, rpcPort, pack) = (UpOptions.State(), UpOptions.Port(), UpOptions.RpcPort(), UpOptions.Pack());
        var quiet = new Option<bool>("--no-traffic") { Description = "Do not run the packs' traffic generators." };
        var admin = new Option<string>("--admin")
        {
            Description = "Over a team's own database: the name of the first administrator, who gets a one-time link while nobody has enrolled.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "admin",
        };
        foreach (var option in new Option[] { state, port, rpcPort, pack, quiet, admin }) Options.Add(option);
        SetAction((parsed, cancel) =>
        {
            var options = new EnvironmentOptions(Path.GetFullPath(parsed.GetRequiredValue(state)), parsed.GetRequiredValue(pack))
            {
                HttpPort = parsed.GetRequiredValue(port),
                RpcPort = parsed.GetValue(rpcPort),
                Traffic = !parsed.GetValue(quiet),
            };
            return UpSession.Run(options, parsed.GetRequiredValue(admin), cancel);
        });
    }
}
