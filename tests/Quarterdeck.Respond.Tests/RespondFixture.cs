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

    public OperationsStore Open(TimeProvider? clock = null) => OperationsStore.Open(Server, clock ?? TimeProvider.System);
}
