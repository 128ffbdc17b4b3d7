using System.Data;
using Npgsql;

namespace Quarterdeck.Store;

/// <summary>
/// A database of somebody else's, such as a protocol's own, from which one statement at a time is read. A session can only read,
/// whatever its role may do: it is read-only, its transaction is read-only, one statement is sent by a protocol that takes no second
/// one, and it has a time limit.
/// </summary>
public sealed class ReadOnlyDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly TimeSpan _limit;

    private ReadOnlyDatabase(NpgsqlDataSource source, TimeSpan limit) => (_source, _limit) = (source, limit);

    /// <summary>Connects when first used.</summary>
    /// <param name="connection">Npgsql's own text, or a <c>postgres://</c> URL as other tools write it.</param>
    /// <param name="purpose">Shown to the database's administrators.</param>
    /// <param name="limit">How long a statement may take.</param>
    public static ReadOnlyDatabase Open(string connection, string purpose, TimeSpan limit)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionText(connection)) { ApplicationName = purpose, MaxPoolSize = 4, Timeout = 5 };
        settings.Options = $"{settings.Options} -c default_transaction_read_only=on -c statement_timeout={(int)limit.TotalMilliseconds}".Trim();
        return new ReadOnlyDatabase(NpgsqlDataSource.Create(settings), limit);
    }

    /// <summary>Runs one statement and reads its rows.</summary>
    /// <exception cref="NotSupportedException">The text holds more than one statement.</exception>
    /// <exception cref="NpgsqlException">The database refuses it, or does not answer.</exception>
    public async Task<T> Query<T>(string statement, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(read);
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        await using (var readOnly = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection)) await readOnly.ExecuteNonQueryAsync(cancel);
        await RefuseServerAccess(connection, cancel);
        // A batch command holds one statement: neither the driver nor PostgreSQL takes a second one in it.
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { new NpgsqlBatchCommand(statement.TrimEnd().TrimEnd(';')) },
            Timeout = (int)_limit.TotalSeconds + 2,
        };
        await using var rows = await batch.ExecuteReaderAsync(cancel);
        return await read(rows);
    }

    // A read-only transaction keeps such a role neither from the server's files nor from its programs.
    private static async Task RefuseServerAccess(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            select session_user::text where (select rolsuper from pg_roles where rolname = session_user)
                or pg_has_role(session_user, 'pg_execute_server_program', 'MEMBER') or pg_has_role(session_user, 'pg_write_server_files', 'MEMBER')
                or pg_has_role(session_user, 'pg_read_server_files', 'MEMBER')
            """, connection);
        if (await command.ExecuteScalarAsync(cancel) is string role) throw new RoleTooStrongException(role);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>The connection as Npgsql reads it.</summary>
    internal static string ConnectionText(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql")) return text;
        var user = url.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : 5432, Database = url.AbsolutePath.TrimStart('/') };
        if (user[0].Length > 0) settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) settings.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            if (parts is ["sslmode", var mode] && Enum.TryParse<SslMode>(mode.Replace("-", "", StringComparison.Ordinal), true, out var ssl)) settings.SslMode = ssl;
        }

        return settings.ConnectionString;
    }
}

/// <summary>Reading with a role that reaches files or programs of the database's server is refused.</summary>
public sealed class RoleTooStrongException(string role) : NpgsqlException(
    $"The role '{role}' may read files or start programs on the database's server, which a read-only transaction does not prevent. Connect with a role that only reads tables.");
