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
            [typeof(OperationsStore).Assembly, System.Reflection.Assembly.Load("Quarterdeck.Observe"), typeof(RespondModule).Assembly]);
        await using var source = Npgsql.NpgsqlDataSource.Create(ownerConnectionString);
        await using var command = source.CreateCommand(
            $"""
            set role {Migrator.OwnerRole};
            create schema if not exists alerts;
            create table if not exists alerts.transitions (
                id bigint generated always as identity primary key, alert_id text not null, pack text not null, rule_group text not null,
                name text not null, severity text not null, labels jsonb not null, annotations jsonb not null, state text not null, reason text,
                value double precision not null, active_at timestamptz not null, block_number bigint, block_hash bytea, at timestamptz not null);
            reset role;
            """);
        await command.ExecuteNonQueryAsync();
    }

    public OperationsStore Open(TimeProvider? clock = null) => OperationsStore.Open(Server, clock ?? TimeProvider.System);
}
