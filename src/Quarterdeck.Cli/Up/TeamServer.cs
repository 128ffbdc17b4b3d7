using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Cli.Up;

/// <summary>
/// <c>up</c> with QUARTERDECK_DATABASE: the team's own PostgreSQL and, by the environment file, its own RPC endpoints.
/// Only the server is started; nothing is deployed and no key is made.
/// </summary>
internal static class TeamServer
{
    public static bool IsMeant => Environment.GetEnvironmentVariable("QUARTERDECK_DATABASE") is { Length: > 0 };

    public static async Task<ServerProcess> Start(EnvironmentOptions options, CancellationToken cancel)
    {
        var variables = Variables(options);
        Directory.CreateDirectory(options.State);
        var log = Path.Combine(options.State, "logs", "server.log");
        var server = ServerProcess.Start(
            options.HttpPort, variables, log,
            new RestartOptions { OnCrash = code => options.OnNote($"The server ended with code {code} and is started again; see {log}.") });
        try
        {
            await server.WaitUntilHealthy(cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the server's program for one-time links; each line that it prints is handed on, and no log has it.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> Link(EnvironmentOptions options, string[] arguments, Action<string> onLine, CancellationToken cancel)
    {
        var variables = new Dictionary<string, string>(Variables(options))
        {
            ["QUARTERDECK_URLS"] = $"http://127.0.0.1:{options.HttpPort}",
            // Only the link is wanted on the terminal.
            ["Logging__LogLevel__Default"] = "Warning",
        };
        var server = Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Server");
        await using var process = ChildProcess.Start(
            new ChildProcessOptions("link", BuildOutput.Dotnet, [BuildOutput.Of(server), "link", .. arguments]) { Environment = variables, OnLine = onLine });
        return await process.Exited.WaitAsync(cancel);
    }

    private static Dictionary<string, string> Variables(EnvironmentOptions options)
    {
        var environment = Environment.GetEnvironmentVariable("QUARTERDECK_ENVIRONMENT");
        if (environment is not { Length: > 0 })
        {
            throw new CommandException(
                "QUARTERDECK_DATABASE is set, so this is not a devnet: set QUARTERDECK_ENVIRONMENT to the name or path of an environment file, "
                + "such as protocols/musd/environments/production.yaml. Or unset QUARTERDECK_DATABASE for the embedded one.", QuarterdeckCommand.BadInput);
        }

        return new Dictionary<string, string>
        {
            ["QUARTERDECK_PACKS"] = string.Join(':', options.Packs.Select(Path.GetFullPath)),
            ["QUARTERDECK_STATE"] = Path.GetFullPath(options.State),
            // The server runs in a folder of its own: a relative path means ours.
            ["QUARTERDECK_ENVIRONMENT"] = File.Exists(environment) ? Path.GetFullPath(environment) : environment,
        };
    }
}
