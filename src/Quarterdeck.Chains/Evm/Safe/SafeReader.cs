using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Safe;

/// <summary>A Safe as it is at one block.</summary>
/// <param name="Address">The Safe.</param>
/// <param name="Version">Of its code, such as <c>1.4.1</c>.</param>
/// <param name="Owners">Who may sign, ascending.</param>
/// <param name="Threshold">How many of them must.</param>
/// <param name="Nonce">How many transactions it executed; the next one carries this number.</param>
/// <param name="Block">Where it was read.</param>
public sealed record SafeState(
    Address Address, string Version, IReadOnlyList<Address> Owners, int Threshold, BigInteger Nonce, BlockRef Block);

/// <summary>Reads Safes.</summary>
public static class SafeReader
{
    private static readonly AbiFunction Version = AbiFunction.Parse("VERSION()(string)");
    private static readonly AbiFunction Owners = AbiFunction.Parse("getOwners()(address[])");
    private static readonly AbiFunction Threshold = AbiFunction.Parse("getThreshold()(uint256)");
    private static readonly AbiFunction Nonce = AbiFunction.Parse("nonce()(uint256)");

    private static readonly Hash32 Success = Keccak256.Hash("ExecutionSuccess(bytes32,uint256)");
    private static readonly Hash32 Failure = Keccak256.Hash("ExecutionFailure(bytes32,uint256)");

    /// <summary>Owners, threshold and nonce of the same block.</summary>
    /// <exception cref="AbiException">There is no Safe at the address.</exception>
    /// <exception cref="RpcException">The node refuses.</exception>
    public static async Task<SafeState> Read(EvmReader reader, Address safe, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var block = (await reader.Head(cancel)).Ref;
        AbiFunction[] functions = [Version, Owners, Threshold, Nonce];
        var answers = await reader.Calls([.. functions.Select(f => new CallRequest(safe, f.EncodeCall()))], block.Number, cancel: cancel);
        var values = new object?[functions.Length];
        for (var i = 0; i < functions.Length; i++)
        {
            if (!answers[i].Succeeded) throw new AbiException($"{safe} is no Safe: {functions[i].Name}() reverts.");
            values[i] = functions[i].DecodeResult(answers[i].Data);
        }

        return new SafeState(
            safe, (string)values[0]!, [.. ((object?[])values[1]!).Cast<Address>().Order()], (int)(BigInteger)values[2]!,
            (BigInteger)values[3]!, block);
    }

    /// <summary>
    /// What the Safe itself said of a transaction in the logs of its execution: true for ExecutionSuccess, false for
    /// ExecutionFailure, null where it said nothing. The hash is indexed from version 1.4.0 on and data before.
    /// </summary>
    public static bool? Outcome(IEnumerable<EvmLog> logs, Address safe, Hash32 transaction)
    {
        foreach (var log in logs.Where(log => log.Address == safe && log.Topics.Count > 0 && (log.Topics[0] == Success || log.Topics[0] == Failure)))
        {
            var named = log.Topics.Count > 1 ? log.Topics[1] : log.Data.Length >= 32 ? new Hash32(log.Data.AsSpan(0, 32)) : default;
            if (named == transaction) return log.Topics[0] == Success;
        }

        return null;
    }
}
