using Npgsql;
using NpgsqlTypes;
using Quarterdeck.Primitives;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Store;

/// <summary>Runs one transaction for a scope: callback, audit entries, commit, signals.</summary>
internal sealed class Door(
    NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, Signals signals, TimeProvider clock)
{
    private static readonly TimeSpan OutcomePatience = TimeSpan.FromSeconds(5);

    public async Task<T> Enter<TScope, T>(
        DoorOptions options, Func<NpgsqlConnection, TScope> open, Func<TScope, Task<T>> write, CancellationToken cancel)
        where TScope : WriteScope
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await Once(options, open, write, cancel);
            }
            catch (Exception e) when (Failures.IsConflict(e))
            {
                if (attempt >= options.Retries) throw Failures.Conflict(e);
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << Math.Min(attempt, 6))), clock, cancel);
            }
            catch (Exception e) when (Failures.IsOutage(e))
            {
                throw Failures.Outage(e, settings);
            }
        }
    }

    private async Task<T> Once<TScope, T>(
        DoorOptions options, Func<NpgsqlConnection, TScope> open, Func<TScope, Task<T>> write, CancellationToken cancel)
        where TScope : WriteScope
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(options.Isolation, cancel);
        var scope = open(connection);
        var result = await write(scope);
        ulong? xid = null;
        if (scope is ActScope act)
        {
            if (act.Entries.Count == 0) throw new UnrecordedActException(act.Actor, act.Reason);
            xid = await AuditInbox.Append(connection, act.Entries, cancel);
            CrashPoints.Reached(StoreCrashPoints.ActRecorded);
        }

        cancel.ThrowIfCancellationRequested();
        await Commit(transaction, xid);
        if (xid is not null)
        {
            CrashPoints.Reached(StoreCrashPoints.ActCommitted);
            signals.RaiseHere(AuditInbox.Signal);
        }

        signals.Raise(scope.Signals);
        return result;
    }

    // A connection lost during COMMIT leaves the outcome open; PostgreSQL knows it by the transaction's id.
    private async Task Commit(NpgsqlTransaction transaction, ulong? xid)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception e) when (xid is not null && Failures.IsOutage(e))
        {
            if (await WasCommitted(xid.Value, e)) return;
            throw;
        }
    }

    private async Task<bool> WasCommitted(ulong xid, Exception cause)
    {
        var until = clock.GetTimestamp();
        while (clock.GetElapsedTime(until) < OutcomePatience)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand("SELECT pg_xact_status($1)", connection)
                {
                    Parameters = { new() { Value = xid, NpgsqlDbType = NpgsqlDbType.Xid8 } },
                };
                switch (await command.ExecuteScalarAsync(CancellationToken.None) as string)
                {
                    case "committed": return true;
                    case "aborted": return false;
                }
            }
            catch (Exception e) when (Failures.IsOutage(e))
            {
                // Still away: ask again until patience ends.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, CancellationToken.None);
        }

        throw new TransientException(
            $"The database {settings.Database} at {settings.Host}:{settings.Port} went away during a commit, and whether transaction "
            + $"{xid} took effect is unknown. Read the state before acting again.", cause);
    }
}
