using System.Text.Json;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Chain;

/// <summary>Addresses of a deployment, by the names of contracts/deploy.yaml.</summary>
internal sealed record Deployment(IReadOnlyDictionary<string, Address> Contracts, IReadOnlyDictionary<string, Address> Accounts)
{
    public static Deployment Load(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            return new Deployment(Addresses(json.RootElement, "contracts"), Addresses(json.RootElement, "accounts"));
        }
        catch (Exception problem) when (problem is IOException or JsonException or KeyNotFoundException or FormatException)
        {
            throw new UsageException($"The deployment {path} cannot be read: {problem.Message}");
        }
    }

    private static Dictionary<string, Address> Addresses(JsonElement root, string name) =>
        root.GetProperty(name).EnumerateObject().ToDictionary(entry => entry.Name, entry => Address.Parse(entry.Value.GetString()));
}
