using Npgsql;

namespace Quarterdeck.Store.Tests.Audit;

public sealed class AppendOnlyTests(AuditLogFixture fixture) : IClassFixture<AuditLogFixture>
{
    public static TheoryData<string> Attempts()
    {
        var data = new TheoryData<string>();
        foreach (var table in new[] { "inbox", "leaves", "nodes", "checkpoints" })
        {
            data.Add($"DELETE FROM audit.{table}");
            data.Add($"TRUNCATE audit.{table} CASCADE");
            data.Add($"DROP TABLE audit.{table} CASCADE");
            data.Add($"ALTER TABLE audit.{table} DISABLE TRIGGER ALL");
            data.Add($"CREATE RULE r AS ON INSERT TO audit.{table} DO INSTEAD NOTHING");
            data.Add($"SELECT * FROM audit.{table} FOR UPDATE");
            data.Add($"CREATE TRIGGER t BEFORE INSERT ON audit.{table} EXECUTE FUNCTION audit.refuse()");
        }

        data.Add("UPDATE audit.inbox SET entry = '\\x7b7d'");
        data.Add("UPDATE audit.leaves SET index = index + 1");
        data.Add("UPDATE audit.nodes SET hash = ''");
        data.Add("UPDATE audit.checkpoints SET note = ''");
        data.Add("DELETE FROM audit.cosignatures");
        data.Add("UPDATE audit.cosignatures SET line = ''");
        data.Add("INSERT INTO audit.inbox (entry, subject, action, xid) VALUES ('\\x7b7d', '', '', '1')");
        data.Add("INSERT INTO audit.inbox (id, entry, subject, action) OVERRIDING SYSTEM VALUE VALUES (1, '\\x7b7d', '', '')");
        data.Add("INSERT INTO audit.leaves VALUES (0, 1, decode(repeat('00', 32), 'hex')) ON CONFLICT (index) DO UPDATE SET hash = excluded.hash");
        data.Add("SELECT setval('audit.inbox_id_seq', 1)");
        data.Add("CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'");
        data.Add("DROP SCHEMA audit CASCADE");
        data.Add("SET ROLE quarterdeck_owner");
        data.Add("GRANT UPDATE ON audit.inbox TO quarterdeck_server");
        return data;
    }

    [Theory]
    [MemberData(nameof(Attempts))]
    public async Task The_role_of_the_server_cannot(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Server);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.StartsWith("GRANT", StringComparison.Ordinal))
        {
            // PostgreSQL only warns that nothing was granted.
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await using var check = new NpgsqlCommand("SELECT has_table_privilege('quarterdeck_server', 'audit.inbox', 'UPDATE')", connection);
            Assert.Equal(false, await check.ExecuteScalarAsync(TestContext.Current.CancellationToken));
            return;
        }

        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        Assert.True(error.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{error.SqlState}: {error.MessageText}");
    }

    [Theory]
    [InlineData("DELETE FROM audit.inbox")]
    [InlineData("TRUNCATE audit.checkpoints CASCADE")]
    [InlineData("DELETE FROM audit.cosignatures")]
    [InlineData("UPDATE audit.leaves SET index = 0")]
    public async Task Not_even_the_owner_does_it_by_accident(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Owner);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        Assert.Contains("append-only", error.MessageText, StringComparison.Ordinal);
    }
}
