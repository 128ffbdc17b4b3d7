using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Transactions.Signing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Transactions;

/// <summary>What is known right before signing.</summary>
internal sealed record LaneQuote(ulong PendingNonce, Fee Fee, ulong GasLimit);

/// <summary>
/// The one way a transaction comes about, one at a time for each (chain, account). The nonce is taken under a row lock; the
/// signed bytes are committed before anybody sees them; what is in doubt after a crash is sent again byte by byte or found mined.
/// </summary>
internal sealed class TransactionLane(OperationsStore store, TransactionOptions options, TimeProvider clock)
{
    /// <summary>Asks the chain for nonce, fees and gas, by running the call now.</summary>
    /// <exception cref="RpcException">The call reverts now.</exception>
    public static async Task<LaneQuote> Quote(ChainLink chain, PlannedCall call, CancellationToken cancel)
    {
        var request = new Dictionary<string, object?>
        {
            ["from"] = call.From.ToString(),
            ["to"] = call.Target.ToString(),
            ["data"] = Hex.Data(call.Calldata),
            ["value"] = Hex.Quantity(call.Value),
        };
        var replies = await chain.Reads.SendBatch(
        [
            new RpcRequest("eth_call", request, "latest"),
            new RpcRequest("eth_estimateGas", request),
            new RpcRequest("eth_getTransactionCount", call.From.ToString(), "pending"),
            new RpcRequest("eth_getBlockByNumber", "latest", false),
            new RpcRequest("eth_maxPriorityFeePerGas"),
        ], cancel);
        _ = replies[0].Result;
        var gas = Hex.ParseUInt64(replies[1].Result.GetString());
        return new LaneQuote(
            Hex.ParseUInt64(replies[2].Result.GetString()), FeePolicy.First(BaseFee(replies[3]), Tip(replies[4])), gas + gas / 4 + 5_000);
    }

    /// <summary>
    /// Takes a nonce, signs and journals one call of a plan that was cleared in this same transaction. The database checks
    /// the row against the approved plan by itself.
    /// </summary>
    public async Task<string> Sign(
        ActScope act, Plan plan, PlannedCall call, LaneQuote quote, ITransactionSigner signer, CancellationToken cancel)
    {
        if (signer.Address != call.From)
            throw new InvalidOperationException($"The signer is {signer.Address}, the approved sender is {call.From}.");
        var lane = new { chain = call.Chain.ToString(), account = call.From.ToArray() };
        var nonce = await TakeNonce(act, lane, (long)quote.PendingNonce);
        var id = Id.New("tx", clock);
        var signed = await Signed(signer, Unsigned(call, nonce, quote.Fee, quote.GasLimit), cancel);
        await act.Execute(
            """
            insert into transactions.transactions (id, chain, account, nonce, target, calldata, value, plan_hash, call_position,
                                                   run_id, step_index, gas_limit, signed_at)
            values (@id, @chain, @account, @nonce, @target, @calldata, @value, @plan, @position, @run, @step, @gas, @now)
            """,
            new
            {
                id,
                lane.chain,
                lane.account,
                nonce,
                target = call.Target.ToArray(),
                calldata = call.Calldata,
                value = call.Value,
                plan = plan.Hash,
                position = call.Position,
                run = plan.Run,
                step = call.Step,
                gas = (long)quote.GasLimit,
                now = act.Now,
            }, cancel);
        await Journal(act, id, 1, nonce, quote.Fee, signed, "transaction.sign", call, plan.Run);
        return id;
    }

    /// <summary>Broadcasts and follows a transaction until its depth settles it. Resumes at whatever point it stands.</summary>
    /// <param name="urgent">An emergency: each block without it raises the fee, whatever the policy's patience.</param>
    public async Task<TransactionRecord> Follow(
        string id, ChainLink chain, PlannedCall call, ITransactionSigner signer, RevertDecoding decode, Lease lease, bool urgent,
        CancellationToken cancel)
    {
        var passed = new PassedBlocks(urgent);
        while (true)
        {
            var (reading, listing) = (TransactionRecord.Read(store, id, cancel), AttemptRecord.Of(store, id, cancel));
            await Task.WhenAll(reading, listing);
            var (transaction, attempts) = ((await reading)!, await listing);
            if (transaction.Settled) return transaction;
            if (transaction.State == TransactionState.Signed)
            {
                CrashPoints.Reached(TransactionCrashPoints.Signed);
                await Send(transaction, attempts[0], chain, lease, cancel);
            }
            else if (await Look(transaction, attempts, chain, decode, lease, cancel) is false)
            {
                await Revive(transaction, attempts, chain, call, signer, lease, passed, cancel);
                await Task.Delay(chain.Poll, clock, cancel);
            }
        }
    }

