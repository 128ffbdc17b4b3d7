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
        await using var store = OperationsStore.Open(arguments[1], TimeProvider.System);
        var connecting = Task.Run(() => store.Connect(CancellationToken.None));
        var pack = BenchPack.Load(arguments[0]);
        var target = ulong.Parse(arguments[3], CultureInfo.InvariantCulture);
        await connecting;
        await new PackIndexing(store, pack, new ChainHealth(TimeProvider.System), NullLogger.Instance).Run(
            arguments[2], new IndexingGoal(target), null, CancellationToken.None);
        return 0;
    }
}
