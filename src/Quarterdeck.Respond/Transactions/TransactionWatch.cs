using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Transactions;

/// <summary>
/// Looks again at transactions that are settled, or whose run has ended, until they are too deep to be taken back: a
/// reorganisation may drop one or put it into another block. A dropped one is broadcast again byte by byte.
/// </summary>
internal sealed class TransactionWatch(
    OperationsStore store, LinkOfChain links, TransactionOptions options, TimeProvider clock, ILogger<TransactionWatch> log)
    : BackgroundService
{
    private const string Work = "transactions:watch";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);

    /// <summary>Judges all that may still change. Returns how many did.</summary>
    public async Task<int> Reconcile(Lease lease, CancellationToken cancel)
    {
        var changed = 0;
        var since = clock.GetUtcNow() - TimeSpan.FromHours(1);
        var watched = await TransactionRecord.SettledSince(store, since, cancel);
        foreach (var chainGroup in watched.GroupBy(transaction => transaction.Chain))
        {
            if (links(ChainId.Parse(chainGroup.Key)) is not { } chain) continue;
            var head = await chain.Head(cancel);
            foreach (var transaction in chainGroup)
            {
                var block = transaction.BlockNumber is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : (ulong?)null;
                if (block is { } number && transaction.Settled && head > number + options.RejudgeDepth) continue;
                if (await Judge(transaction, chain, head, lease, cancel)) changed++;
            }
        }

        return changed;
    }

    private async Task<bool> Judge(
        TransactionRecord transaction, ChainLink chain, ulong head, Lease lease, CancellationToken cancel)
    {
        Receipt? receipt = null;
        var attempts = await AttemptRecord.Of(store, transaction.Id, cancel);
        foreach (var attempt in attempts)
        {
            receipt = await chain.Receipt(attempt.Hash, cancel);
            if (receipt is not null) break;
        }

        if (receipt is null)
        {
            var wasIn = transaction.BlockHash is not null;
            if (wasIn)
            {
                await Write(transaction, lease, "transaction.orphan", new() { ["block"] = transaction.BlockNumber },
                    """
                    state = 'sent', block_number = null, block_hash = null, mined_hash = null, mined_at = null, settled_at = null
                    """, null, cancel);
                log.LogWarning("Transaction {Transaction} was taken back by a reorganisation and is sent again", transaction.Id);
            }

            await Broadcast.ToAll(chain, attempts[0].Raw, cancel);
            return wasIn;
        }

        if (transaction.Settled && transaction.BlockHash == receipt.BlockHash) return false;
        if (head + 1 < receipt.Block + (ulong)chain.Confirmations) return false;
        var state = receipt.Succeeded ? "confirmed" : "reverted";
        await Write(transaction, lease, "transaction.rejudge", new()
        {
            ["block"] = receipt.Block.ToString(CultureInfo.InvariantCulture),
            ["blockHash"] = receipt.BlockHash.ToString(),
            ["before"] = transaction.State.ToString(),
            ["succeeded"] = receipt.Succeeded,
        },
            $"""
            state = '{state}', block_number = @block::numeric, block_hash = @blockHash, mined_hash = @hash, gas_used = @gas,
            mined_at = coalesce(mined_at, @now), settled_at = @now
            """, receipt, cancel);
        return true;
    }

    private Task Write(
        TransactionRecord transaction, Lease lease, string action, JsonObject detail, string assignments, Receipt? receipt,
        CancellationToken cancel) => store.Act(Acting.Lane, "the chain is looked at again", async act =>
        {
            await act.RequireLease(lease, cancel);
            var arguments = new Dictionary<string, object?> { ["id"] = transaction.Id };
            if (receipt is not null)
            {
                arguments["block"] = receipt.Block.ToString(CultureInfo.InvariantCulture);
                arguments["blockHash"] = receipt.BlockHash;
                arguments["hash"] = receipt.Hash;
                arguments["gas"] = receipt.GasUsed;
                arguments["now"] = act.Now;
            }

            await act.Execute($"update transactions.transactions set {assignments} where id = @id", arguments);
            act.Record(action, transaction.Id, detail);
            act.Signal(Signals.Transactions);
        }, cancel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await store.Leases.TryAcquire(Work, LeaseTime, stoppingToken) is { } lease)
                {
                    try
                    {
                        await Reconcile(lease, stoppingToken);
                    }
                    finally
                    {
                        await store.Leases.Release(lease, CancellationToken.None);
                    }
                }
            }
            catch (Exception problem) when (problem is TransientException or RpcException or LeaseLostException)
            {
                log.LogWarning("Settled transactions are looked at later: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Settled transactions are looked at again after a fault");
            }

            await Task.Delay(Interval, clock, stoppingToken);
        }
    }
}

/// <summary>The connection to a chain; null where this server has none.</summary>
internal delegate ChainLink? LinkOfChain(ChainId chain);
