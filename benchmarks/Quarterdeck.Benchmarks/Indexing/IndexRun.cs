using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>
/// The indexer as a process of its own: loads the pack, makes its tables, fills them with the code that the server runs, and
/// ends when the last row is committed.
/// </summary>
internal static class IndexRun
{
    public const string Word = "index-run";

    /// <param name="arguments">Pack folder, connection of the server, connection of the owner, last block.</param>
    public static async Task<int> Run(IReadOnlyList<string> arguments)
    {
        var pack = BenchPack.Load(arguments[0]);
        var target = ulong.Parse(arguments[3], CultureInfo.InvariantCulture);
        await EventTables.Create(arguments[2], [pack], CancellationToken.None);
        await using var store = OperationsStore.Open(arguments[1], TimeProvider.System);
        var lease = await store.Leases.TryAcquire("watch:bench", TimeSpan.FromMinutes(10), CancellationToken.None)
            ?? throw new InvalidOperationException("Another process indexes into this database.");
        var health = new ChainHealth(TimeProvider.System);
        var chain = WatchedChain.Open(pack.Environment.Chains["devnet"], TimeProvider.System);
        var running = new IndexingLoop(store, pack, "devnet", chain.Endpoints, chain.Agreed, null, health, NullLogger.Instance).Run(lease, CancellationToken.None);
        while (health.Chains is not [var state] || !(state.Backfill?.At >= target || state.Indexed?.Number >= target))
        {
            if (running.IsCompleted) await running;
            await Task.Delay(2);
        }

        return 0;
    }
}
