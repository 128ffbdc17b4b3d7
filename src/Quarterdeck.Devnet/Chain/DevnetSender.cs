using System.Numerics;
using System.Text.Json;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Devnet.Chain;

/// <summary>Sends transactions from accounts that the development node signs for, and waits until they are mined.</summary>
public sealed class DevnetSender(DevnetRpc rpc)
{
    private static readonly TimeSpan MinedWithin = TimeSpan.FromSeconds(30);

    /// <summary>Sends and waits for the receipt.</summary>
    /// <exception cref="DevnetException">It is refused, reverts, or is not mined in time.</exception>
    public async Task<DevnetReceipt> Send(Address from, Address? to, byte[] data, BigInteger value, CancellationToken cancel)
    {
        var transaction = new Dictionary<string, string> { ["from"] = from.ToString(), ["data"] = Hex.Data(data), ["value"] = Hex.Quantity(value) };
        if (to is { } target) transaction["to"] = target.ToString();
        // The estimate fails with the revert's bytes, where a sent transaction would only be mined as failed.
        var gas = DevnetRpc.Quantity(await rpc.Send("eth_estimateGas", [transaction, "pending"], cancel));
        transaction["gas"] = Hex.Quantity(gas + gas / 2);
        var hash = (await rpc.Send("eth_sendTransaction", [transaction], cancel)).GetString()!;
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < MinedWithin;)
        {
            var receipt = await rpc.Send("eth_getTransactionReceipt", [hash], cancel);
            if (receipt.ValueKind == JsonValueKind.Null)
            {
                await Task.Delay(15, cancel);
                continue;
            }

            var mined = new DevnetReceipt(
                hash, DevnetRpc.Quantity(receipt.GetProperty("blockNumber")),
                receipt.GetProperty("contractAddress") is { ValueKind: JsonValueKind.String } created ? Address.Parse(created.GetString()) : null);
            return DevnetRpc.Quantity(receipt.GetProperty("status")) == 1
                ? mined
                : throw new DevnetException($"Transaction {hash} was mined in block {mined.Block} and failed.");
        }

        throw new DevnetException($"Transaction {hash} is not mined after {MinedWithin.TotalSeconds:0} s. Does the chain make blocks?");
    }
}

/// <summary>A mined transaction.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Block">The block it is in.</param>
/// <param name="Created">The contract it made; null where none.</param>
public sealed record DevnetReceipt(string Hash, ulong Block, Address? Created);
