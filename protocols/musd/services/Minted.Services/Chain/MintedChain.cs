using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;

namespace Minted.Services.Chain;

/// <summary>
/// Reads and writes of the deployed contracts. Transactions are signed by the development node, which holds the keys of its
/// own accounts; there is no key here.
/// </summary>
internal sealed class MintedChain(IJsonRpc rpc, Deployment deployment)
{
    public Address AddressOf(string contract) => deployment.Contracts.TryGetValue(contract, out var address)
        ? address
        : throw new UsageException($"The deployment has no contract '{contract}'.");

    public Address Account(string name) => deployment.Accounts.TryGetValue(name, out var address)
        ? address
        : throw new UsageException($"The deployment has no account '{name}'.");

    public async Task<BigInteger> ChainNumber(CancellationToken cancel) =>
        Hex.ParseQuantity((await rpc.Send("eth_chainId", [], cancel)).GetString());

    /// <summary>Number and time (Unix seconds) of the newest block. Chain time, since a development chain can be ahead of the clock.</summary>
    public async Task<(ulong Number, long Time)> Head(CancellationToken cancel)
    {
        var block = await rpc.Send("eth_getBlockByNumber", ["latest", false], cancel);
        return (Hex.ParseUInt64(block.GetProperty("number").GetString()), (long)Hex.ParseUInt64(block.GetProperty("timestamp").GetString()));
    }

    /// <summary>The one return value of a view.</summary>
    /// <exception cref="RefusedException">The contract reverts.</exception>
    public async Task<object?> Read(string contract, string function, object?[] args, CancellationToken cancel, ulong? block = null)
    {
        var call = ContractAbis.Of(contract).FindFunction(function) ?? throw new ArgumentException($"{contract} has no function {function}.");
        var request = new Dictionary<string, object?> { ["to"] = AddressOf(contract), ["data"] = call.EncodeCall(args) };
        var data = await Refusing(() => rpc.Send("eth_call", [request, block is { } number ? Hex.Quantity(number) : "latest"], cancel));
        return call.DecodeResult(Hex.ParseData(data.GetString()));
    }

    public async Task<BigInteger> ReadNumber(string contract, string function, object?[] args, CancellationToken cancel, ulong? block = null) =>
        (BigInteger)(await Read(contract, function, args, cancel, block))!;

    /// <summary>The signer of a digest, by the chain's own recovery (precompile 1); null where there is none.</summary>
    public async Task<Address?> Recover(byte[] digest, byte[] signature, CancellationToken cancel)
    {
        if (signature.Length != 65) return null;
        byte[] input = [.. digest, .. new byte[31], signature[64], .. signature.AsSpan(0, 64)];
        var call = new Dictionary<string, object?> { ["to"] = "0x0000000000000000000000000000000000000001", ["data"] = input };
        var word = Hex.ParseData((await rpc.Send("eth_call", [call, "latest"], cancel)).GetString());
        return word.Length == 32 ? Address.FromWord(word) : null;
    }

    /// <summary>EIP-191 signature of 32 bytes by an account of the development node: r, s, v.</summary>
    public async Task<byte[]> Sign(Address account, byte[] message, CancellationToken cancel) =>
        Hex.ParseData((await rpc.Send("eth_sign", [account, message], cancel)).GetString());

    /// <summary>Sends; returns the transaction's hash without waiting for a block.</summary>
    /// <exception cref="RefusedException">The contract would revert; nothing was sent.</exception>
    public async Task<string> Send(Address from, string contract, string function, object?[] args, CancellationToken cancel)
    {
        var call = ContractAbis.Of(contract).FindFunction(function) ?? throw new ArgumentException($"{contract} has no function {function}.");
        var request = new Dictionary<string, object?> { ["from"] = from, ["to"] = AddressOf(contract), ["data"] = call.EncodeCall(args) };
        var estimate = Hex.ParseQuantity((await Refusing(() => rpc.Send("eth_estimateGas", [request, "pending"], cancel))).GetString());

        // Interest falls due between estimate and block, and routing it costs more than the estimate saw.
        request["gas"] = Hex.Quantity((estimate * 2) + 200_000);
        return (await Refusing(() => rpc.Send("eth_sendTransaction", [request], cancel))).GetString()!;
    }

    /// <summary>True where the transaction succeeded, false where it failed, null while it is in no block.</summary>
    public async Task<bool?> Outcome(string hash, CancellationToken cancel)
    {
        var receipt = await rpc.Send("eth_getTransactionReceipt", [hash], cancel);
        return receipt.ValueKind == JsonValueKind.Null ? null : receipt.GetProperty("status").GetString() == "0x1";
    }

    private static async Task<JsonElement> Refusing(Func<Task<JsonElement>> send)
    {
        try
        {
            return await send();
        }
        catch (RpcException problem)
        {
            var reason = problem.RevertData.Length > 0 ? ContractAbis.Explain(problem.RevertData).ToString() : problem.Message;
            throw new RefusedException(reason, problem);
        }
    }
}

/// <summary>A contract refuses a call; the message names its error.</summary>
internal sealed class RefusedException(string reason, Exception inner) : Exception(reason, inner)
{
    /// <summary>The error without its arguments.</summary>
    public string Error => Message.Split('(', 2)[0];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"refused: {Message}");
}
