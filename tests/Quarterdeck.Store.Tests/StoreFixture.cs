using Quarterdeck.Testing;

namespace Quarterdeck.Store.Tests;

/// <summary>A migrated database with a table <c>things.thing</c> to write to.</summary>
public sealed class StoreFixture : PostgresFixture
{
    protected override async Task Migrate(string ownerConnectionString)
    {
        await Migrator.Migrate(ownerConnectionString, [typeof(OperationsStore).Assembly, typeof(StoreFixture).Assembly]);
    }

    public OperationsStore Open() => OperationsStore.Open(Server, TimeProvider.System);
}
