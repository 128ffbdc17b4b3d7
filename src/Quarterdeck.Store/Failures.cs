using System.Net.Sockets;
using Npgsql;
using Quarterdeck.Primitives;

namespace Quarterdeck.Store;

/// <summary>Tells a database that is away or busy (try again) from a statement that is wrong (a bug).</summary>
internal static class Failures
{
    /// <summary>The database did not answer, or went away while it was asked.</summary>
    public static bool IsOutage(Exception e) => e switch
    {
        PostgresException p => p.SqlState.StartsWith("08", StringComparison.Ordinal)
            || p.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
                or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            || (p.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction && p.Routine == "PreventCommandDuringRecovery"),
        NpgsqlException => true,
        SocketException => true,
        _ => false,
    };

    /// <summary>The transaction lost against another one and did nothing; running it again is right.</summary>
    public static bool IsConflict(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    public static TransientException Outage(Exception e, NpgsqlConnectionStringBuilder settings) => new(
        $"The database {settings.Database} at {settings.Host}:{settings.Port} does not answer, so nothing was done: {e.Message}", e);

    public static TransientException Conflict(Exception e) => new(
        $"Another transaction changed the same rows first, so nothing was done: {e.Message}", e);
}
