using System.Collections.Concurrent;
using Quarterdeck.Chains.Evm.Abi;

namespace Minted.Services.Chain;

/// <summary>The pack's own compiled contracts, carried inside this assembly.</summary>
internal static class ContractAbis
{
    private static readonly Dictionary<string, string> Artifacts = new()
    {
        ["USDC"] = "MockToken",
        ["WETH"] = "MockToken",
        ["WETHFeed"] = "MockPriceFeed",
        ["Strategy"] = "SimpleStrategy",
        ["Timelock"] = "MintedTimelockController",
    };

    private static readonly ConcurrentDictionary<string, ContractAbi> Loaded = [];
    private static readonly Lazy<RevertDecoder> Reverts = new(() => new RevertDecoder(
        typeof(ContractAbis).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("abis/", StringComparison.Ordinal))
            .Select(name => Artifact(name[5..]))));

    /// <summary>By the contract's name in contracts/deploy.yaml.</summary>
    public static ContractAbi Of(string contract) => Artifact(Artifacts.GetValueOrDefault(contract, contract));

    public static RevertReason Explain(ReadOnlySpan<byte> data) => Reverts.Value.Decode(data);

    private static ContractAbi Artifact(string name) => Loaded.GetOrAdd(name, static key =>
    {
        using var stream = typeof(ContractAbis).Assembly.GetManifestResourceStream($"abis/{key}")
            ?? throw new ArgumentException($"There is no compiled contract '{key}'.");
        using var reader = new StreamReader(stream);
        return ContractAbi.FromJson(reader.ReadToEnd());
    });
}
