using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Transactions;

/// <summary>A transaction in a list. Addresses, amounts and block numbers as text.</summary>
public sealed record TransactionSummary(
    string Id, string RunId, int StepIndex, Hash32 PlanHash, int CallPosition, string Chain, string Account, string Target, string Calldata,
    string Value, long Nonce, TransactionState State, Hash32 Hash, int Attempts, string? BlockNumber, Hash32? BlockHash, long? GasUsed,
    string? Error, DateTimeOffset SignedAt, DateTimeOffset? SentAt, DateTimeOffset? MinedAt, DateTimeOffset? SettledAt);

/// <summary>Lists transactions.</summary>
public sealed class TransactionList(OperationsStore store)
{
    /// <summary>Newest first; those of one run, or of all.</summary>
    public Task<IReadOnlyList<TransactionSummary>> Query(string? runId, int limit, CancellationToken cancel) =>
        store.Query<TransactionSummary>(
            """
            select t.id, t.run_id, t.step_index, t.plan_hash, t.call_position, t.chain, '0x' || encode(t.account, 'hex') as account,
                   '0x' || encode(t.target, 'hex') as target, '0x' || encode(t.calldata, 'hex') as calldata, t.value::text as value,
                   t.nonce, t.state, coalesce(t.mined_hash, last.hash) as hash, last.attempt as attempts,
                   t.block_number::text as block_number, t.block_hash, t.gas_used, t.error, t.signed_at, t.sent_at, t.mined_at, t.settled_at
            from transactions.transactions t
            cross join lateral (select a.hash, a.attempt from transactions.attempts a
                                where a.transaction_id = t.id order by a.attempt desc limit 1) last
            where @runId::text is null or t.run_id = @runId
            order by t.signed_at desc limit @limit
            """, new { runId, limit }, cancel);
}
