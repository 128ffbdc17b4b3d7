using Npgsql;
using NpgsqlTypes;

namespace Quarterdeck.Store.Audit;

/// <summary>Writes entries into the transaction of the change that they are about.</summary>
internal static class AuditInbox
{
    /// <summary>Raised within the process when entries wait to be numbered.</summary>
    public const string Signal = "audit.inbox";

    /// <summary>Inserts the entries in order and returns the transaction's id.</summary>
    public static async Task<ulong> Append(
        NpgsqlConnection connection, IReadOnlyList<RecordedEntry> entries, CancellationToken cancel)
    {
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO audit.inbox (entry, subject, action)
            SELECT entry, subject, action FROM unnest($1, $2, $3) WITH ORDINALITY e (entry, subject, action, position)
            ORDER BY position
            RETURNING xid
            """, connection)
        {
            Parameters =
            {
                new() { Value = entries.Select(e => e.Canonical).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = entries.Select(e => e.Subject).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = entries.Select(e => e.Action).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };
        // Stays prepared on its connection; after the first time this costs nothing.
        await insert.PrepareAsync(cancel);
        return (ulong)(await insert.ExecuteScalarAsync(cancel))!;
    }
}
