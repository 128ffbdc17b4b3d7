using Npgsql;
using Quarterdeck.Store.Reading;

namespace Quarterdeck.Store;

/// <summary>
/// What a door hands to its caller: one transaction. The door commits it; a caller has no transaction object. Every
/// statement run on <see cref="Connection"/> is part of it. Where no token is given, the door's own is used.
/// </summary>
public abstract class WriteScope
{
    private readonly CancellationToken _cancel;
    private readonly HashSet<string> _signals = [];

    private readonly Session _session;

    private protected WriteScope(Session session, DateTimeOffset now, CancellationToken cancel) =>
        (_session, Now, _cancel) = (session, now, cancel);

    /// <summary>For COPY and batches; commands on it run inside the door's transaction.</summary>
    public NpgsqlConnection Connection => _session.OpenNow();

    /// <summary>When the door was opened, by the store's clock; UTC.</summary>
    public DateTimeOffset Now { get; }

    internal IReadOnlyCollection<string> Signals => _signals;

    /// <summary>Runs a statement and returns the number of rows it touched.</summary>
    /// <param name="sql">With named parameters, <c>@name</c>.</param>
    /// <param name="args">An object whose properties are the parameters, or a dictionary.</param>
    /// <param name="cancel">The door's own where not given.</param>
    public async Task<int> Execute(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var command = Parameters.Command(await _session.Open(Or(cancel)), sql, args);
        return await command.ExecuteNonQueryAsync(Or(cancel));
    }

    /// <summary>Runs a query and returns all rows. See <see cref="OperationsStore.Query{T}"/> for the mapping.</summary>
    public async Task<IReadOnlyList<T>> Query<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var command = Parameters.Command(await _session.Open(Or(cancel)), sql, args);
        return await Rows.Read<T>(command, Or(cancel));
    }

    /// <summary>The first row, or default where there is none.</summary>
    public async Task<T?> QueryFirstOrDefault<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var command = Parameters.Command(await _session.Open(Or(cancel)), sql, args);
        return await Rows.First<T>(command, Or(cancel));
    }

    /// <summary>Wakes whoever waits for this name, in every process, once the transaction is committed.</summary>
    public void Signal(string name) => _signals.Add(name);

    /// <summary>
    /// Holds the lease's row until the transaction ends and fails it where the lease has another holder by now: a process that
    /// was paused past its lease cannot commit.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease was released or taken over.</exception>
    public async Task RequireLease(Lease lease, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        var held = await QueryFirstOrDefault<long?>(
            "SELECT fence FROM store.leases WHERE name = @name AND holder = @holder FOR SHARE",
            new { lease.Name, lease.Holder }, cancel);
        if (held != lease.Fence) throw new LeaseLostException(lease);
    }

    private CancellationToken Or(CancellationToken cancel) => cancel.CanBeCanceled ? cancel : _cancel;
}
