using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Testing;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>
/// A protocol of other people on a chain of its own: OpenZeppelin's roles, owners, timelock, vault and proxies, and a diamond.
/// <c>harbour/out</c> was compiled from <c>harbour/Harbour.sol</c> by solc 0.8.28.
/// </summary>
public sealed class DeployedHarbour : AnvilFixture
{
    private static readonly Address Admin = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly Address Guardian = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    private static readonly Address Ops = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal)
    {
        ["ADMIN"] = Admin.ToString(),
        ["GUARDIAN"] = Guardian.ToString(),
        ["OPS"] = Ops.ToString(),
        ["STRANGER"] = "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        ["ADMIN_KEY"] = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    };

    public static string Folder => Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Checking/harbour");

    public static string Artifacts => Path.Combine(Folder, "out");

    public static ContractAbi Abi(string name) =>
        ContractAbi.FromJson(File.ReadAllText(Directory.EnumerateFiles(Artifacts, name + ".json", SearchOption.AllDirectories).Single()));

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Variables["RPC_URL"] = Endpoint.ToString();
        var dollar = await Deploy("HUSD", "HarbourDollar", Admin, Guardian);
        await Deploy("GEM", "HarbourGem", Admin);
        var vault = await Deploy("VAULT", "HarbourVault", dollar, Admin);
        await Deploy("BRIDGE", "HarbourBridge", Admin, Ops);
        var timelock = await Deploy("TIMELOCK", "TimelockController", 172_800, new object?[] { Ops }, new object?[] { Ops }, Admin);
        await Deploy("MARKET_ADDRESS", "HarbourMarket", timelock);
        var registry = await Deploy(null, "HarbourRegistry");
        var initialize = Abi("HarbourRegistry").FindFunction("initialize")!.EncodeCall(Ops);
        await Deploy("REGISTRY", "ERC1967Proxy", registry, initialize);
        await Deploy("REGISTRY_TRANSPARENT", "TransparentUpgradeableProxy", registry, Admin, initialize);
        var beacon = await Deploy(null, "UpgradeableBeacon", registry, Admin);
        await Deploy("REGISTRY_BEACON", "BeaconProxy", beacon, initialize);
        var facet = await Deploy(null, "HarbourPoolFacet");
        await Deploy("POOL", "HarbourDiamond", Abi("HarbourPoolFacet").Functions.Select(f => (object?)Hex.ParseData(f.SelectorText)).ToArray(), facet);
        await Send(dollar, Abi("HarbourDollar").FindFunction("approve")!.EncodeCall(vault, 1_000_000_000));
        await Send(vault, Abi("HarbourVault").FindFunction("deposit")!.EncodeCall(500_000_000, Admin));
        await Keep();
    }

    private async Task<Address> Deploy(string? variable, string name, params object?[] arguments)
    {
        var receipt = await Send(null, Abi(name).EncodeDeployment(arguments));
        var address = Address.Parse(receipt.GetProperty("contractAddress").GetString());
        if (variable is not null) Variables[variable] = address.ToString();
        return address;
    }

    internal async Task<JsonElement> Send(Address? to, byte[] data)
    {
        var transaction = new Dictionary<string, object?> { ["from"] = Admin.ToString(), ["data"] = Hex.Data(data), ["gas"] = "0x1c9c380" };
        if (to is { } target) transaction["to"] = target.ToString();
        var hash = (await Rpc.Send("eth_sendTransaction", [transaction], CancellationToken.None)).GetString();
        for (var tries = 0; ; tries++)
        {
            var receipt = await Rpc.Send("eth_getTransactionReceipt", [hash], CancellationToken.None);
            if (receipt.ValueKind == JsonValueKind.Object)
            {
                Assert.Equal("0x1", receipt.GetProperty("status").GetString());
                return receipt;
            }

            Assert.True(tries < 500, "The transaction is not mined.");
            await Task.Delay(10);
        }
    }
}
