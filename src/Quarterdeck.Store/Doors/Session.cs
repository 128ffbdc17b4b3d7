using System.Data;
using Npgsql;

namespace Quarterdeck.Store;

/// <summary>The transaction behind a scope, opened by its first statement: an act that only records needs none of its own.</summary>
internal sealed class Session(NpgsqlDataSource source, IsolationLevel isolation) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    public bool IsOpen => _transaction is not null;

    public async ValueTask<NpgsqlConnection> Open(CancellationToken cancel)
    {
        if (_transaction is null)
        {
            _connection = await source.OpenConnectionAsync(cancel);
            _transaction = await _connection.BeginTransactionAsync(isolation, cancel);
        }

        return _connection!;
    }

    /// <summary>The same without awaiting, for the scope's property; a pooled connection is there at once.</summary>
    public NpgsqlConnection OpenNow()
    {
        if (_transaction is null)
        {
            _connection = source.OpenConnection();
            _transaction = _connection.BeginTransaction(isolation);
        }

        return _connection!;
    }

    public Task Commit() => _transaction?.CommitAsync(CancellationToken.None) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null) await _transaction.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
    }
}
