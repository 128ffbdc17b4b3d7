using System.Text.RegularExpressions;

namespace Quarterdeck.Devnet.Services;

/// <summary>What a service's <c>run:</c> may refer to: its port, its peers, the chain, the deployment, the state folder.</summary>
public sealed partial record ServiceSettings(Uri Rpc, string DeploymentFile, string State, IReadOnlyDictionary<string, int> Ports)
{
    /// <summary>Where a service answers.</summary>
    public string UrlOf(string service) => Ports.TryGetValue(service, out var port)
        ? $"http://127.0.0.1:{port}"
        : throw new DevnetException($"There is no service '{service}' that runs here. Known are {string.Join(", ", Ports.Keys)}.");

    /// <summary>Fills <c>${rpc}</c>, <c>${deployment}</c>, <c>${state}</c>, <c>${port}</c> and <c>${url:SERVICE}</c>.</summary>
    /// <exception cref="DevnetException">Another name is used.</exception>
    public string Expand(string text, string service) => Placeholder().Replace(text, match =>
        match.Groups[1].Value switch
        {
            "rpc" => Rpc.ToString().TrimEnd('/'),
            "deployment" => DeploymentFile,
            "state" => State,
            "port" => $"{Ports[service]}",
            var name when name.StartsWith("url:", StringComparison.Ordinal) => UrlOf(name[4..]),
            var name => throw new DevnetException(
                $"The run: of service {service} uses ${{{name}}}. Known are rpc, deployment, state, port and url:SERVICE."),
        });

    [GeneratedRegex(@"\$\{([^}]*)\}")]
    private static partial Regex Placeholder();
}
