using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>
/// Compares what a plan's next calls would do now with what was approved: outcome, events, balances and pause states. What differs only
/// because time passed is no drift: it is told by simulating on the present state with the time of the approved simulation.
/// </summary>
internal static class PlanDrift
{
    /// <summary>What a look at a plan's next calls found.</summary>
    /// <param name="Differences">One line each; empty where the calls still do what was approved.</param>
    /// <param name="Seen">What each call would do now, for the journal; null where nothing was simulated.</param>
    public sealed record Found(IReadOnlyList<string> Differences, JsonArray? Seen);

    /// <summary>Looks.</summary>
    /// <param name="goesOn">Whether the step of a call lets the run go on where it fails: a revert is then its own failure and voids nothing.</param>
    public static async Task<Found> Of(
        PackBindings bindings, BoundPack pack, Plan plan, PlannedCall next, Func<PlannedCall, StateProbe?> probe, Func<PlannedCall, bool> goesOn,
        CancellationToken cancel)
    {
        if (next.Forecast.Outcome == CallForecast.NotSimulated || plan.Simulation.Method == "none") return new Found([], null);
        List<PlannedCall> calls = [.. plan.Calls.Where(call => call.Position >= next.Position && call.Forecast.Outcome != CallForecast.NotSimulated)];
        var probes = calls.ConvertAll(call => probe(call));
        IReadOnlyList<CallForecast> now;
        PlanSimulation simulation;
        try
        {
            (now, simulation) = await PlanSimulator.Simulate(bindings, pack, calls, probes, cancel);
        }
        catch (StepFailedException problem)
        {
            // The call itself is tried next and tells the same as its own failure.
            return new Found([], [new JsonObject { ["outcome"] = CallForecast.NotSimulated, ["reason"] = problem.Message }]);
        }

        var seen = new JsonArray([.. now.Select((forecast, i) => (JsonNode)new JsonObject
        {
            ["position"] = calls[i].Position,
            ["outcome"] = forecast.Outcome,
            ["reason"] = forecast.Reason,
            ["block"] = simulation.BlockNumber.ToString(CultureInfo.InvariantCulture),
        })]);
        // Without a bundle no call sees those before it, and events are not known: only the next one can be compared.
        var comparable = simulation.Method == plan.Simulation.Method ? calls.Count : 0;
        if (simulation.Method != "eth_simulateV1") comparable = Math.Min(comparable, 1);
        if (Different(calls, now, comparable, goesOn) is not { Count: > 0 } differences) return new Found([], seen);

        var chain = bindings.Chain(next.Chain);
        if (await new EvmReader(chain.Reads).Block(plan.Simulation.BlockNumber, cancel) is not { } approved) return new Found(differences, seen);
        var then = new CallOverrides { Block = new BlockOverrides { Number = approved.Number + 1, Time = approved.Time } };
        try
        {
            var (past, _) = await PlanSimulator.Simulate(bindings, pack, calls, probes, cancel, then);
            return Different(calls, past, comparable, goesOn).Count == 0 ? new Found([], seen) : new Found(differences, seen);
        }
        catch (StepFailedException)
        {
            // A node that does not pretend another time cannot excuse the difference.
            return new Found(differences, seen);
        }
    }

    private static List<string> Different(
        List<PlannedCall> calls, IReadOnlyList<CallForecast> now, int comparable, Func<PlannedCall, bool> goesOn)
    {
        var differences = new List<string>();
        for (var i = 0; i < comparable; i++)
        {
            var (call, was, becomes) = (calls[i], calls[i].Forecast, now[i]);
            var name = $"{call.Position}. {call.TargetName}.{call.Function}";
            // What holds already is not sent; what held when it was approved is only made to hold again.
            if (becomes.Outcome is CallForecast.AlreadyDone or CallForecast.NotSimulated || was.Outcome == CallForecast.AlreadyDone) continue;
            if (was.Outcome != becomes.Outcome)
            {
                if (becomes.Outcome != CallForecast.Reverts || !goesOn(call))
                    differences.Add($"{name}: approved as '{was.Outcome}', now '{becomes.Outcome}'{(becomes.Reason is { } reason ? $" ({reason})" : "")}");
                continue;
            }

            if (becomes.Outcome == CallForecast.Reverts) continue;
            differences.AddRange(was.Events.Except(becomes.Events).Select(text => $"{name}: no longer {text}"));
            differences.AddRange(becomes.Events.Except(was.Events).Select(text => $"{name}: now also {text}"));
            differences.AddRange(was.Changes.Except(becomes.Changes).Select(text => $"{name}: no longer {text}"));
            differences.AddRange(becomes.Changes.Except(was.Changes).Select(text => $"{name}: now also {text}"));
        }

        return differences;
    }
}
