using System.Numerics;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Transactions;

/// <summary>Where a transaction stands.</summary>
public enum TransactionState
{
    /// <summary>Its signed bytes are journaled; it may or may not have been broadcast.</summary>
    Signed,

    /// <summary>An endpoint took it.</summary>
    Sent,

    /// <summary>In a block, not deep enough to be believed.</summary>
    Mined,

    /// <summary>In a block at the depth of the environment, and it succeeded.</summary>
    Confirmed,

    /// <summary>In a block at the depth of the environment, and it reverted.</summary>
    Reverted,
}

/// <summary>A transaction as stored.</summary>
internal sealed record TransactionRecord(
    string Id, string Chain, byte[] Account, long Nonce, byte[] Target, byte[] Calldata, BigInteger Value, Hash32 PlanHash,
    int CallPosition, string RunId, int StepIndex, TransactionState State, long GasLimit, string? BlockNumber, Hash32? BlockHash,
    Hash32? MinedHash, long? GasUsed, string? Error, DateTimeOffset SignedAt)
{
    private const string Columns =
        """
        id, chain, account, nonce, target, calldata, value, plan_hash, call_position, run_id, step_index, state, gas_limit,
        block_number::text as block_number, block_hash, mined_hash, gas_used, error, signed_at
        """;

    public bool Settled => State is TransactionState.Confirmed or TransactionState.Reverted;

    public static Task<TransactionRecord?> OfStep(OperationsStore store, string runId, int step, CancellationToken cancel) =>
        store.QueryFirstOrDefault<TransactionRecord>(
            $"select {Columns} from transactions.transactions where run_id = @runId and step_index = @step", new { runId, step }, cancel);

    /// <summary>The first transaction of a plan; a Safe's plan has no other.</summary>
    public static Task<TransactionRecord?> OfPlan(OperationsStore store, Hash32 plan, CancellationToken cancel) =>
        store.QueryFirstOrDefault<TransactionRecord>(
            $"select {Columns} from transactions.transactions where plan_hash = @plan order by call_position limit 1", new { plan }, cancel);

    public static Task<TransactionRecord?> Read(OperationsStore store, string id, CancellationToken cancel) =>
        store.QueryFirstOrDefault<TransactionRecord>(
            $"select {Columns} from transactions.transactions where id = @id", new { id }, cancel);

    public static Task<IReadOnlyList<TransactionRecord>> SettledSince(
        OperationsStore store, DateTimeOffset since, CancellationToken cancel) => store.Query<TransactionRecord>(
        $"""
        select {Columns} from transactions.transactions where settled_at >= @since
            or (settled_at is null and exists (select from runs.runs r where r.id = run_id and r.ended_at is not null))
        order by signed_at
        """, new { since }, cancel);
}

/// <summary>One signed form of a transaction.</summary>
internal sealed record AttemptRecord(
    string TransactionId, int Attempt, Hash32 Hash, byte[] Raw, long Nonce, BigInteger MaxFee, BigInteger MaxPriorityFee,
    DateTimeOffset SignedAt)
{
    /// <summary>Newest first.</summary>
    public static Task<IReadOnlyList<AttemptRecord>> Of(OperationsStore store, string transactionId, CancellationToken cancel) =>
        store.Query<AttemptRecord>(
            """
            select transaction_id, attempt, hash, raw, nonce, max_fee, max_priority_fee, signed_at
            from transactions.attempts where transaction_id = @transactionId order by attempt desc
            """, new { transactionId }, cancel);
}

/// <summary>Where a process may die while it sends.</summary>
[CrashPointNames]
internal static class TransactionCrashPoints
{
    /// <summary>Signed bytes and intent are committed, nothing is broadcast.</summary>
    public const string Signed = "transactions.signed";

    /// <summary>Broadcast, not yet journaled as sent.</summary>
    public const string Broadcast = "transactions.broadcast";

    /// <summary>Journaled as sent.</summary>
    public const string Sent = "transactions.sent";

    /// <summary>A receipt is seen, not yet journaled.</summary>
    public const string ReceiptSeen = "transactions.receipt-seen";

    /// <summary>The receipt is journaled.</summary>
    public const string Mined = "transactions.mined";

    /// <summary>The depth is reached and journaled.</summary>
    public const string Settled = "transactions.settled";
}
