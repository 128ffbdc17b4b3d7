using Npgsql;
using Quarterdeck.Store.Reading;

namespace Quarterdeck.Store;

/// <summary>A named piece of work that one holder has for a time.</summary>
/// <param name="Name">The work: <c>chain:eip155:1</c>, <c>run:run_…</c>.</param>
/// <param name="Holder">The process, as host, process id and a random part.</param>
/// <param name="Fence">Grows with each new holder; writes under an older one are refused by <see cref="WriteScope.RequireLease"/>.</param>
public sealed record Lease(string Name, string Holder, long Fence);

/// <summary>The lease was released or another holder has it: whatever was about to be written under it must not be.</summary>
public sealed class LeaseLostException : Exception
{
    internal LeaseLostException(Lease lease) : base(
        $"Lease '{lease.Name}' (fence {lease.Fence}) of {lease.Holder} was taken over or released; nothing was written.") =>
        Lease = lease;

    /// <summary>The lease that is no more.</summary>
    public Lease Lease { get; }
}

/// <summary>
/// Shares out work among processes. Time is the database's clock, so replicas need not agree on theirs. A lease protects
/// nothing by itself: writes under it call <see cref="WriteScope.RequireLease"/> in their door.
/// </summary>
public sealed class Leases
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _holder =
        $"{Environment.MachineName}:{Environment.ProcessId}:{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4))}";

    internal Leases(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings) => (_source, _settings) = (source, settings);

    /// <summary>Takes the lease if it is free or expired; null where someone has it, be it another part of this process.</summary>
    public async Task<Lease?> TryAcquire(string name, TimeSpan ttl, CancellationToken cancel = default)
    {
        // A row that is locked is in use by its holder's transaction, so it is skipped rather than waited for.
        const string Sql =
            """
            WITH fresh AS (
                INSERT INTO store.leases (name, holder, fence, expires_at)
                SELECT @name, @holder, 1, clock_timestamp() + @ttl
                WHERE NOT EXISTS (SELECT FROM store.leases WHERE name = @name)
                ON CONFLICT (name) DO NOTHING
                RETURNING fence),
            taken AS (
                UPDATE store.leases l
                SET holder = @holder, fence = l.fence + 1, expires_at = clock_timestamp() + @ttl
                FROM (SELECT name FROM store.leases
                      WHERE name = @name AND expires_at <= clock_timestamp() FOR UPDATE SKIP LOCKED) free
                WHERE l.name = free.name
                RETURNING l.fence)
            SELECT fence FROM fresh UNION ALL SELECT fence FROM taken
            """;
        var fence = await First<long?>(Sql, new { name, holder = _holder, ttl }, cancel);
        return fence is { } value ? new Lease(name, _holder, value) : null;
    }

    /// <summary>Extends the lease to ttl from now; false where it was taken over or released.</summary>
    public async Task<bool> Renew(Lease lease, TimeSpan ttl, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return await First<long?>(
            """
            UPDATE store.leases SET expires_at = clock_timestamp() + @ttl
            WHERE name = @name AND holder = @holder AND fence = @fence
            RETURNING fence
            """, new { lease.Name, lease.Holder, lease.Fence, ttl }, cancel) is not null;
    }

    /// <summary>Gives the lease up, so that another may take it at once. Does nothing where it is lost already.</summary>
    public async Task Release(Lease lease, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        await First<long?>(
            """
            UPDATE store.leases SET holder = '', expires_at = '-infinity'
            WHERE name = @name AND holder = @holder AND fence = @fence
            RETURNING fence
            """, new { lease.Name, lease.Holder, lease.Fence }, cancel);
    }

    private async Task<T?> First<T>(string sql, object args, CancellationToken cancel)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancel);
            await using var command = Parameters.Command(connection, sql, args);
            return await Rows.First<T>(command, cancel);
        }
        catch (Exception e) when (Failures.IsOutage(e))
        {
            throw Failures.Outage(e, _settings);
        }
    }
}