    private async Task Send(
        TransactionRecord transaction, AttemptRecord attempt, ChainLink chain, Lease lease, CancellationToken cancel)
    {
        var answer = await Broadcast.ToAll(chain, attempt.Raw, cancel);
        CrashPoints.Reached(TransactionCrashPoints.Broadcast);
        await Change(transaction, lease, "transaction.broadcast", new()
        {
            ["hash"] = attempt.Hash.ToString(),
            ["endpoints"] = answer.Endpoints,
            ["accepted"] = answer.Accepted,
            ["answer"] = answer.Text,
        }, "state = 'sent', sent_at = coalesce(sent_at, @now)", new { }, cancel);
        CrashPoints.Reached(TransactionCrashPoints.Sent);
    }

    // True where something moved, false where there is only waiting.
    private async Task<bool> Look(
        TransactionRecord transaction, IReadOnlyList<AttemptRecord> attempts, ChainLink chain, RevertDecoding decode, Lease lease,
        CancellationToken cancel)
    {
        Receipt? receipt = null;
        foreach (var attempt in attempts)
        {
            receipt = await chain.Receipt(attempt.Hash, cancel);
            if (receipt is not null) break;
        }

        if (receipt is null)
        {
            if (transaction.State != TransactionState.Mined) return false;
            await Change(transaction, lease, "transaction.orphan", new() { ["block"] = transaction.BlockNumber },
                "state = 'signed', block_number = null, block_hash = null, mined_hash = null, mined_at = null", new { }, cancel);
            return true;
        }

        if (transaction.State != TransactionState.Mined || transaction.BlockHash != receipt.BlockHash)
        {
            CrashPoints.Reached(TransactionCrashPoints.ReceiptSeen);
            var error = receipt.Succeeded ? null : await decode.Explain(chain, transaction, receipt, cancel);
            await Change(transaction, lease, "transaction.mine", Evidence(receipt, error),
                """
                state = 'mined', block_number = @block::numeric, block_hash = @blockHash, mined_hash = @hash, gas_used = @gas, error = @error,
                mined_at = @now
                """,
                new
                {
                    block = receipt.Block.ToString(CultureInfo.InvariantCulture),
                    blockHash = receipt.BlockHash,
                    hash = receipt.Hash,
                    gas = receipt.GasUsed,
                    error,
                }, cancel);
            CrashPoints.Reached(TransactionCrashPoints.Mined);
            return true;
        }

        if (await chain.Head(cancel) + 1 < receipt.Block + (ulong)chain.Confirmations)
        {
            await Task.Delay(chain.Poll, clock, cancel);
            return true;
        }

        // What settles it must not come from one liar, and the endpoints that must agree may need a moment to have it.
        var agreed = await chain.AgreedReceipt(receipt.Hash, cancel);
        if (agreed is null || agreed.BlockHash != receipt.BlockHash || agreed.Succeeded != receipt.Succeeded)
        {
            await Task.Delay(chain.Poll, clock, cancel);
            return true;
        }

        await Change(transaction, lease, receipt.Succeeded ? "transaction.confirm" : "transaction.revert",
            Evidence(receipt, transaction.Error), $"state = '{(receipt.Succeeded ? "confirmed" : "reverted")}', settled_at = @now", new { }, cancel);
        CrashPoints.Reached(TransactionCrashPoints.Settled);
        return true;
    }

