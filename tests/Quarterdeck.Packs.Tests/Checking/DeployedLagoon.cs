using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Testing;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>
/// A second protocol of other people, in shapes that Harbour has not: roles with identifiers of their own, wards, keepers in a mapping,
/// an access manager, a Safe's ownership, a UUPS proxy, a fee that has to be paid, and bare artifacts in one flat folder.
/// <c>lagoon/abi</c> was compiled from <c>lagoon/Lagoon.sol</c> by solc.
/// </summary>
public sealed class DeployedLagoon : AnvilFixture
{
    private static readonly Address[] People =
    [
        Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"), Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
        Address.Parse("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    ];

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal)
    {
        ["DEPLOYER"] = People[0].ToString(),
        ["SENTINEL_EOA"] = People[1].ToString(),
        ["KEEPER"] = People[2].ToString(),
        ["CURATOR_EOA"] = People[3].ToString(),
        ["INTERN"] = People[4].ToString(),
    };

    public static string Folder => Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Checking/lagoon");

    public static string Artifacts => Path.Combine(Folder, "abi");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Variables["RPC_URL"] = Endpoint.ToString();
        var dollar = await Deploy("LUSD", "LagoonUSD", People[0]);
        var vault = await Deploy("LAGOON_VAULT", "LagoonVault", dollar, People[0], People[1]);
        await Deploy("ORACLE", "LagoonOracle", People[0], People[2]);
        var timelock = await Deploy("TIMELOCK", "TimelockController", 86_400, new object?[] { People[0] }, new object?[] { People[0] }, People[0]);
        await Deploy("LAG", "LagoonToken", timelock, People[0]);
        await Deploy("ENGINE", "LagoonEngine", People[0]);
        var safe = await Deploy("SAFE", "LagoonSafe", [new object?[] { People[0], People[1], People[3] }]);
        await Deploy("ROUTER", "LagoonRouter", safe);
        var lending = await Deploy(null, "LagoonLending");
        await Deploy("LENDING", "ERC1967Proxy", lending, Abi("LagoonLending").FindFunction("initialize")!.EncodeCall(People[0], People[1]));
        var manager = await Deploy("MANAGER", "AccessManager", People[0]);
        await Deploy("FEES", "LagoonFees", manager);
        await Send(dollar, Abi("LagoonUSD").FindFunction("approve")!.EncodeCall(vault, 1_000_000_000_000_000));
        await Send(vault, Abi("LagoonVault").FindFunction("deposit")!.EncodeCall(1_500_000_000_000, People[0]));
        await Keep();
    }

    private static ContractAbi Abi(string name) => ContractAbi.FromJson(File.ReadAllText(Path.Combine(Artifacts, name + ".json")));

    private async Task<Address> Deploy(string? variable, string name, params object?[] arguments)
    {
        var receipt = await Send(null, Abi(name).EncodeDeployment(arguments));
        var address = Address.Parse(receipt.GetProperty("contractAddress").GetString());
        if (variable is not null) Variables[variable] = address.ToString();
        return address;
    }

    private async Task<JsonElement> Send(Address? to, byte[] data)
    {
        var transaction = new Dictionary<string, object?> { ["from"] = People[0].ToString(), ["data"] = Hex.Data(data), ["gas"] = "0x1c9c380" };
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
