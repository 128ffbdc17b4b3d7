using System.CommandLine;
using System.Globalization;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Up;

/// <summary>The options that name an environment, the same in every command that starts or finds one.</summary>
internal static class UpOptions
{
    public static Option<string> State() => new("--state")
    {
        Description = "The environment's folder. Also QUARTERDECK_STATE; otherwise .quarterdeck in the checkout.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("QUARTERDECK_STATE") is { Length: > 0 } named
            ? named
            : Path.Combine(RepositoryRoot.Find(), ".quarterdeck"),
    };

    public static Option<int> Port() => new("--port")
    {
        Description = "The console's port, 0 for any free one. Also QUARTERDECK_PORT; otherwise 8080.",
        HelpName = "PORT",
        DefaultValueFactory = _ => Variable("QUARTERDECK_PORT") ?? 8080,
    };

    public static Option<int?> RpcPort() => new("--rpc-port")
    {
        Description = "The chain's port, 0 for any free one. Also QUARTERDECK_RPC_PORT; otherwise 8545 where it is free.",
        HelpName = "PORT",
        DefaultValueFactory = _ => Variable("QUARTERDECK_RPC_PORT"),
    };

    public static Option<string[]> Pack() => new("--pack")
    {
        Description = "A pack's folder; may be given more than once. Also QUARTERDECK_PACKS, divided by ':'; otherwise every folder of protocols/ that has a devnet environment.",
        HelpName = "DIR",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => Packs(),
    };

    private static string[] Packs()
    {
        if (Environment.GetEnvironmentVariable("QUARTERDECK_PACKS") is { Length: > 0 } named)
            return named.Split(':', StringSplitOptions.RemoveEmptyEntries);
        var protocols = Path.Combine(RepositoryRoot.Find(), "protocols");
        return [.. Directory.EnumerateDirectories(protocols)
            .Where(folder => File.Exists(Path.Combine(folder, "environments", "devnet.yaml"))).Order(StringComparer.Ordinal)];
    }

    private static int? Variable(string name) => Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text
        ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port is >= 0 and <= 65535
            ? port
            : throw new CommandException($"{name} is '{text}', which is not a port. Set a number from 0 to 65535.", QuarterdeckCommand.BadInput);

    /// <summary>What runs from a state folder; null where nothing does.</summary>
    public static async Task<EnvironmentFile?> Running(string state, CancellationToken cancel) =>
        StateLock.IsHeld(state) ? await EnvironmentFile.Load(state, cancel) : null;
}
