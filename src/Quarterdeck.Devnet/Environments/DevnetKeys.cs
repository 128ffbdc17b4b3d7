using System.Security.Cryptography;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Keys;

namespace Quarterdeck.Devnet.Environments;

/// <summary>
/// The key files of an environment: one for each account that a deployment names, and a wallet for each of the
/// devnet's operators. One password opens them all; it is chance, in keys/password, readable to us alone.
/// </summary>
public sealed record DevnetKeys(IReadOnlyDictionary<string, DevKey> Operators)
{
    /// <summary>The two who approve, and whose sign-in links <c>up</c> prints.</summary>
    public static IReadOnlyList<string> Approvers { get; } = ["alice", "bob"];

    /// <summary>Who is on duty: proposes runs and confirms manual steps, and approves nothing.</summary>
    public const string OnDuty = "carol";

    /// <summary>The variable by which an environment file learns an operator's wallet.</summary>
    public static string VariableOf(string name) => $"QUARTERDECK_OPERATOR_{name.ToUpperInvariant()}";

    /// <summary>Reads the operators' wallets, making what is missing.</summary>
    /// <exception cref="DevnetException">Two packs give one account name to different accounts.</exception>
    public static async Task<DevnetKeys> Ensure(string state, IEnumerable<string> packs, CancellationToken cancel)
    {
        var folder = Path.Combine(state, "keys");
        var passwordFile = Path.Combine(folder, "password");
        if (!File.Exists(passwordFile)) PrivateFile.Write(passwordFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        var password = await File.ReadAllTextAsync(passwordFile, cancel);
        var accounts = new Dictionary<string, DevKey>();
        foreach (var (name, key) in packs.Where(PackDeployer.CanDeploy).SelectMany(PackDeployer.Accounts))
        {
            if (accounts.TryGetValue(name, out var other) && other.Address != key.Address)
                throw new DevnetException($"Two packs name different accounts '{name}'. Rename one in its contracts/deploy.yaml.");
            accounts[name] = key;
        }

        foreach (var (name, key) in accounts)
        {
            var path = Path.Combine(folder, $"{name}.json");
            if (!File.Exists(path)) KeyFile.Write(path, key, password);
        }

        var operators = new Dictionary<string, DevKey>();
        foreach (var name in Approvers.Append(OnDuty))
        {
            var path = Path.Combine(folder, $"operator-{name}.json");
            if (!File.Exists(path)) KeyFile.Write(path, DevKey.Random(), password);
            operators[name] = await KeyFile.Read(path, password, cancel);
        }

        return new DevnetKeys(operators);
    }
}
