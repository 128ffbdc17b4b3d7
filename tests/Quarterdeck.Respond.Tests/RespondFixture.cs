using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests;

/// <summary>A migrated database.</summary>
public sealed class RespondFixture : PostgresFixture
{
    protected override async Task Migrate(string ownerConnectionString)
    {
        await Migrator.Migrate(
            ownerConnectionString,
            [typeof(OperationsStore).Assembly, typeof(Observe.ObserveModule).Assembly, typeof(RespondModule).Assembly]);
    }

    /// <summary>Writes other bytes over a plan's, as a broken disk or somebody with the database's own powers would.</summary>
    public async Task Damage(string server, Hash32 plan)
    {
        var name = new NpgsqlConnectionStringBuilder(server).Database!;
        await using var source = NpgsqlDataSource.Create(Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Admin));
        await using var damage = source.CreateCommand(
            $$"""
            alter table approvals.plans disable trigger all;
            do $do$ declare each text; begin
                for each in select conname from pg_constraint where conrelid = 'approvals.plans'::regclass and contype = 'c' loop
                    execute format('alter table approvals.plans drop constraint %I', each);
                end loop;
            end $do$;
            update approvals.plans set canonical = convert_to('{"not": "a plan"}', 'UTF8') where hash = '\x{{Convert.ToHexStringLower(plan.ToArray())}}';
            """);
        await damage.ExecuteNonQueryAsync();
    }

    public OperationsStore Open(TimeProvider? clock = null) => OperationsStore.Open(Server, clock ?? TimeProvider.System);
}
