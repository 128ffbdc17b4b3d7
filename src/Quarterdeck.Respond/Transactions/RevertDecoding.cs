using System.Globalization;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Respond.Transactions;

/// <summary>Says why a call reverts, in the words of the pack's ABIs.</summary>
internal sealed class RevertDecoding(IEnumerable<ContractAbi> abis)
{
    private readonly RevertDecoder _decoder = new(abis);

    /// <summary>The decoder itself.</summary>
    public RevertDecoder Decoder => _decoder;

    /// <summary>The reason in an endpoint's answer.</summary>
    public string Explain(RpcException problem) =>
        problem.RevertData.Length > 0 ? _decoder.Decode(problem.RevertData).Text : problem.Message;

    /// <summary>The reason of a mined transaction, found by running it again on the state before its block.</summary>
    public async Task<string> Explain(ChainLink chain, TransactionRecord transaction, Receipt receipt, CancellationToken cancel)
    {
        var request = new Dictionary<string, object?>
        {
            ["from"] = new Address(transaction.Account).ToString(),
            ["to"] = new Address(transaction.Target).ToString(),
            ["data"] = Hex.Data(transaction.Calldata),
            ["value"] = Hex.Quantity(transaction.Value),
        };
        try
        {
            await chain.Reads.Send("eth_call", [request, Hex.Quantity(receipt.Block - 1)], cancel);
        }
        catch (RpcException problem)
        {
            return Explain(problem);
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"reverted in block {receipt.Block} (gas used {receipt.GasUsed} of {transaction.GasLimit}), though it succeeds on the state before that block");
    }
}