    // Not in a block: raise the fee where it is late, move to another nonce where a foreign transaction took ours for good.
    private async Task Revive(
        TransactionRecord transaction, IReadOnlyList<AttemptRecord> attempts, ChainLink chain, PlannedCall call,
        ITransactionSigner signer, Lease lease, PassedBlocks passed, CancellationToken cancel)
    {
        var last = attempts[0];
        var head = await chain.Head(cancel);
        if (!passed.Any(last.Attempt, head) && clock.GetUtcNow() - last.SignedAt < chain.BlockTime * options.BlocksBeforeRaise) return;
        var deep = head + 1 < (ulong)chain.Confirmations ? 0 : head + 1 - (ulong)chain.Confirmations;
        var replies = await chain.Reads.SendBatch(
        [
            new RpcRequest("eth_getTransactionCount", call.From.ToString(), Hex.Quantity(deep)),
            new RpcRequest("eth_getTransactionCount", call.From.ToString(), "pending"),
            new RpcRequest("eth_getBlockByNumber", "latest", false),
            new RpcRequest("eth_maxPriorityFeePerGas"),
        ], cancel);
        // The nonce was read after the receipts: one of ours may have been mined in between, so they are looked at once more.
        foreach (var attempt in attempts)
        {
            if (await chain.Receipt(attempt.Hash, cancel) is not null) return;
        }

        if ((long)Hex.ParseUInt64(replies[0].Result.GetString()) > transaction.Nonce)
        {
            var fresh = FeePolicy.First(BaseFee(replies[2]), Tip(replies[3]));
            await Again(transaction, last.Attempt + 1, call, signer, lease, fresh, (long)Hex.ParseUInt64(replies[1].Result.GetString()), cancel);
            return;
        }

        var raised = FeePolicy.Raise(
            new Fee(last.MaxFee, last.MaxPriorityFee), BaseFee(replies[2]), Tip(replies[3]), options.MaxFeePerGas);
        if (raised is null)
        {
            await Broadcast.ToAll(chain, last.Raw, cancel);
            passed.From(last.Attempt, head);
        }
        else
        {
            await Again(transaction, last.Attempt + 1, call, signer, lease, raised, null, cancel);
        }
    }

    private Task Again(
        TransactionRecord transaction, int attempt, PlannedCall call, ITransactionSigner signer, Lease lease, Fee fee,
        long? pendingNonce, CancellationToken cancel) =>
        store.Act(Acting.Lane, pendingNonce is null ? "not in a block in time: the fee is raised" : "its nonce was taken by another transaction", async act =>
        {
            await act.RequireLease(lease, cancel);
            var lane = new { chain = transaction.Chain, account = transaction.Account };
            var nonce = pendingNonce is { } pending ? await TakeNonce(act, lane, pending) : transaction.Nonce;
            var signed = await Signed(signer, Unsigned(call, nonce, fee, (ulong)transaction.GasLimit), cancel);
            await act.Execute(
                "update transactions.transactions set state = 'signed', nonce = @nonce where id = @id", new { id = transaction.Id, nonce });
            await Journal(act, transaction.Id, attempt, nonce, fee, signed, "transaction.replace", call, transaction.RunId);
        }, cancel);

    private static async Task<long> TakeNonce(ActScope act, object lane, long pending)
    {
        await act.Execute("insert into transactions.lanes (chain, account) values (@chain, @account) on conflict do nothing", lane);
        var next = await act.QueryFirstOrDefault<long>(
            "select next_nonce from transactions.lanes where chain = @chain and account = @account for update", lane);
        var open = await act.QueryFirstOrDefault<bool>(
            """
            select exists (select from transactions.transactions
                           where chain = @chain and account = @account and settled_at is null)
            """, lane);
        // With nothing of ours under way the chain knows best; else the lane may be ahead of what the chain has seen.
        var nonce = open ? Math.Max(next, pending) : pending;
        var arguments = new Dictionary<string, object?> { ["nonce"] = nonce + 1 };
        foreach (var property in lane.GetType().GetProperties()) arguments[property.Name] = property.GetValue(lane);
        await act.Execute("update transactions.lanes set next_nonce = @nonce where chain = @chain and account = @account", arguments);
        return nonce;
    }

