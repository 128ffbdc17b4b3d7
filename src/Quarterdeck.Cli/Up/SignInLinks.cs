using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Cli.Up;

/// <summary>One-time links for the approvers of a devnet, made by the operator on duty, whose wallet the devnet holds.</summary>
internal static class SignInLinks
{
    public static async Task<IReadOnlyDictionary<string, string>> Make(DevEnvironment environment, CancellationToken cancel)
    {
        using var api = new ServerApi(environment.Server.Url, TimeSpan.FromSeconds(10));
        await api.SignIn(environment.Keys.Operators[DevnetKeys.OnDuty], cancel);
        var links = new Dictionary<string, string>();
        foreach (var name in DevnetKeys.Approvers)
        {
            var link = await api.Post<LinkShape>($"/api/operators/{name}/links", null, cancel);
            // Passkeys belong to a host name, so the link says localhost. The token is in the fragment: no log has it.
            links[name] = $"http://localhost:{environment.Server.Url.Port}/link#{link.Token}";
        }

        return links;
    }

    private sealed record LinkShape(string Token);
}
