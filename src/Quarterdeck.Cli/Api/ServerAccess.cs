using System.CommandLine;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Api;

/// <summary>The server that a command asks: the one that is named, else the one that runs from the state folder.</summary>
internal static class ServerAccess
{
    private const string TokenVariable = "QUARTERDECK_TOKEN";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Option<string?> UrlOption() => new("--url")
    {
        Description = $"The server, with an API token in {TokenVariable}; otherwise the environment that runs from the state folder.",
        HelpName = "URL",
    };

    /// <summary>Signed in; null where no server is named and none runs.</summary>
    /// <exception cref="CommandException">The address or the token is missing.</exception>
    public static async Task<ServerApi?> Find(string? url, string state, CancellationToken cancel)
    {
        var token = Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } given ? given : null;
        if (url is not null)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var named) || named.Scheme is not ("http" or "https"))
                throw new CommandException($"--url '{url}' is not an http address.", QuarterdeckCommand.BadInput);
            var api = new ServerApi(named, Patience);
            api.UseToken(token ?? throw new CommandException($"Put an API token of {named} into {TokenVariable}.", QuarterdeckCommand.BadInput));
            return api;
        }

        if (await UpOptions.Running(state, cancel) is not { } running) return null;
        var own = new ServerApi(new Uri(running.Url), Patience);
        if (token is not null) own.UseToken(token);
        else await own.SignIn((await DevnetKeys.Ensure(state, running.Packs, cancel)).Operators[DevnetKeys.OnDuty], cancel);
        return own;
    }
}
