using System.Numerics;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Safe;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Safes;

/// <summary>The real Safe contracts (npm: @safe-global/safe-smart-account) on a development chain.</summary>
internal sealed class SafeContracts(DevnetRpc rpc)
{
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private ContractAbi _safe = null!;

    public Address Singleton { get; private set; }

    public Address Factory { get; private set; }

    public Address MultiSend { get; private set; }

    public static async Task<SafeContracts> Deploy(DevnetRpc rpc)
    {
        var contracts = new SafeContracts(rpc) { _safe = Artifact("SafeL2.sol/SafeL2.json") };
        contracts.Singleton = await contracts.Create(contracts._safe);
        contracts.Factory = await contracts.Create(Artifact("proxies/SafeProxyFactory.sol/SafeProxyFactory.json"));
        contracts.MultiSend = await contracts.Create(Artifact("libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json"));
        return contracts;
    }

    /// <summary>A new Safe.</summary>
    public async Task<Address> Safe(int threshold, params Address[] owners)
    {
        var setup = _safe.FindFunction("setup")!.EncodeCall(
            owners.Select(o => (object?)o).ToArray(), new BigInteger(threshold), Address.Zero, Array.Empty<byte>(), Address.Zero, Address.Zero,
            BigInteger.Zero, Address.Zero);
        var create = AbiFunction.Parse("createProxyWithNonce(address,bytes,uint256)(address)");
        var data = create.EncodeCall(Singleton, setup, new BigInteger(TimeProvider.System.GetTimestamp()));
        var proxy = (Address)create.DecodeResult(Hex.ParseData((await Call(Factory, data))))!;
        await Send(Factory, data);
        return proxy;
    }

    /// <summary>The Safe's own word on a transaction's hash.</summary>
    public async Task<string> HashOf(SafeTx tx) => await Call(tx.Safe, _safe.FindFunction("getTransactionHash")!.EncodeCall(
        tx.To, tx.Value, tx.Data, new BigInteger((int)tx.Operation), BigInteger.Zero, BigInteger.Zero, BigInteger.Zero, Address.Zero,
        Address.Zero, tx.Nonce));

    public async Task<BigInteger> Nonce(Address safe) => Hex.ParseQuantity("0x" + (await Call(safe, AbiFunction.Parse("nonce()").EncodeCall()))[2..].TrimStart('0').PadLeft(1, '0'));

    /// <summary>Executes a transaction of a Safe behind the server's back.</summary>
    public async Task Execute(Address safe, Address to, byte[] data, params TestWallet[] owners)
    {
        var tx = new SafeTx(31337, safe, to, BigInteger.Zero, data, SafeOperation.Call, await Nonce(safe));
        var signatures = owners.Select(owner => new SafeSignature(owner.Address, EcdsaSignature.Parse(owner.SignHash(tx.Hash()))));
        await Send(safe, tx.Execution(SafeSignatures.Join(signatures)));
    }

    public byte[] ChangeThreshold(int threshold) => _safe.FindFunction("changeThreshold")!.EncodeCall(new BigInteger(threshold));

    public byte[] RemoveOwner(Address before, Address owner, int threshold) =>
        _safe.FindFunction("removeOwner")!.EncodeCall(before, owner, new BigInteger(threshold));

    public async Task<string> Call(Address to, byte[] data) =>
        (await rpc.Send("eth_call", [new { to = to.ToString(), data = Hex.Data(data) }, "latest"], CancellationToken.None)).GetString()!;

    public Task Send(Address to, byte[] data) => Mined(new { from = Sender, to = to.ToString(), data = Hex.Data(data), gas = "0x4c4b40" });

    private async Task<Address> Create(ContractAbi artifact) => Address.Parse(
        (await Mined(new { from = Sender, data = Hex.Data(artifact.Bytecode!), gas = "0x989680" })).GetProperty("contractAddress").GetString());

    private async Task<JsonElement> Mined(object transaction)
    {
        var hash = await rpc.Send("eth_sendTransaction", [transaction], CancellationToken.None);
        for (var i = 0; i < 400; i++)
        {
            var receipt = await rpc.Send("eth_getTransactionReceipt", [hash.GetString()], CancellationToken.None);
            if (receipt.ValueKind != JsonValueKind.Null) return receipt;
            await Task.Delay(5);
        }

        throw new Xunit.Sdk.XunitException($"{hash} is not mined.");
    }

    private static ContractAbi Artifact(string path) =>
        ContractAbi.FromJson(File.ReadAllText(TestPackages.Find("@safe-global/safe-smart-account/build/artifacts/contracts/" + path)));
}
