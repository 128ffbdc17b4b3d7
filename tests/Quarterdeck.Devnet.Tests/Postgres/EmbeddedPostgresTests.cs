using Npgsql;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Postgres;

public sealed class EmbeddedPostgresTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Each_of_the_three_roles_can_connect_and_only_the_owner_makes_tables()
    {
        await Run(fixture.Owner, "CREATE SCHEMA harbour CREATE TABLE ship (name text)");
        Assert.Equal("quarterdeck_server", await Scalar(fixture.Server, "SELECT current_user::text"));
        Assert.Equal("quarterdeck_reader", await Scalar(fixture.Reader, "SELECT current_user::text"));

        var refused = await Assert.ThrowsAsync<PostgresException>(() => Run(fixture.Server, "CREATE TABLE harbour.boat (name text)"));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task A_killed_server_is_followed_by_one_with_its_committed_data()
    {
        var folder = Directory.CreateTempSubdirectory("pg-takeover-");
        folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var options = new PostgresOptions(folder.FullName);
        await using (var first = await EmbeddedPostgres.Start(options, CancellationToken.None))
        {
            await first.EnsureDatabase("log", "template1", CancellationToken.None);
            await Run(first.ConnectionString("log", EmbeddedPostgres.Owner), "CREATE SCHEMA s CREATE TABLE t (n int); INSERT INTO s.t VALUES (42)");

            // The first is not stopped: to the second it is what a killed parent left running.
            await using var second = await EmbeddedPostgres.Start(options, CancellationToken.None);
            Assert.Equal("42", await Scalar(second.ConnectionString("log", EmbeddedPostgres.Owner), "SELECT n::text FROM s.t"));
            await first.Exited;
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_durable_server_refuses_a_connection_without_its_password()
    {
        var folder = Directory.CreateTempSubdirectory("pg-password-");
        folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        await using (var postgres = await EmbeddedPostgres.Start(new PostgresOptions(folder.FullName), CancellationToken.None))
        {
            var with = new NpgsqlConnectionStringBuilder(postgres.ConnectionString("postgres", EmbeddedPostgres.Server)) { Password = "guess" };

            var refused = await Assert.ThrowsAsync<PostgresException>(() => Run(with.ConnectionString, "SELECT 1"));

            Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.FullName, "password")));
        }

        folder.Delete(recursive: true);
    }

    private static async Task Run(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string?> Scalar(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }
}
