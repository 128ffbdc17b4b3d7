using Npgsql;
using NpgsqlTypes;
using Quarterdeck.Primitives;

namespace Quarterdeck.Store;

/// <summary>Commits such that the caller knows: done, not done, or, after patience, that it cannot be known.</summary>
internal sealed class Commit(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Commits. Where the connection is lost meanwhile, PostgreSQL is asked for the outcome by the transaction's id.</summary>
    /// <exception cref="TransientException">Whether it was committed cannot be known.</exception>
    public async Task Run(Session session, ulong? xid)
    {
        try
        {
            await session.Commit();
        }
        catch (Exception e) when (xid is not null && Failures.IsOutage(e))
        {
            if (!await WasCommitted(xid.Value, e)) throw;
        }
    }

    private async Task<bool> WasCommitted(ulong xid, Exception cause)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < Patience)
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
