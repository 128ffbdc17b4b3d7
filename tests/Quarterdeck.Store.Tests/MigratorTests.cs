using Npgsql;
using Quarterdeck.Devnet.Postgres;

namespace Quarterdeck.Store.Tests;

public sealed class MigratorTests(StoreFixture fixture) : IClassFixture<StoreFixture>
{
    private static readonly System.Reflection.Assembly[] Both = [typeof(OperationsStore).Assembly, typeof(StoreFixture).Assembly];
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrating_twice_applies_nothing_the_second_time()
    {
        Assert.Empty(await Migrator.Migrate(fixture.Owner, Both, Cancel));
    }

    [Fact]
    public async Task Two_migrators_at_once_apply_each_file_once()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await fixture.Postgres.EnsureDatabase(name, "template0", Cancel);
        var owner = fixture.Postgres.ConnectionString(name, EmbeddedPostgres.Owner);
        var runs = await Task.WhenAll(Migrator.Migrate(owner, Both, Cancel), Migrator.Migrate(owner, Both, Cancel));
        Assert.Equal(
            [
                "Quarterdeck.Store/Schema.001.store.sql", "Quarterdeck.Store/Audit.Schema.002.audit.sql",
                "Quarterdeck.Store/Audit.Schema.003.cosignatures.sql", "Quarterdeck.Store.Tests/Schema.001.things.sql",
            ],
            runs.Single(r => r.Count > 0));
        await fixture.Postgres.DropDatabase(name, Cancel);
    }

    [Fact]
    public async Task A_superuser_may_migrate_and_what_it_makes_belongs_to_the_owner()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await fixture.Postgres.EnsureDatabase(name, "template0", Cancel);
        var admin = fixture.Postgres.ConnectionString(name, EmbeddedPostgres.Admin);
        Assert.NotEmpty(await Migrator.Migrate(admin, Both, Cancel));
        await using (var store = OperationsStore.Open(admin, TimeProvider.System))
        {
            // More than once: a pooled connection must not come back as the superuser.
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("quarterdeck_owner", await store.QueryFirstOrDefault<string>(
                    "SELECT tableowner FROM pg_tables WHERE tablename = 'thing'", null, Cancel));
                Assert.Equal("quarterdeck_reader", await store.QueryFirstOrDefault<string>("SELECT current_user::text", null, Cancel));
                Assert.Equal("quarterdeck_server", await store.Ingest(FactSource.Clock(default),
                    w => w.QueryFirstOrDefault<string>("SELECT current_user::text"), Cancel));
            }
        }

        await fixture.Postgres.DropDatabase(name, Cancel);
    }

    [Fact]
    public async Task A_changed_applied_file_is_refused_with_its_name_and_the_remedy()
    {
        var name = await fixture.FreshDatabase();
        await using (var admin = new NpgsqlConnection(fixture.Postgres.ConnectionString(name, EmbeddedPostgres.Admin) + ";Pooling=false"))
        {
            await admin.OpenAsync(Cancel);
            await using var change = new NpgsqlCommand("UPDATE store.migrations SET sha256 = '\\x00' WHERE name LIKE '%things%'", admin);
            await change.ExecuteNonQueryAsync(Cancel);
        }

        var error = await Assert.ThrowsAsync<SchemaException>(() =>
            Migrator.Migrate(fixture.Postgres.ConnectionString(name, EmbeddedPostgres.Owner), Both, Cancel));
        Assert.Contains("Schema.001.things.sql of Quarterdeck.Store.Tests was changed", error.Message, StringComparison.Ordinal);
        Assert.Contains("Remedy: restore the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_cannot_migrate_nor_change_what_was_applied()
    {
        await using var store = fixture.Open();
        var error = await Assert.ThrowsAsync<PostgresException>(() => store.Ingest(FactSource.Clock(default),
            w => w.Execute("DELETE FROM store.migrations"), Cancel));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
        await Assert.ThrowsAsync<PostgresException>(() => store.Ingest(FactSource.Clock(default),
            w => w.Execute("ALTER TABLE things.thing ADD x int"), Cancel));
    }
}
