using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Transactions;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>Lets a development node sign with an account it holds, without sending.</summary>
internal sealed class UnlockedNodeSigner(Address address, IJsonRpc node) : ITransactionSigner
{
    public Address Address => address;

    public async Task<SignedTransaction> Sign(UnsignedTransaction transaction, CancellationToken cancel)
    {
        if (transaction is not Transaction1559 wanted)
            throw new NotSupportedException("A development node is asked to sign transactions of type 2 only.");
        var answer = await node.Send("eth_signTransaction",
        [
            new Dictionary<string, object?>
            {
                ["from"] = address.ToString(), ["to"] = wanted.To?.ToString(), ["nonce"] = wanted.Nonce,
                ["maxPriorityFeePerGas"] = wanted.MaxPriorityFeePerGas, ["maxFeePerGas"] = wanted.MaxFeePerGas,
                ["gas"] = wanted.GasLimit, ["value"] = wanted.Value, ["data"] = wanted.Data, ["chainId"] = wanted.Chain, ["type"] = "0x2",
            },
        ], cancel);
        // Geth answers with raw and tx, anvil with raw alone.
        var raw = answer.ValueKind == JsonValueKind.Object ? answer.GetProperty("raw").GetString() : answer.GetString();
        return SignedTransaction.Decode(Hex.ParseData(raw));
    }
}
