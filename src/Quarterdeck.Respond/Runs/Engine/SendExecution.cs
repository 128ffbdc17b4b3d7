using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Standing;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Respond.Transactions.Signing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

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
    /// <param name="looked">What was seen right before, of this same plan.</param>
    public async Task<string?> Execute(
        RunRecord record, StepRow step, SendLook looked, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var definition = (StepDefinition.Send)step.What;
        var pack = bindings.Pack(record.Run.Pack);
        var chain = bindings.Chain(ChainId.Parse(definition.Chain));
        var row = record.Plan(step.Stage)!;
        var plan = looked.Plan;
        switch (looked.Finding)
        {
            case SendFinding.Carried carried:
                await Judge(record, step, definition, plan, carried.By, await SendLooks.ProbeFrom(chain, definition, carried.By, clock, cancel), chain, writer, cancel);
                return null;
            case SendFinding.Holds held:
                await writer.Skipped(step, held.Probe.Evidence("held before anything was sent"), cancel);
                return null;
            case SendFinding.Gone gone:
                await journal.Decide(act => Void(act, row.Hash, new Clearance.Denied(gone.Why)), cancel);
                return null;
            case SendFinding.Drifted drifted:
                await writer.Drifted(step, row.Hash, drifted.Differences, cancel);
                return null;
            case SendFinding.Fails fails:
                await writer.Failed(step, fails.Why, fails.Evidence, cancel);
                return null;
        }

        var ready = (SendFinding.Ready)looked.Finding;
        var (call, safe, quote) = (ready.Call, ready.Safe, ready.Quote);
        var bundle = row.State == PlanState.Approved ? ready.Seen : null;
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
        string? signed;
        try
        {
            signed = await journal.Decide<string?>(async act =>
            {
                var run = (await RunRow.Lock(act, record.Run.Id))!;
                if (run.StopRequested is not null)
                {
                    act.Record("run.hold", run.Id, new() { ["step"] = step.Index, ["why"] = run.StopReason });
                    return null;
                }

                var classes = plan.Calls.Select(c => c.ActionClass).Concat(plan.Actions.Select(a => a.ActionClass));
                var policy = bindings.Terms(pack, record.Run.Runbook, classes, row.State == PlanState.Approved ? clock.GetUtcNow() : null);
                switch (await clearance.Clear(act, row.Hash, run.Id, policy, cancel, safe?.State))
                {
                    case Clearance.Denied denied:
                        await Void(act, row.Hash, denied);
                        return null;
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
                return id;
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
            return null;
        }

        // Committed: it is broadcast at once. Whoever takes over instead reads the same from the tables.
        if (signed is not null) await Follow(record, step, plan, call, signed, signer, journal, writer, cancel);
        return null;
    }

    /// <summary>Follows the step's transaction to its outcome and reads back what it was for.</summary>
    public async Task Settle(RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var started = await TransactionRecord.OfStep(store, record.Run.Id, step.Index, cancel)
            ?? throw new InvalidOperationException($"Step {step.Index} of {record.Run.Id} is under way without a transaction.");
        var plan = await SendLooks.ReadPlan(store, started.PlanHash, cancel);
        var call = plan.Calls.Single(c => c.Position == started.CallPosition);
        if (plan.Safe is not null) call = SafeSteps.Wire(plan, call, started.Calldata);
        await Follow(record, step, plan, call, started.Id, await SignerOrNone(record, call, cancel), journal, writer, cancel);
    }

    private async Task Follow(
        RunRecord record, StepRow step, Plan plan, PlannedCall call, string transaction, ITransactionSigner signer, Journal journal,
        StepWriter writer, CancellationToken cancel)
    {
        var definition = (StepDefinition.Send)step.What;
        var chain = bindings.Chain(ChainId.Parse(definition.Chain));
        while (true)
        {
            var settled = await lane.Follow(
                transaction, chain, call, signer, bindings.Reverts(record.Run.Pack), journal.Lease,
                record.Run.Severity == Severity.Critical || call.ActionClass == "pause", cancel);
            var probe = await SendLooks.ProbeFrom(chain, definition, settled, clock, cancel);
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

    private sealed class NoSigner(Address address, string why) : ITransactionSigner
    {
        public Address Address => address;

        public Task<Chains.Evm.Transactions.SignedTransaction> Sign(
            Chains.Evm.Transactions.UnsignedTransaction transaction, CancellationToken cancel) =>
            throw new TransientException($"The fee of a transaction under way cannot be raised, for its account cannot sign: {why}");
    }
}
