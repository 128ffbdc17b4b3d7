using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;

namespace Quarterdeck.Chains.Tests.Evm;

/// <summary>The contract of Probe.sol, put at an address of a devnet.</summary>
internal static class ProbeContract
{
    public static readonly Address Account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    public static readonly Address At = Address.Parse("0x00000000000000000000000000000000000c0de0");
    public static readonly Address Multicall3 = Address.Parse("0xcA11bde05977b3631167028862bE2a173976CA11");

    private static readonly string Json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Evm", "Probe.json"));

    public static ContractAbi Abi { get; } = ContractAbi.FromJson(Json);

    public static AbiFunction Function(string name) => Abi.FindFunction(name)!;

    public static async Task Place(DevnetRpc rpc, Address at)
    {
        using var document = JsonDocument.Parse(Json);
        await rpc.Send("anvil_setCode", [at.ToString(), document.RootElement.GetProperty("deployedBytecode").GetString()], CancellationToken.None);
    }

    /// <summary>Sends a transaction from the first development account and returns its hash when it is mined.</summary>
    public static async Task<string> Send(DevnetRpc rpc, string function, params object?[] arguments)
    {
        var hash = (await rpc.Send("eth_sendTransaction",
            [new { from = Account.ToString(), to = At.ToString(), data = Hex.Data(Function(function).EncodeCall(arguments)), gas = "0x100000" }], CancellationToken.None)).GetString()!;
        while ((await rpc.Send("eth_getTransactionReceipt", [hash], CancellationToken.None)).ValueKind == JsonValueKind.Null) await Task.Delay(2);
        return hash;
    }

    /// <summary>Blocks that hold a transaction each: empty ones come out of a reorganisation with the same hash.</summary>
    public static async Task MineBusy(DevnetRpc rpc, int blocks)
    {
        for (var i = 0; i < blocks; i++) await Send(rpc, "bump");
    }
}
