using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>Our runs, and the floor under them.</summary>
internal sealed class OwnRuns(TransferChain chain, EmbeddedPostgres postgres, string folder)
{
    private const string Database = "own";
    private string Pack => Path.Combine(folder, "pack");

    /// <summary>Seconds from process start to its end after the last row, and peak memory.</summary>
    public Task<(double Seconds, double Megabytes)> Index(CancellationToken cancel) => Index(chain.Endpoint, chain.Blocks, cancel);

    /// <summary>The same over another endpoint, whose blocks hold as many events each.</summary>
    public async Task<(double Seconds, double Megabytes)> Index(Uri endpoint, int blocks, CancellationToken cancel)
    {
        BenchPack.Write(Pack, endpoint);
        await postgres.DropDatabase(Database, cancel);
        await postgres.EnsureDatabase(Database, "template0", cancel);
        await Migrator.Migrate(Owner + ";Pooling=false", [typeof(OperationsStore).Assembly, typeof(WatchedPacks).Assembly], cancel);
        var program = Environment.ProcessPath!;
        string[] own = [IndexRun.Word, Pack, Server, Owner, blocks.ToString(CultureInfo.InvariantCulture)];
        var (seconds, megabytes, _) = await MeasuredProcess.Run(program, own, folder, new Dictionary<string, string>(), null, TimeSpan.FromMinutes(5), cancel);
        await using var connection = await Open(cancel);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM bench.transfers", connection);
        var rows = (long)(await count.ExecuteScalarAsync(cancel))!;
        var expected = (long)blocks * TransferChain.LogsOfBlock;
        return rows == expected ? (seconds, megabytes) : throw new InvalidOperationException($"There are {rows} rows instead of {expected}.");
    }

    /// <summary>
    /// The floor under us: logs fetched, then rows COPYed that are ready. From process start to the last row as we are, and its
    /// two parts alone in this process, which is warm.
    /// </summary>
    public async Task<Floor> Floor(CancellationToken cancel)
    {
        await using var connection = await Open(cancel);
        var rows = new MemoryStream();
        await using (var ready = await connection.BeginRawBinaryCopyAsync("COPY bench.transfers TO STDOUT (FORMAT BINARY)", cancel)) await ready.CopyToAsync(rows, cancel);
        var file = Path.Combine(folder, "rows");
        await File.WriteAllBytesAsync(file, rows.ToArray(), cancel);
        await FloorRun.Prepare(connection, cancel);
        var (seconds, _, _) = await MeasuredProcess.Run(
            Environment.ProcessPath!, [FloorRun.Word, chain.Endpoint.ToString(), Owner, chain.Blocks.ToString(CultureInfo.InvariantCulture), file], folder,
            new Dictionary<string, string>(), null, TimeSpan.FromMinutes(5), cancel);
        await FloorRun.Prepare(connection, cancel);
        var fetch = await FloorRun.Fetch(chain.Endpoint, chain.Blocks, cancel);
        return new Floor(seconds, fetch, await FloorRun.Copy(connection, rows.GetBuffer().AsMemory(0, (int)rows.Length), cancel));
    }

    /// <summary>Median milliseconds from seeing a block of 100 events to its rows being committed, while following the head.</summary>
    public async Task<double> Live(CancellationToken cancel)
    {
        var pack = BenchPack.Load(Pack);
        await using var store = OperationsStore.Open(Server, TimeProvider.System);
        await store.Leases.Release((await store.Leases.TryAcquire("live", TimeSpan.FromMinutes(5), cancel))!, cancel);
        var lease = (await store.Leases.TryAcquire("live", TimeSpan.FromMinutes(5), cancel))!;
        var health = new ChainHealth(TimeProvider.System);
        var link = WatchedChain.Open(pack.Environment.Chains["devnet"], TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new IndexingLoop(store, pack, "devnet", link.Endpoints, link.Agreed, null, health, NullLogger.Instance).Run(lease, stop.Token);
        List<double> times = [];
        for (var block = 0; block < 60; block++)
        {
            var before = health.Chains is [{ Indexed: { } indexed }] ? indexed.Number : 0;
            await chain.Mine(cancel);
            while (!(health.Chains is [{ Indexed: { } now }] && now.Number > before)) await Task.Delay(1, cancel);
            if (block >= 10) times.Add(health.Chains[0].CommitTime!.Value.TotalMilliseconds);
        }

        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await link.Endpoints.DisposeAsync();
        return Alerts.PrometheusPeer.Median(times);
    }

    private string Server => postgres.ConnectionString(Database, EmbeddedPostgres.Server);

    private string Owner => postgres.ConnectionString(Database, EmbeddedPostgres.Owner);

    private async Task<NpgsqlConnection> Open(CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(Owner + ";Pooling=false");
        await connection.OpenAsync(cancel);
        return connection;
    }
}

/// <summary>Seconds of the floor.</summary>
/// <param name="Process">From process start to the last row.</param>
/// <param name="Fetch">The fetching alone, warm.</param>
/// <param name="Copy">The COPY alone, warm.</param>
internal sealed record Floor(double Process, double Fetch, double Copy);
