using System.Data;
using Npgsql;

namespace Quarterdeck.Store;

/// <summary>What became of a transaction, as its own server tells.</summary>
public enum TransactionFate
{
    /// <summary>It is committed.</summary>
    Committed,

    /// <summary>It left nothing behind.</summary>
    Aborted,

    /// <summary>Its session is still there.</summary>
    InProgress,

    /// <summary>It is too long ago: the server does not know any more.</summary>
    Forgotten,
}

/// <summary>
/// One changing statement at a time on a database of somebody else's: tried and rolled back to see how many rows it touches, then
/// executed under its own transaction id, which the caller keeps before the commit. Whatever happens in between, that id tells afterwards
/// whether the statement is in force.
/// </summary>
public sealed class ForeignTransaction : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly TimeSpan _limit;

    private ForeignTransaction(NpgsqlDataSource source, TimeSpan limit) => (_source, _limit) = (source, limit);

    /// <summary>Connects when first used.</summary>
    /// <param name="connection">Npgsql's own text, or a <c>postgres://</c> URL as other tools write it.</param>
    /// <param name="purpose">Shown to the database's administrators.</param>
    /// <param name="limit">How long a statement may take; it waits no longer than 5 s for a lock.</param>
    public static ForeignTransaction Open(string connection, string purpose, TimeSpan limit)
    {
        var settings = new NpgsqlConnectionStringBuilder(ReadOnlyDatabase.ConnectionText(connection))
        {
            ApplicationName = purpose,
            Pooling = false,
            Timeout = 5,
        };
        settings.Options = $"{settings.Options} -c statement_timeout={(int)limit.TotalMilliseconds} -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000".Trim();
        return new ForeignTransaction(NpgsqlDataSource.Create(settings), limit);
    }

    /// <summary>How many rows the statement touches now; nothing of it stays.</summary>
    public async Task<long> Try(string statement, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(statement);
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        var rows = await Run(connection, transaction, statement, cancel);
        await transaction.RollbackAsync(cancel);
        return rows;
    }

    /// <summary>Executes and commits, where it touches as many rows as expected; else rolls back. Returns the rows touched.</summary>
    /// <param name="statement">One statement.</param>
    /// <param name="expected">How many rows it is to touch.</param>
    /// <param name="beforeCommit">Keeps the transaction's id. Where it throws, nothing is committed.</param>
    /// <param name="beforeAnswer">Called when it is committed and nobody knows yet.</param>
    /// <param name="cancel">Ends the wait; what is under way is rolled back.</param>
    public async Task<long> Execute(
        string statement, long expected, Func<string, Task> beforeCommit, Action beforeAnswer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(beforeCommit);
        ArgumentNullException.ThrowIfNull(beforeAnswer);
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        var rows = await Run(connection, transaction, statement, cancel);
        if (rows != expected)
        {
            await transaction.RollbackAsync(cancel);
            return rows;
        }

        await using var id = new NpgsqlCommand("select pg_current_xact_id()::text", connection, transaction);
        await beforeCommit((string)(await id.ExecuteScalarAsync(cancel))!);
        await transaction.CommitAsync(cancel);
        beforeAnswer();
        return rows;
    }

    /// <summary>What became of a transaction whose id was kept.</summary>
    public async Task<TransactionFate> Fate(string id, CancellationToken cancel)
    {
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand("select pg_xact_status($1::text::xid8)", connection) { Parameters = { new NpgsqlParameter { Value = id } } };
        return await command.ExecuteScalarAsync(cancel) switch
        {
            "committed" => TransactionFate.Committed,
            "aborted" => TransactionFate.Aborted,
            "in progress" => TransactionFate.InProgress,
            _ => TransactionFate.Forgotten,
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<long> Run(NpgsqlConnection connection, NpgsqlTransaction transaction, string statement, CancellationToken cancel)
    {
        // A batch command holds one statement: neither the driver nor PostgreSQL takes a second one in it.
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { new NpgsqlBatchCommand(statement.TrimEnd().TrimEnd(';')) },
            Timeout = (int)_limit.TotalSeconds + 2,
        };
        await batch.ExecuteNonQueryAsync(cancel);
        return (long)batch.BatchCommands[0].RecordsAffected;
    }
}
