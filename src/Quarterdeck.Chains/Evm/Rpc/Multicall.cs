using System.Text.Json;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>
/// Many calls in one: through the contract Multicall3, which is at the same address on nearly every chain, else as a JSON-RPC
/// batch, else one by one. Source: https://github.com/mds1/multicall3
/// </summary>
internal sealed class Multicall(IJsonRpc rpc)
{
    public static readonly Address Contract = Address.Parse("0xcA11bde05977b3631167028862bE2a173976CA11");

    private const int MostCalls = 500;
    private const int MostBytes = 96 * 1024;
    private const int MostInBatch = 100;

    // A devnet may get the contract after the reader was made, so that absence is asked again now and then.
    private const int AskAgainAfter = 64;

    private static readonly AbiFunction Aggregate =
        AbiFunction.Parse("aggregate3((address target, bool allowFailure, bytes callData)[])((bool success, bytes returnData)[])");

    private int _absent;
    private volatile bool _noBatches;

    public async Task<IReadOnlyList<CallResult>> Calls(IReadOnlyList<CallRequest> calls, BlockId block, CallOverrides? overrides, CancellationToken cancel)
    {
        var results = new CallResult[calls.Count];
        List<int> together = [], apart = [];
        var useContract = calls.Count > 1 && overrides is null && !SkipContract();
        for (var i = 0; i < calls.Count; i++)
        {
            var plain = calls[i] is { From: null, Gas: null, To: not null } call && call.Value.IsZero;
            (useContract && plain ? together : apart).Add(i);
        }

        foreach (var chunk in Chunks(calls, together))
            if (!await ThroughContract(calls, chunk, results, block, cancel)) apart.AddRange(chunk);
        foreach (var chunk in apart.Chunk(MostInBatch)) await AsBatch(calls, chunk, results, block, overrides, cancel);
        return results;
    }

    private bool SkipContract()
    {
        var left = Volatile.Read(ref _absent);
        if (left == 0) return false;
        Interlocked.CompareExchange(ref _absent, left - 1, left);
        return true;
    }

    private static IEnumerable<List<int>> Chunks(IReadOnlyList<CallRequest> calls, List<int> indexes)
    {
        var (chunk, bytes) = (new List<int>(), 0);
        foreach (var index in indexes)
        {
            if (chunk.Count == MostCalls || chunk.Count > 0 && bytes + calls[index].Data.Length > MostBytes)
            {
                yield return chunk;
                (chunk, bytes) = ([], 0);
            }

            chunk.Add(index);
            bytes += calls[index].Data.Length + 160;
        }

        if (chunk.Count > 0) yield return chunk;
    }

    // False where the contract cannot answer for these calls and they have to be made by themselves.
    private async Task<bool> ThroughContract(IReadOnlyList<CallRequest> calls, List<int> chunk, CallResult[] results, BlockId block, CancellationToken cancel)
    {
        object?[] inner = [.. chunk.Select(i => (object?)new object?[] { calls[i].To!.Value, true, calls[i].Data })];
        byte[] answer;
        try
        {
            var request = EvmReader.CallRequestOf(new CallRequest(Contract, Aggregate.EncodeCall((object)inner)), block, null);
            answer = await rpc.Send(request, RpcJson.Data, cancel);
        }
        catch (RpcException)
        {
            // Out of gas in the sum, or a node's own limit: each call by itself tells which.
            return false;
        }

        if (answer.Length == 0)
        {
            Volatile.Write(ref _absent, AskAgainAfter);
            return false;
        }

        if (!TryDecode(answer, out var outcomes) || outcomes.Length != chunk.Count) return false;
        for (var i = 0; i < chunk.Count; i++)
        {
            var outcome = (object?[])outcomes[i]!;
            results[chunk[i]] = new CallResult((bool)outcome[0]!, (byte[])outcome[1]!);
        }

        return true;
    }

    private static bool TryDecode(byte[] answer, out object?[] outcomes)
    {
        try
        {
            outcomes = (object?[])Aggregate.DecodeResult(answer)!;
            return true;
        }
        catch (AbiException)
        {
            // Another contract is at the address of this chain.
            outcomes = [];
            return false;
        }
    }

    private async Task AsBatch(
        IReadOnlyList<CallRequest> calls, int[] chunk, CallResult[] results, BlockId block, CallOverrides? overrides, CancellationToken cancel)
    {
        RpcRequest[] requests = [.. chunk.Select(i => EvmReader.CallRequestOf(calls[i], block, overrides))];
        if (requests.Length > 1 && !_noBatches)
        {
            try
            {
                var replies = await rpc.SendBatch(requests, cancel);
                for (var i = 0; i < chunk.Length; i++) results[chunk[i]] = Result(replies[i]);
                return;
            }
            catch (RpcException e) when (!e.IsRevert)
            {
                // The node refuses batches as such.
                _noBatches = true;
            }
        }

        for (var i = 0; i < chunk.Length; i++)
        {
            try
            {
                results[chunk[i]] = new CallResult(true, await rpc.Send(requests[i], RpcJson.Data, cancel));
            }
            catch (RpcException e) when (e.IsRevert)
            {
                results[chunk[i]] = new CallResult(false, e.RevertData);
            }
        }
    }

    private CallResult Result(RpcReply reply)
    {
        if (reply.Error is { } error) return error.IsRevert ? new CallResult(false, error.RevertData) : throw error;
        try
        {
            return new CallResult(true, RpcJson.Data(reply.Json.Span));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new TransientException($"{rpc.Name} gave an answer that cannot be read: {e.Message}", e);
        }
    }
}