    private static async Task Journal(
        ActScope act, string id, int attempt, long nonce, Fee fee, SignedTransaction signed, string action, PlannedCall call,
        string run)
    {
        await act.Execute(
            """
            insert into transactions.attempts (transaction_id, attempt, hash, raw, nonce, max_fee, max_priority_fee, signed_at)
            values (@id, @attempt, @hash, @raw, @nonce, @max, @priority, @now)
            """,
            new { id, attempt, hash = signed.Hash, raw = signed.Raw, nonce, max = fee.Max, priority = fee.Priority, now = act.Now });
        act.Record(action, id, new JsonObject
        {
            ["run"] = run,
            ["hash"] = signed.Hash.ToString(),
            ["nonce"] = nonce,
            ["attempt"] = attempt,
            ["chain"] = call.Chain.ToString(),
            ["from"] = call.From.ToString(),
            ["target"] = call.Target.ToString(),
            ["targetName"] = call.TargetName,
            ["function"] = call.Function,
            ["maxFee"] = fee.Max.ToString(CultureInfo.InvariantCulture),
        });
        act.Signal(Signals.Transactions);
    }

    private Task Change(
        TransactionRecord transaction, Lease lease, string action, JsonObject detail, string assignments, object values,
        CancellationToken cancel) => store.Act(Acting.Lane, $"run {transaction.RunId}, step {transaction.StepIndex}", async act =>
        {
            await act.RequireLease(lease, cancel);
            var arguments = values.GetType().GetProperties().ToDictionary(p => p.Name, p => p.GetValue(values));
            arguments["id"] = transaction.Id;
            if (assignments.Contains("@now", StringComparison.Ordinal)) arguments["now"] = act.Now;
            await act.Execute($"update transactions.transactions set {assignments} where id = @id", arguments);
            act.Record(action, transaction.Id, detail);
            act.Signal(Signals.Transactions);
        }, cancel);

    private static JsonObject Evidence(Receipt receipt, string? error) => new()
    {
        ["hash"] = receipt.Hash.ToString(),
        ["block"] = receipt.Block.ToString(CultureInfo.InvariantCulture),
        ["blockHash"] = receipt.BlockHash.ToString(),
        ["succeeded"] = receipt.Succeeded,
        ["error"] = error,
    };

    private static Transaction1559 Unsigned(PlannedCall call, long nonce, Fee fee, ulong gas) => new()
    {
        Chain = call.Chain.EvmNumber,
        Nonce = (ulong)nonce,
        MaxPriorityFeePerGas = fee.Priority,
        MaxFeePerGas = fee.Max,
        GasLimit = gas,
        To = call.Target,
        Value = call.Value,
        Data = call.Calldata,
    };

    // Whatever holds the key: what it gives is broadcast only if it is what was asked for, signed by the approved sender.
    private static async Task<SignedTransaction> Signed(
        ITransactionSigner signer, Transaction1559 wanted, CancellationToken cancel)
    {
        var signed = await signer.Sign(wanted, cancel);
        return signed.Sender() == signer.Address && signed.Transaction.SigningHash() == wanted.SigningHash()
            ? signed
            : throw new InvalidOperationException($"The signer of {signer.Address} signed something else than it was asked to.");
    }

    private static BigInteger BaseFee(RpcReply block) =>
        block.Result.TryGetProperty("baseFeePerGas", out var fee) ? Hex.ParseQuantity(fee.GetString()) : BigInteger.Zero;

    private static BigInteger Tip(RpcReply reply) =>
        reply.Error is null ? Hex.ParseQuantity(reply.Result.GetString()) : new BigInteger(1_000_000_000);
}

/// <summary>Which block was the head when an attempt was first seen waiting, so that a block without it is noticed.</summary>
internal sealed class PassedBlocks(bool urgent)
{
    private int _attempt;
    private ulong _head;

    /// <summary>Whether, in an emergency, a block came since without it.</summary>
    public bool Any(int attempt, ulong head)
    {
        if (!urgent) return false;
        if (attempt == _attempt) return head > _head;
        From(attempt, head);
        return false;
    }

    /// <summary>Counts from this block on.</summary>
    public void From(int attempt, ulong head) => (_attempt, _head) = (attempt, head);
}
