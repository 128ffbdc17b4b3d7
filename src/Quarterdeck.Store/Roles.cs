using Npgsql;

namespace Quarterdeck.Store;

/// <summary>The three roles, made where the connection may make them, else demanded with the SQL that a DBA runs once.</summary>
internal static class Roles
{
    /// <summary>Run as the owner. What the server itself creates (a pack's event tables) is readable to the reader as well.</summary>
    public const string DefaultPrivileges =
        $"""
        ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {Migrator.ServerRole}, {Migrator.ReaderRole};
        ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {Migrator.ServerRole};
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {Migrator.ReaderRole};
        ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {Migrator.ServerRole};
        """;

    private const string ServerDefaultPrivileges =
        $"""
        SET ROLE {Migrator.ServerRole};
        ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {Migrator.ReaderRole};
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {Migrator.ReaderRole};
        RESET ROLE;
        """;

    public static async Task Ensure(NpgsqlConnection connection, CancellationToken cancel)
    {
        var database = await Scalar<string>(connection, "SELECT quote_ident(current_database())", cancel);
        foreach (var role in new[] { Migrator.OwnerRole, Migrator.ServerRole, Migrator.ReaderRole })
        {
            if (!await Scalar<bool>(connection, $"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')", cancel))
                await Grant(connection, database, $"CREATE ROLE {role} NOLOGIN", cancel);
        }

        if (!await IsMember(connection, Migrator.ServerRole, Migrator.ReaderRole, cancel))
            await Grant(connection, database, $"GRANT {Migrator.ReaderRole} TO {Migrator.ServerRole}", cancel);
        foreach (var role in new[] { Migrator.OwnerRole, Migrator.ServerRole })
        {
            if (!await Scalar<bool>(connection, $"SELECT pg_has_role('{role}', 'MEMBER')", cancel))
                await Grant(connection, database, $"GRANT {role} TO CURRENT_USER", cancel);
            if (!await Scalar<bool>(
                connection, $"SELECT has_database_privilege('{role}', current_database(), 'CREATE')", cancel))
            {
                await Grant(connection, database, $"GRANT CREATE ON DATABASE {database} TO {role}", cancel);
            }
        }

        await Migrator.Run(connection, ServerDefaultPrivileges, cancel);
    }

    private static async Task<bool> IsMember(
        NpgsqlConnection connection, string member, string of, CancellationToken cancel) =>
        await Scalar<bool>(connection, $"SELECT pg_has_role('{member}', '{of}', 'MEMBER')", cancel);

    // Roles belong to the whole cluster: two databases migrated at once may race, and the loser tries again.
    private static async Task Grant(NpgsqlConnection connection, string database, string sql, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Migrator.Run(connection, sql, cancel);
                return;
            }
            catch (PostgresException e) when (
                e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
            {
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InternalError && attempt < 20)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10 * attempt), cancel);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new SchemaException(
                    $"The database user may not do '{sql}': {e.MessageText}. Remedy: let a superuser run once:\n"
                    + $"  CREATE ROLE {Migrator.OwnerRole} NOLOGIN; CREATE ROLE {Migrator.ServerRole} NOLOGIN; "
                    + $"CREATE ROLE {Migrator.ReaderRole} NOLOGIN;\n"
                    + $"  GRANT {Migrator.ReaderRole} TO {Migrator.ServerRole};\n"
                    + $"  GRANT {Migrator.OwnerRole}, {Migrator.ServerRole} TO <the user of this connection>;\n"
                    + $"  GRANT CREATE ON DATABASE {database} TO {Migrator.OwnerRole}, {Migrator.ServerRole};", e);
            }
        }
    }

    private static async Task<T> Scalar<T>(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancel))!;
    }
}
