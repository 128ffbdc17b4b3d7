using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>
/// Shows what a plan's calls would do: all calls on one chain up to the first wait as one bundle in order. What comes after
/// depends on time that has not passed, or on another chain, and is simulated before it is sent.
/// </summary>
internal static class PlanSimulator
{
    public static async Task<(IReadOnlyList<CallForecast> Forecasts, PlanSimulation Simulation)> Simulate(
        PackBindings bindings, BoundPack pack, IReadOnlyList<PlannedCall> calls, IReadOnlyList<StateProbe?> probes,
        CancellationToken cancel, CallOverrides? overrides = null)
    {
        var chain = bindings.Chain(calls[0].Chain);
        var soon = calls.TakeWhile((call, i) => call.Chain == chain.Id && (i == 0 || call.AfterSeconds == 0)).ToList();
        var simulator = new Simulator(chain.Reads, bindings.Reverts(pack.Pack.Name).Decoder);
        var watched = SimulatedChanges.Watched(pack, soon);
        List<CallRequest> reads = [.. watched.Select(w => w.Read)];
        SimulationResult result;
        try
        {
            result = await simulator.Simulate(
                [.. reads, .. soon.Select(call => new CallRequest(call.Target, call.Calldata) { From = call.From, Value = call.Value }), .. reads],
                overrides, cancel: cancel);
        }
        catch (RpcException problem)
        {
            throw new StepFailedException($"The chain refuses to simulate the plan: {problem.Message}", null);
        }

        var forecasts = new List<CallForecast>();
        for (var i = 0; i < calls.Count; i++)
        {
            if (i >= soon.Count)
                forecasts.Add(new CallForecast(CallForecast.NotSimulated, "It comes later and is simulated before it is sent.", 0, []));
            else
                forecasts.Add(await Forecast(bindings, pack, calls[i], result.Calls[reads.Count + i], probes[i], cancel));
        }

        // A pause state that changes is told with the last call to its contract.
        for (var i = 0; i < watched.Count; i++)
        {
            var last = soon.FindLastIndex(call => call.Target == watched[i].Contract.Address);
            if (SimulatedChanges.Paused(watched[i].Contract, result.Calls[i], result.Calls[reads.Count + soon.Count + i]) is { } change)
                forecasts[last] = forecasts[last] with { Changes = [.. forecasts[last].Changes, change] };
        }

        var method = result.Method == SimulationMethod.Bundle ? "eth_simulateV1" : "eth_call";
        return (forecasts, new PlanSimulation(result.Block.Number, result.Block.Hash, method));
    }

    private static async Task<CallForecast> Forecast(
        PackBindings bindings, BoundPack pack, PlannedCall call, SimulatedCall shown, StateProbe? probe, CancellationToken cancel)
    {
        var gas = (long)(shown.GasUsed ?? 0);
        if (shown.Succeeded)
        {
            return new CallForecast(CallForecast.Succeeds, null, gas, [.. shown.Logs.Select(log => Event(log, pack))])
            {
                Changes = [.. SimulatedChanges.Balances(call, shown, pack)],
            };
        }

        var done = probe is not null
            && (await bindings.Chain(call.Chain).ReadBoolean(call.Target, probe.Calldata, cancel))?.Value == probe.Holds;
        return new CallForecast(done ? CallForecast.AlreadyDone : CallForecast.Reverts, shown.Revert?.Text, gas, []);
    }

    private static string Event(EvmLog log, BoundPack pack)
    {
        var contract = pack.Contract(log.Address);
        var known = contract?.Abi.Events.FirstOrDefault(e => e.Matches(log.Topics.Span));
        if (known is not null) return $"{contract!.Name}.{known.Decode(log.Topics.Span, log.Data)}";
        return $"{contract?.Name ?? log.Address.ToString()}: {(log.Topics.Count > 0 ? log.Topics[0].ToString() : "an event without a topic")}";
    }
}
