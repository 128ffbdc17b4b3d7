using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>What a look at the chain and at the approved plan says of a step that is about to send.</summary>
internal sealed record SendLook(Plan Plan, SendFinding Finding);

/// <summary>What is to be done with the step.</summary>
internal abstract record SendFinding
{
    private SendFinding()
    {
    }

    /// <summary>A transaction that an earlier step of the same Safe plan sent has carried it.</summary>
    public sealed record Carried(TransactionRecord By) : SendFinding;

    /// <summary>What it is for holds already.</summary>
    public sealed record Holds(ProbeResult Probe) : SendFinding;

    /// <summary>The Safe is not what its owners signed for any more: the plan is void.</summary>
    public sealed record Gone(string Why) : SendFinding;

    /// <summary>The plan would do something else now than was approved.</summary>
    public sealed record Drifted(IReadOnlyList<string> Differences) : SendFinding;

    /// <summary>It would fail if it were sent.</summary>
    public sealed record Fails(string Why, JsonObject? Evidence) : SendFinding;

    /// <summary>It may be signed, if the approvals hold.</summary>
    /// <param name="Call">What goes out: the planned call, or the Safe's execution of it.</param>
    /// <param name="Seen">What each remaining call of the plan would do now.</param>
    public sealed record Ready(PlannedCall Call, SafeTurn? Safe, LaneQuote Quote, JsonArray? Seen) : SendFinding;
}

/// <summary>
/// Looks, right before a step sends: at what holds, at what its plan would do now, at nonce and fees. Reads only, so that it is done
/// while the lease is taken, without a round trip between the last approval and the first broadcast that could have been made beside another.
/// </summary>
internal sealed class SendLooks(OperationsStore store, PackBindings bindings, SafeSteps safes)
{
    /// <summary>Looks. The plan's simulation is always one made after its approval.</summary>
    public async Task<SendLook> Of(RunRecord record, StepRow step, CancellationToken cancel)
    {
        var definition = (StepDefinition.Send)step.What;
        var pack = bindings.Pack(record.Run.Pack);
        var chain = bindings.Chain(ChainId.Parse(definition.Chain));
        var row = record.Plan(step.Stage)!;
        var probing = Probe(chain, definition, cancel);
        var plan = await ReadPlan(store, row.Hash, cancel);
        var call = plan.Calls.Single(c => c.Step == step.Index);
        if (plan.Safe is not null) return new SendLook(plan, await OfSafe(record, step, chain, plan, call, probing, cancel));

        // Most steps do not hold yet: what would be sent is looked at beside it.
        var readying = Readying(record, chain, plan, call, call, null, cancel);
        await Task.WhenAll(probing, readying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new SendLook(plan, await probing is { Holds: true } held ? new SendFinding.Holds(held) : await readying);

        async Task<SendFinding> OfSafe(
            RunRecord run, StepRow at, ChainLink on, Plan signed, PlannedCall planned, Task<ProbeResult?> probe, CancellationToken stop)
        {
            if (signed.Safe!.Positions.Contains(planned.Position) && await safes.Sent(signed, stop) is { Settled: true } carried) return new SendFinding.Carried(carried);
            if (await probe is { Holds: true } holds) return new SendFinding.Holds(holds);
            if (SafeSteps.LeftOut(signed, planned) is { } leftOut) return new SendFinding.Fails(leftOut, null);
            var turn = await safes.Look(on, signed, planned, stop);
            return turn.Problem is { } gone ? new SendFinding.Gone(gone) : await Readying(run, on, signed, planned, turn.Call, turn, stop);
        }

        async Task<SendFinding> Readying(
            RunRecord run, ChainLink on, Plan approved, PlannedCall planned, PlannedCall sent, SafeTurn? safe, CancellationToken stop)
        {
            try
            {
                var drifting = PlanDrift.Of(
                    bindings, pack, approved, planned, other => ((StepDefinition.Send)run.Step(other.Step).What).Done,
                    other => run.Step(other.Step).OnFailure == "continue", stop);
                var quoting = TransactionLane.Quote(on, sent, stop);
                await Task.WhenAll(drifting, quoting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                var drift = await drifting;
                return drift.Differences.Count > 0 ? new SendFinding.Drifted(drift.Differences) : new SendFinding.Ready(sent, safe, await quoting, drift.Seen);
            }
            catch (RpcException problem)
            {
                var why = bindings.Reverts(run.Run.Pack).Explain(problem);
                if (safe is not null) why = await safes.Explain(on, run.Run.Pack, approved, why, stop);
                return new SendFinding.Fails($"Not sent, for it would fail now: {why}", new() { ["simulated"] = why });
            }
        }
    }

    /// <summary>The plan's bytes, read again.</summary>
    public static async Task<Plan> ReadPlan(OperationsStore store, Hash32 hash, CancellationToken cancel) => Plan.Read(
        await store.QueryFirstOrDefault<byte[]>("select canonical from approvals.plans where hash = @hash", new { hash }, cancel)
        ?? throw new InvalidOperationException($"The plan {hash} is gone."));

    /// <summary>What holds in the transaction's block or a later one: an endpoint that lags behind the receipt's proves nothing.</summary>
    public static async Task<ProbeResult?> ProbeFrom(
        ChainLink chain, StepDefinition.Send definition, TransactionRecord settled, TimeProvider clock, CancellationToken cancel)
    {
        var block = ulong.Parse(settled.BlockNumber!, CultureInfo.InvariantCulture);
        while (true)
        {
            var probe = await Probe(chain, definition, cancel);
            if (probe is null || probe.Block >= block) return probe;
            await Task.Delay(chain.Poll, clock, cancel);
        }
    }

    private static async Task<ProbeResult?> Probe(ChainLink chain, StepDefinition.Send definition, CancellationToken cancel)
    {
        if (definition.Done is not { } probe) return null;
        var read = await chain.ReadBoolean(Address.Parse(definition.Target), probe.Calldata, cancel);
        return read is null ? null : new ProbeResult(probe.Function, read.Value, read.Value == probe.Holds, read.Block, read.BlockHash);
    }
}

/// <summary>What a view says of what a step is for.</summary>
internal sealed record ProbeResult(string Function, bool Value, bool Holds, ulong Block, string BlockHash)
{
    /// <summary>For the records.</summary>
    public JsonObject Evidence(string when) => new()
    {
        ["function"] = Function,
        ["answer"] = Value,
        ["block"] = Block.ToString(CultureInfo.InvariantCulture),
        ["blockHash"] = BlockHash,
        ["when"] = when,
    };
}
