using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Devnet.Deployment;

/// <summary>What a pack's deployment left on the development chain; kept as deployments/NAME.json in the state folder.</summary>
/// <param name="Contracts">Addresses by the pack's names.</param>
/// <param name="Accounts">Addresses of the accounts that deploy.yaml names.</param>
/// <param name="Block">The block it began in.</param>
/// <param name="Source">SHA-256 over deploy.yaml and the compiled contracts.</param>
public sealed record DeployedPack(
    IReadOnlyDictionary<string, Address> Contracts, IReadOnlyDictionary<string, Address> Accounts, ulong Block, string Source)
{
    /// <summary>Where the deployment of a pack is, in a state folder.</summary>
    public static string PathOf(string state, string pack) => Path.Combine(state, "deployments", $"{pack}.json");

    /// <summary>Null where there is none, or it cannot be read.</summary>
    public static async Task<DeployedPack?> Load(string path, CancellationToken cancel)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, cancel));
            Dictionary<string, Address> Addresses(string name) => json.RootElement.GetProperty(name).EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => Address.Parse(entry.Value.GetString()));
            return new DeployedPack(
                Addresses("contracts"), Addresses("accounts"), json.RootElement.GetProperty("block").GetUInt64(),
                json.RootElement.GetProperty("source").GetString()!);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    public void Save(string path)
    {
        JsonObject Addresses(IReadOnlyDictionary<string, Address> addresses) =>
            new(addresses.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value.ToString())));
        var json = new JsonObject
        {
            ["contracts"] = Addresses(Contracts),
            ["accounts"] = Addresses(Accounts),
            ["block"] = Block,
            ["source"] = Source,
        };
        PrivateFile.Write(path, json.ToString());
    }
}
