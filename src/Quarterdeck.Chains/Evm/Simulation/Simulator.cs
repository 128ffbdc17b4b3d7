using System.Text.Json;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Simulation;

/// <summary>How a bundle was simulated, which bounds what the result means.</summary>
public enum SimulationMethod
{
    /// <summary>eth_simulateV1: each call saw the effects of those before it.</summary>
    Bundle,

    /// <summary>eth_call, one by one: no call saw the effects of another, and logs are not known.</summary>
    CallByCall,
}

/// <summary>What a bundle would do if it were sent now.</summary>
/// <param name="Method">How it was found out.</param>
/// <param name="Block">The block on whose state it was.</param>
/// <param name="Calls">One for each call, in order.</param>
public sealed record SimulationResult(SimulationMethod Method, BlockRef Block, IReadOnlyList<SimulatedCall> Calls)
{
    /// <summary>True where no call reverted.</summary>
    public bool Succeeded => Calls.All(c => c.Succeeded);
}

/// <summary>What one call of a bundle would do.</summary>
/// <param name="Succeeded">False where it would revert.</param>
/// <param name="ReturnData">What it would return; the revert data where it would revert.</param>
/// <param name="GasUsed">Gas of the whole transaction; null where the node could not tell.</param>
/// <param name="Logs">What it would announce; empty where the method cannot tell. Block fields of the logs mean nothing.</param>
/// <param name="Revert">Why it would revert; null where it would not.</param>
public sealed record SimulatedCall(bool Succeeded, byte[] ReturnData, ulong? GasUsed, IReadOnlyList<EvmLog> Logs, RevertReason? Revert);

/// <summary>
/// Executes calls in order on the present state without sending them: through eth_simulateV1, and where the node lacks it
/// through eth_call.
/// </summary>
/// <param name="rpc">The chain.</param>
/// <param name="reverts">Explains reverts by the ABIs of the contracts concerned.</param>
public sealed class Simulator(IJsonRpc rpc, RevertDecoder? reverts = null)
{
    private readonly EvmReader _reader = new(rpc);
    private readonly RevertDecoder _reverts = reverts ?? new RevertDecoder();
    private volatile bool _noBundles;

    /// <summary>
    /// Simulates the calls in order, each as if it were a transaction from its sender. Balances are not checked beyond the
    /// value sent and nonces not at all: what is simulated is what the contracts do.
    /// </summary>
    /// <exception cref="RpcException">The node refuses the calls as such, for instance for lack of funds.</exception>
    /// <exception cref="TransientException">Network, timeout, rate limit or an unreadable answer.</exception>
    public async Task<SimulationResult> Simulate(
        IReadOnlyList<CallRequest> bundle, CallOverrides? overrides = null, BlockId block = default, CancellationToken cancel = default)
    {
        var on = (await _reader.Block(block, cancel))?.Ref ?? throw new TransientException($"{rpc.Name} does not have block {block}.");
        if (!_noBundles)
        {
            try
            {
                return new SimulationResult(SimulationMethod.Bundle, on, await Bundle(bundle, overrides, on, cancel));
            }
            catch (RpcException e) when (e.IsUnknownMethod)
            {
                _noBundles = true;
            }
        }

        return new SimulationResult(SimulationMethod.CallByCall, on, await CallByCall(bundle, overrides, on, cancel));
    }

    private async Task<IReadOnlyList<SimulatedCall>> Bundle(IReadOnlyList<CallRequest> bundle, CallOverrides? overrides, BlockRef on, CancellationToken cancel)
    {
        var state = new Dictionary<string, object?> { ["calls"] = bundle.Select(c => c.Parameter).ToArray() };
        if (overrides?.AccountsParameter is { } accounts) state["stateOverrides"] = accounts;
        if (overrides?.Block is { } pretended) state["blockOverrides"] = pretended.Parameter;
        var options = new Dictionary<string, object?> { ["blockStateCalls"] = new object[] { state }, ["validation"] = false };
        // By height: the specification takes no hash here. The block is checked to be the same afterwards.
        var calls = await rpc.Send(new RpcRequest("eth_simulateV1", options, on.Number), json => RpcJson.Parse(json, Calls), cancel);
        if (calls.Count != bundle.Count) throw new TransientException($"{rpc.Name} simulated {calls.Count} of {bundle.Count} calls.");
        if ((await _reader.Block(on.Number, cancel))?.Hash != on.Hash)
            throw new TransientException($"Block {on} was orphaned while {rpc.Name} simulated on it.");
        return calls;
    }

    private List<SimulatedCall> Calls(JsonElement result) => [.. result.EnumerateArray().Single().GetProperty("calls").EnumerateArray().Select(Call)];

    private SimulatedCall Call(JsonElement call)
    {
        var succeeded = RpcJson.UInt64Of(call, "status") == 1;
        var data = RpcJson.DataOf(call, "returnData");
        // The specification puts revert data into the error, anvil into the return data.
        if (!succeeded && data.Length == 0 && RpcJson.Find(call, "error") is { } error) data = RpcJson.DataOf(error, "data");
        var logs = RpcJson.Find(call, "logs") is { } list ? LogsReader.Read(System.Text.Encoding.UTF8.GetBytes(list.GetRawText())) : [];
        return new SimulatedCall(succeeded, data, RpcJson.OptionalUInt64(call, "gasUsed"), logs, succeeded ? null : Reason(call, data));
    }

    private RevertReason Reason(JsonElement call, byte[] data)
    {
        if (data.Length > 0 || RpcJson.Find(call, "error") is not { } error || RpcJson.Find(error, "message") is not { } message) return _reverts.Decode(data);
        var text = message.ToString();
        return text.Contains("revert", StringComparison.OrdinalIgnoreCase) || text == "execution failed"
            ? _reverts.Decode(data)
            : new RevertReason(RevertKind.Empty, text, data);
    }

    private async Task<IReadOnlyList<SimulatedCall>> CallByCall(IReadOnlyList<CallRequest> bundle, CallOverrides? overrides, BlockRef on, CancellationToken cancel)
    {
        var calls = new List<SimulatedCall>();
        foreach (var request in bundle)
        {
            try
            {
                var data = await _reader.Call(request, on, overrides, cancel);
                calls.Add(new SimulatedCall(true, data, overrides is null ? await Gas(request, on, cancel) : null, [], null));
            }
            catch (RpcException e) when (e.IsRevert)
            {
                calls.Add(new SimulatedCall(false, e.RevertData, null, [], _reverts.Decode(e.RevertData)));
            }
        }

        return calls;
    }

    private async Task<ulong?> Gas(CallRequest request, BlockRef on, CancellationToken cancel)
    {
        try
        {
            return await _reader.EstimateGas(request, on, cancel);
        }
        catch (RpcException)
        {
            // Some nodes estimate on the head only; the call itself has succeeded.
            return null;
        }
    }
}
