using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Safe;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Steps;

/// <summary>A Safe whose turn it is.</summary>
/// <param name="State">As it is now.</param>
/// <param name="Call">What the executor would send with the signatures given so far, by owners of now.</param>
/// <param name="Problem">Why the Safe would refuse it; null where it would not.</param>
internal sealed record SafeTurn(SafeState State, PlannedCall Call, string? Problem);

/// <summary>The steps of a plan that a Safe executes: one transaction carries them all, sent by the executor with the owners' signatures.</summary>
internal sealed class SafeSteps(OperationsStore store, PackBindings bindings)
{
    /// <summary>The plan's transaction, where an earlier step sent it; null where nothing is sent yet.</summary>
    public Task<TransactionRecord?> Sent(Plan plan, CancellationToken cancel) => TransactionRecord.OfPlan(store, plan.Hash, cancel);

    /// <summary>Why a call is not in the transaction that the owners signed; null where it is.</summary>
    public static string? LeftOut(Plan plan, PlannedCall call) => plan.Safe!.Positions.Contains(call.Position)
        ? null
        : $"The owners of the Safe {plan.Safe.Address} did not sign it: when the plan was made, {(call.Forecast.Outcome == CallForecast.AlreadyDone ? "it held already" : $"it would have reverted ({call.Forecast.Reason})")}. Propose the run again.";

    /// <summary>The Safe as it is now, by as many endpoints as must agree, and what the executor would send to it.</summary>
    public async Task<SafeTurn> Look(ChainLink chain, Plan plan, PlannedCall call, CancellationToken cancel)
    {
        var state = await SafePlanning.State(chain.Critical, plan.Calls[0].Account, plan.Safe!.Address, cancel);
        var evidence = await store.Query<Evidence>(
            """
            select kind, evidence::text as json, credential_key from approvals.approvals a
            where plan_hash = @hash
              and not exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id)
            """, new { hash = plan.Hash }, cancel);
        var signatures = evidence
            .Select(e => ApprovalEvidence.Read(e.Kind, e.Json) is ApprovalEvidence.Wallet wallet
                ? new SafeSignature(new Address(e.CredentialKey), EcdsaSignature.Parse(wallet.Signature))
                : null)
            .OfType<SafeSignature>().Where(signature => state.Owners.Contains(signature.Owner)).ToList();
        return new SafeTurn(state, Wire(plan, call, Calldata(plan, signatures)), plan.Safe.Problem(state, signatures.Select(s => s.Owner)));
    }

    /// <summary>What was simulated must be what the signatures that were just cleared make.</summary>
    /// <exception cref="TransientException">Approvals changed in between; the step is looked at again.</exception>
    public static void Require(Plan plan, PlannedCall call, IReadOnlyList<SafeSignature> cleared)
    {
        if (!Calldata(plan, cleared).AsSpan().SequenceEqual(call.Calldata))
            throw new TransientException($"The approvals of plan {plan.Hash} changed while its Safe transaction was put together.");
    }

    /// <summary>The executor's call of the Safe, in the place of one of the plan's calls.</summary>
    public static PlannedCall Wire(Plan plan, PlannedCall call, byte[] calldata) => call with
    {
        Account = plan.Safe!.Executor,
        From = plan.Safe.ExecutorAddress,
        Target = plan.Safe.Address,
        TargetName = $"Safe {plan.Safe.Address}",
        Function = SafeTx.ExecTransaction.Signature,
        Calldata = calldata,
        Value = BigInteger.Zero,
    };

    /// <summary>The execution with these signatures.</summary>
    public static byte[] Calldata(Plan plan, IEnumerable<SafeSignature> signatures) =>
        plan.Safe!.Transaction.Execution(SafeSignatures.Join(signatures));

    /// <summary>Which call of the Safe fails and why: before version 1.5 a Safe says no more than GS013, and never which.</summary>
    public async Task<string> Explain(ChainLink chain, string pack, Plan plan, string said, CancellationToken cancel)
    {
        var calls = plan.Calls.Where(call => plan.Safe!.Positions.Contains(call.Position)).ToList();
        var simulator = new Simulator(chain.Reads, bindings.Reverts(pack).Decoder);
        var shown = await simulator.Simulate(
            [.. calls.Select(call => new CallRequest(call.Target, call.Calldata) { From = call.From, Value = call.Value })], cancel: cancel);
        for (var i = 0; i < calls.Count; i++)
        {
            if (!shown.Calls[i].Succeeded)
                return $"{calls[i].TargetName}.{calls[i].Function}: {shown.Calls[i].Revert?.Text}, and the Safe makes all calls or none (it says: {said})";
        }

        return said;
    }

    /// <summary>What the Safe itself says of a mined execution; null where it says success.</summary>
    public static async Task<string?> Problem(ChainLink chain, Plan plan, TransactionRecord settled, JsonObject evidence, CancellationToken cancel)
    {
        var hash = plan.Safe!.Transaction.Hash();
        var receipt = await chain.AgreedReceipt(settled.MinedHash!.Value, cancel);
        var outcome = receipt is null ? null : SafeReader.Outcome(receipt.Logs, plan.Safe.Address, hash);
        evidence["safe"] = plan.Safe.Address.ToString();
        evidence["safeTxHash"] = hash.ToString();
        evidence["safeOutcome"] = outcome switch { true => "ExecutionSuccess", false => "ExecutionFailure", _ => null };
        return outcome switch
        {
            true => null,
            false => $"The Safe {plan.Safe.Address} announced ExecutionFailure of {hash}.",
            _ => $"The Safe {plan.Safe.Address} announced no execution of {hash}.",
        };
    }

    private sealed record Evidence(string Kind, string Json, byte[] CredentialKey);
}
