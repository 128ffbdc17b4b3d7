using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Respond.Transactions.Signing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// Executes and settles the steps that send a transaction: probe, clear, sign and journal in one transaction, broadcast,
/// follow, read back.
/// </summary>
internal sealed class SendExecution(
    OperationsStore store, TransactionLane lane, PlanClearance clearance, PackBindings bindings, SafeSteps safes, TimeProvider clock)
{
    /// <summary>Opens the keys that the plans which wait for approval need. One that cannot be opened is told when it is used.</summary>
    public async Task OpenSigners(RunRecord record, CancellationToken cancel)
    {
        var stages = record.Plans.Where(plan => plan.State == PlanState.Pending).Select(plan => plan.Stage).ToHashSet();
        var accounts = record.Steps.Where(step => stages.Contains(step.Stage)).Select(step => step.What).OfType<StepDefinition.Send>().Select(send => send.Account).Distinct();
        foreach (var account in accounts)
        {
            try
            {
                await bindings.Signer(record.Run.Pack, account, cancel);
            }
            catch (Exception problem) when (problem is SignerUnusableException or TransientException)
            {
                // Nothing is lost: the step itself asks again and says what a person has to mend.
            }
        }
    }

    /// <summary>Sends the step's call unless what it is for holds already. Null where it went on, else the run that is in the way.</summary>
    public async Task<string?> Execute(
        RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var definition = (StepDefinition.Send)step.What;
        var pack = bindings.Pack(record.Run.Pack);
        var chain = bindings.Chain(ChainId.Parse(definition.Chain));
        var row = record.Plan(step.Stage)!;
        // What the chain says and what was approved are asked for at once; both answers are needed before anything is sent.
        var (probing, reading) = (Probe(chain, definition, cancel), ReadPlan(row.Hash, cancel));
        await Task.WhenAll(probing, reading);
        var plan = await reading;
        var call = plan.Calls.Single(c => c.Step == step.Index);
        if (plan.Safe?.Positions.Contains(call.Position) == true && await safes.Sent(plan, cancel) is { Settled: true } carried)
        {
            await Judge(record, step, definition, plan, carried, await ProbeFrom(chain, definition, carried, cancel), chain, writer, cancel);
            return null;
        }

        if (await probing is { Holds: true } held)
        {
            await writer.Skipped(step, held.Evidence("held before anything was sent"), cancel);
            return null;
        }

        var approved = call;
        SafeTurn? safe = null;
        if (plan.Safe is not null)
        {
            if (SafeSteps.LeftOut(plan, call) is { } leftOut)
            {
                await writer.Failed(step, leftOut, null, cancel);
                return null;
            }

            safe = await safes.Look(chain, plan, call, cancel);
            if (safe.Problem is { } gone)
            {
                await journal.Decide(act => Void(act, row.Hash, new Clearance.Denied(gone)), cancel);
                return null;
            }

            call = safe.Call;
        }

        LaneQuote quote;
        JsonArray? bundle;
        try
        {
            var drift = PlanDrift.Of(
                bindings, pack, plan, approved, other => ((StepDefinition.Send)record.Step(other.Step).What).Done,
                other => record.Step(other.Step).OnFailure == "continue", cancel);
            var quoting = TransactionLane.Quote(chain, call, cancel);
            await Task.WhenAll(drift, quoting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if ((await drift) is { Differences.Count: > 0 } found)
            {
                await writer.Drifted(step, row.Hash, found.Differences, cancel);
                return null;
            }

            quote = await quoting;
            bundle = row.State == PlanState.Approved ? (await drift).Seen : null;
        }
        catch (RpcException problem)
        {
            var why = bindings.Reverts(record.Run.Pack).Explain(problem);
            if (safe is not null) why = await safes.Explain(chain, record.Run.Pack, plan, why, cancel);
            await writer.Failed(step, $"Not sent, for it would fail now: {why}", new() { ["simulated"] = why }, cancel);
            return null;
        }

        ITransactionSigner signer;
        try
        {
            signer = await bindings.Signer(record.Run.Pack, call.Account, cancel);
        }
        catch (SignerUnusableException problem)
        {
            // Nothing is signed and nothing is used up: a person mends the key and resumes.
            await writer.Hold(step, problem.Message, cancel);
            return null;
        }

        if (signer.Address != call.From)
        {
            await writer.Hold(
                step, $"The account '{call.Account}' cannot sign: its key is of {signer.Address}, and {call.From} was approved as the sender.",
                cancel);
            return null;
        }

        CrashPoints.Reached(RunCrashPoints.BeforeIntent);
        try
        {
            await journal.Decide(async act =>
            {
                var run = (await RunRow.Lock(act, record.Run.Id))!;
                if (run.StopRequested is not null)
                {
                    act.Record("run.hold", run.Id, new() { ["step"] = step.Index, ["why"] = run.StopReason });
                    return false;
                }

                var classes = plan.Calls.Select(c => c.ActionClass).Concat(plan.Actions.Select(a => a.ActionClass));
                var policy = bindings.Terms(pack, record.Run.Runbook, classes, row.State == PlanState.Approved ? clock.GetUtcNow() : null);
                switch (await clearance.Clear(act, row.Hash, run.Id, policy, cancel, safe?.State))
                {
                    case Clearance.Denied denied:
                        return await Void(act, row.Hash, denied);
                    case Clearance.Granted granted:
                        if (safe is not null) SafeSteps.Require(plan, call, granted.Owners);
                        if (granted.FirstUse is { } use) await StandingAnnouncement.Tell(act, run, use, clock);
                        break;
                }

                await ContractClaims.Take(act, run.Id, ContractClaims.Of(plan));
                var id = await lane.Sign(act, plan, call, quote, signer, cancel);
                await act.Execute(
                    """
                    update runs.steps set state = 'running', started_at = @now, attempts = attempts + 1, transaction_id = @transaction
                    where run_id = @id and index = @index and state = 'pending'
                    """, new { id = run.Id, index = step.Index, now = act.Now, transaction = id });
                await journal.Append(act, "intent", "step-send", step.Index, new()
                {
                    ["attempt"] = step.Attempts + 1,
                    ["transaction"] = id,
                    ["plan"] = plan.Hash.ToString(),
                    ["position"] = call.Position,
                    ["simulated"] = bundle,
                });
                return true;
            }, cancel);
        }
        catch (ContractClaimedException claimed)
        {
            return claimed.RunId;
        }
        catch (SigningRefusedException refused)
        {
            // Rolled back with everything else: nothing is signed, no nonce is taken.
            await writer.Hold(step, $"The account '{call.Account}' cannot sign: {refused.Message}", cancel);
        }

        return null;
    }

    /// <summary>Follows the step's transaction to its outcome and reads back what it was for.</summary>
    public async Task Settle(RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var definition = (StepDefinition.Send)step.What;
        var chain = bindings.Chain(ChainId.Parse(definition.Chain));
        var started = await TransactionRecord.OfStep(store, record.Run.Id, step.Index, cancel)
            ?? throw new InvalidOperationException($"Step {step.Index} of {record.Run.Id} is under way without a transaction.");
        var plan = await ReadPlan(started.PlanHash, cancel);
        var call = plan.Calls.Single(c => c.Position == started.CallPosition);
        if (plan.Safe is not null) call = SafeSteps.Wire(plan, call, started.Calldata);
        var signer = await SignerOrNone(record, call, cancel);
        while (true)
        {
            var settled = await lane.Follow(
                started.Id, chain, call, signer, bindings.Reverts(record.Run.Pack), journal.Lease,
                record.Run.Severity == Severity.Critical || call.ActionClass == "pause", cancel);
            var probe = await ProbeFrom(chain, definition, settled, cancel);
            var good = settled.State == TransactionState.Confirmed && (probe?.Holds ?? definition.Done is null);
            if (good || !await IsTakenBack(chain, settled, cancel))
            {
                await Judge(record, step, definition, plan, settled, probe, chain, writer, cancel);
                return;
            }

            // A reorganisation came between receipt and read-back: the lane's watch sends it again, and then it is judged anew.
            await Task.Delay(TimeSpan.FromMilliseconds(200), clock, cancel);
        }
    }

    private static async Task<bool> IsTakenBack(ChainLink chain, TransactionRecord settled, CancellationToken cancel) =>
        settled.MinedHash is { } hash && (await chain.Receipt(hash, cancel))?.BlockHash != settled.BlockHash;

    private async Task Judge(
        RunRecord record, StepRow step, StepDefinition.Send definition, Plan plan, TransactionRecord settled,
        ProbeResult? probe, ChainLink chain, StepWriter writer, CancellationToken cancel)
    {
        var evidence = new JsonObject
        {
            ["transaction"] = settled.Id,
            ["hash"] = settled.MinedHash?.ToString(),
            ["block"] = settled.BlockNumber,
            ["blockHash"] = settled.BlockHash?.ToString(),
        };
        if (probe is not null) evidence["readBack"] = probe.Evidence("read after the transaction");
        if (settled.State == TransactionState.Reverted)
        {
            var why = settled.Error ?? "";
            if (plan.Safe is not null) why = await safes.Explain(chain, record.Run.Pack, plan, why, cancel);
            if (probe is { Holds: true }) await writer.Skipped(step, evidence, cancel);
            else await writer.Failed(step, $"The transaction reverted: {why}", evidence, cancel);
        }
        else if (plan.Safe is not null && await SafeSteps.Problem(chain, plan, settled, evidence, cancel) is { } refused)
        {
            await writer.Failed(step, refused, evidence, cancel);
        }
        else if (probe is null && definition.Done is { } unread)
        {
            await writer.Failed(step, $"The transaction went through, but {unread.Function} cannot be read back.", evidence, cancel);
        }
        else if (probe is { Holds: false })
        {
            await writer.Failed(step, $"The transaction went through, but {probe.Function} is still {(probe.Value ? "true" : "false")}.", evidence, cancel);
        }
        else
        {
            await writer.Done(step, new() { ["verified"] = probe is not null }, evidence, cancel);
        }
    }

    // Nothing is sent under a plan that is not what its signatures were given for any more.
    private static async Task<bool> Void(ActScope act, Hash32 plan, Clearance.Denied denied)
    {
        var locked = (await PlanRecord.Lock(act, plan))!;
        await locked.Close(act, denied.Expired ? PlanState.Expired : PlanState.Void, denied.Why);
        return false;
    }

    // A transaction under way is followed also where the key is gone meanwhile; only raising its fee needs it.
    private async Task<ITransactionSigner> SignerOrNone(RunRecord record, PlannedCall call, CancellationToken cancel)
    {
        try
        {
            return await bindings.Signer(record.Run.Pack, call.Account, cancel);
        }
        catch (SignerUnusableException problem)
        {
            return new NoSigner(call.From, problem.Message);
        }
    }

    private async Task<Plan> ReadPlan(Hash32 hash, CancellationToken cancel) => Plan.Read(
        await store.QueryFirstOrDefault<byte[]>("select canonical from approvals.plans where hash = @hash", new { hash }, cancel)
        ?? throw new InvalidOperationException($"The plan {hash} is gone."));

    // An endpoint may lag behind the one that gave the receipt: what it says of an earlier block proves nothing.
    private async Task<ProbeResult?> ProbeFrom(
        ChainLink chain, StepDefinition.Send definition, TransactionRecord settled, CancellationToken cancel)
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

    private sealed class NoSigner(Address address, string why) : ITransactionSigner
    {
        public Address Address => address;

        public Task<Chains.Evm.Transactions.SignedTransaction> Sign(
            Chains.Evm.Transactions.UnsignedTransaction transaction, CancellationToken cancel) =>
            throw new TransientException($"The fee of a transaction under way cannot be raised, for its account cannot sign: {why}");
    }

    private sealed record ProbeResult(string Function, bool Value, bool Holds, ulong Block, string BlockHash)
    {
        public JsonObject Evidence(string when) => new()
        {
            ["function"] = Function,
            ["answer"] = Value,
            ["block"] = Block.ToString(CultureInfo.InvariantCulture),
            ["blockHash"] = BlockHash,
            ["when"] = when,
        };
    }
}
