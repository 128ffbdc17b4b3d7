using System.Diagnostics;
using System.Globalization;
using System.Text;
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

    /// <summary>Seconds to fetch the logs and to COPY rows that are ready, one after the other: what nobody can go below by much.</summary>
    public async Task<(double Fetch, double Copy)> Floor(CancellationToken cancel)
    {
        await using var connection = await Open(cancel);
        var rows = new MemoryStream();
        await using (var ready = await connection.BeginRawBinaryCopyAsync("COPY bench.transfers TO STDOUT (FORMAT BINARY)", cancel)) await ready.CopyToAsync(rows, cancel);
        var fetch = Math.Min(await Fetch(10, cancel), await Fetch(40, cancel));
        await using var anew = new NpgsqlCommand("DROP TABLE IF EXISTS bench.ready; CREATE TABLE bench.ready (LIKE bench.transfers INCLUDING ALL)", connection);
        await anew.ExecuteNonQueryAsync(cancel);
        var began = Stopwatch.GetTimestamp();
        await using (var copy = await connection.BeginRawBinaryCopyAsync("COPY bench.ready FROM STDIN (FORMAT BINARY)", cancel))
            await copy.WriteAsync(rows.GetBuffer().AsMemory(0, (int)rows.Length), cancel);
        return (fetch, Stopwatch.GetElapsedTime(began).TotalSeconds);
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

    private async Task<double> Fetch(int size, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = chain.Endpoint };
        var (next, began) = (1 - size, Stopwatch.GetTimestamp());
        async Task Worker()
        {
            var buffer = new byte[1 << 16];
            while (Interlocked.Add(ref next, size) is var from && from <= chain.Blocks)
            {
                var to = Math.Min(chain.Blocks, from + size - 1);
                var ask = $$"""{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"address":"{{TransferChain.Token}}","fromBlock":"0x{{from:x}}","toBlock":"0x{{to:x}}"}]}""";
                using var content = new StringContent(ask, Encoding.UTF8, "application/json");
                using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = content };
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
                await using var body = await answer.Content.ReadAsStreamAsync(cancel);
                while (await body.ReadAsync(buffer, cancel) > 0) { }
            }
        }

        await Task.WhenAll(Worker(), Worker(), Worker(), Worker());
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
