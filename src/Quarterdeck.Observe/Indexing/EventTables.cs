using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Makes the event tables of packs, in a schema of the pack's name. Runs at start as the owner, since the server's role may
/// fill tables but not make them.
/// </summary>
public static class EventTables
{
    /// <summary>
    /// Brings the tables of all packs to their definitions. Where the definition of a table changed it is made anew,
    /// and the pack's tables on that chain are filled again from the deployment block.
    /// </summary>
    /// <param name="ownerConnectionString">A connection as the owner.</param>
    /// <param name="packs">The packs that are watched.</param>
    /// <param name="cancel">Stops between tables; each pack's tables are made in one transaction.</param>
    public static async Task Create(string ownerConnectionString, IReadOnlyList<BoundPack> packs, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ownerConnectionString);
        await connection.OpenAsync(cancel);
        foreach (var pack in packs)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // Two servers may start at once.
            await Execute(connection, "SELECT pg_advisory_xact_lock(hashtext('quarterdeck.event_tables'))", cancel);
            var name = pack.Pack.Name;
            var schema = EventTableDefinition.Quote(name);
            await Execute(connection,
                $"""
                CREATE SCHEMA IF NOT EXISTS {schema};
                GRANT USAGE ON SCHEMA {schema} TO {Migrator.ServerRole}, {Migrator.ReaderRole};
                """, cancel);
            foreach (var chain in pack.Pack.Chains.Keys)
            {
                var tables = EventTableDefinition.Of(pack, chain);
                var anew = false;
                foreach (var table in tables) anew |= await Create(connection, chain, table, cancel);
                if (!anew) continue;
                // One cursor speaks for all tables of the chain: they are filled again together.
                foreach (var table in tables) await Execute(connection, $"TRUNCATE {table.QualifiedName}", cancel);
            }

            await transaction.CommitAsync(cancel);
        }
    }

    private static async Task<bool> Create(
        NpgsqlConnection connection, string chain, EventTableDefinition table, CancellationToken cancel)
    {
        await using var known = new NpgsqlCommand(
            "SELECT definition = $3::jsonb FROM indexing.tables WHERE pack = $1 AND name = $2", connection)
        {
            Parameters = { new() { Value = table.Schema }, new() { Value = table.Table }, new() { Value = table.Description } },
        };
        var same = await known.ExecuteScalarAsync(cancel);
        if (same is true) return false;
        await Execute(connection, $"DROP TABLE IF EXISTS {table.QualifiedName}", cancel);
        var columns = string.Concat(table.Columns.Select(c => $",\n    {EventTableDefinition.Quote(c.Name)} {c.SqlType}"));
        await Execute(connection,
            $"""
            CREATE TABLE {table.QualifiedName} (
                chain text NOT NULL,
                block_number bigint NOT NULL,
                block_hash bytea NOT NULL,
                block_time timestamptz NOT NULL,
                transaction_hash bytea NOT NULL,
                log_index integer NOT NULL{columns},
                PRIMARY KEY (chain, block_number, log_index)
            );
            GRANT SELECT, INSERT, DELETE ON {table.QualifiedName} TO {Migrator.ServerRole};
            GRANT SELECT ON {table.QualifiedName} TO {Migrator.ReaderRole};
            """, cancel);
        await using var record = new NpgsqlCommand(
            """
            INSERT INTO indexing.tables (pack, name, definition) VALUES ($1, $2, $3::jsonb)
            ON CONFLICT (pack, name) DO UPDATE SET definition = excluded.definition
            """, connection)
        {
            Parameters = { new() { Value = table.Schema }, new() { Value = table.Table }, new() { Value = table.Description } },
        };
        await record.ExecuteNonQueryAsync(cancel);

        foreach (var own in (string[])["blocks", "announced", "cursors", "row_counts"])
        {
            await using var forget = new NpgsqlCommand($"DELETE FROM indexing.{own} WHERE pack = $1 AND chain = $2", connection)
            {
                Parameters = { new() { Value = table.Schema }, new() { Value = chain } },
            };
            await forget.ExecuteNonQueryAsync(cancel);
        }

        return true;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
