using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>
/// A chain that grows and is reorganised at random, endpoints that die and come back, database connections cut in
/// mid-transaction, and an indexer, the program itself, that is killed (SIGKILL) again and again: at the end every table equals
/// one indexed from scratch, row for row.
/// </summary>
public sealed class ChaosTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>
{
    private const int Deepest = 64;
    private const int Pools = 4;
    private static readonly CancellationToken Cancel = CancellationToken.None;

    /// <summary>Minutes of chaos where there is time for it; 10 unless QUARTERDECK_CHAOS_MINUTES says otherwise.</summary>
    private static TimeSpan Long => TimeSpan.FromMinutes(
        double.TryParse(Environment.GetEnvironmentVariable("QUARTERDECK_CHAOS_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes : 10);

    [Fact]
    [Trait("slow", "true")]
    public Task After_minutes_of_kills_reorganisations_and_dying_endpoints_every_table_equals_one_indexed_from_scratch() => Chaos(Long, new Random(20261121));

    [Fact]
    public Task After_a_few_kills_reorganisations_and_dying_endpoints_every_table_equals_one_indexed_from_scratch() =>
        Chaos(TimeSpan.FromSeconds(15), new Random(20261120));

    private async Task Chaos(TimeSpan length, Random random)
    {
        await chain.Clean();
        await FactoryPack.Deploy(chain.Rpc, Pools);
        await using var first = new FlakyProxy(chain.Endpoint);
        await using var second = new FlakyProxy(chain.Endpoint);
        await using var third = new FlakyProxy(chain.Endpoint);
        FlakyProxy[] endpoints = [first, second, third];
        using var pack = new FactoryPack(string.Join("\", \"", endpoints.Select(e => e.Url)), ", blockTime: 200ms");
        var (victim, scratch) = (await database.FreshDatabase(), await database.FreshDatabase());
        using var stop = new CancellationTokenSource();
        var lives = Live(victim, pack, new Random(random.Next()), stop.Token);
        var (reorganisations, began) = (0, TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(began) < length)
        {
            await Step(random, endpoints);
            if (random.Next(6) == 0 && await chain.Anvil.Head(Cancel) > Deepest + 1)
            {
                // Empty blocks come back with the same hashes, so some of the depth is lost on them; transactions are not mined again.
                await chain.Anvil.Reorganise(random.Next(1, Deepest + 1), Cancel);
                reorganisations++;
            }

            if (random.Next(12) == 0) await KillConnections(victim);
            if (lives.IsFaulted) await lives;
            // A chain has a pace; without one the indexer would never be anywhere but behind.
            await Task.Delay(random.Next(20), Cancel);
        }

        foreach (var one in endpoints) one.IsDead = false;
        // Something of each kind there is on the branch that stays.
        await FactoryPack.Announce(chain.Rpc, 0);
        await FactoryPack.Swap(chain.Rpc, 0, 250);
        await stop.CancelAsync();
        var (kills, ends) = await lives;
        await Untouched(victim, pack);
        await Untouched(scratch, pack);

        Assert.True(reorganisations > length.TotalSeconds / 30, $"Only {reorganisations} reorganisations happened.");
        Assert.True(kills > length.TotalSeconds / 30, $"The indexer was killed only {kills} times; it ended by itself: {string.Join(' ', ends)}");
        foreach (var rows in (string[])["pools.created", "pools.swaps", "pools.large_swaps", "indexing.announced"])
        {
            var (left, expected) = (await Rows(victim, $"SELECT t::text FROM {rows} t ORDER BY block_number, log_index"),
                await Rows(scratch, $"SELECT t::text FROM {rows} t ORDER BY block_number, log_index"));
            Assert.Equal(expected, left);
            Assert.NotEmpty(left);
        }

        const string Counts = "SELECT table_name || range || ' ' || rows FROM indexing.row_counts WHERE rows <> 0 ORDER BY 1";
        Assert.Equal(await Rows(scratch, Counts), await Rows(victim, Counts));
    }

    private async Task Step(Random random, FlakyProxy[] endpoints)
    {
        switch (random.Next(5))
        {
            case 0: await FactoryPack.Announce(chain.Rpc, random.Next(Pools)); break;
            case 1: await chain.Anvil.Mine(random.Next(1, 12), Cancel); break;
            case 2: endpoints[random.Next(endpoints.Length)].IsDead = random.Next(2) == 0; break;
            default:
                for (var i = random.Next(1, 6); i > 0; i--) await FactoryPack.Swap(chain.Rpc, random.Next(Pools), random.Next(-200, 400), random.Next(2) == 0);
                break;
        }
    }

    // Runs the indexer again and again and kills it each time, at a random moment after it has begun to write.
    private async Task<(int Kills, List<string> Ends)> Live(string name, FactoryPack pack, Random random, CancellationToken stop)
    {
        var (kills, ends) = (0, new List<string>());
        while (!stop.IsCancellationRequested)
        {
            using var process = Start(name, pack, []);
            try
            {
                var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
                var ended = process.WaitForExitAsync(CancellationToken.None);
                await Task.WhenAny(ended, Held(name, process.Id, stop));
                await Task.WhenAny(ended, Task.Delay(random.Next(50, 3000), stop));
                if (process.HasExited) ends.Add((await errors).Trim());
                else kills++;
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        return (kills, ends);
    }

    // Returns once that process indexes: the lease of one that was killed has to run out first.
    private async Task Held(string name, int process, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await Rows(name, $"SELECT holder FROM store.leases WHERE name = 'watch:pools' AND holder LIKE '%:{process}:%'") is [_]) return;
            }
            catch (NpgsqlException)
            {
                // The database is not migrated yet, or this connection was cut too.
            }

            await Task.Delay(50, CancellationToken.None);
        }
    }

    // Nobody disturbs it any more: it comes to the head and ends by itself.
    private async Task Untouched(string name, FactoryPack pack)
    {
        using var process = Start(name, pack, ["--until", "head"]);
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(120), Cancel);
        Assert.True(process.ExitCode == 0, $"It ended with code {process.ExitCode}: {await errors}");
        await using var store = OperationsStore.Open(database.Postgres.ConnectionString(name, EmbeddedPostgres.Server), TimeProvider.System);
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        Assert.Equal((await new EvmReader(transport).Head(Cancel)).Hash, (await store.Cursor("pools", "ethereum", Cancel))!.BlockHash);
    }

    private Process Start(string name, FactoryPack pack, string[] more)
    {
        var program = new ProcessStartInfo(BuildOutput.Dotnet) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[BuildOutput.Of(Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Server")), "index", pack.Folder, "--environment", "test", .. more])
            program.ArgumentList.Add(argument);
        program.Environment["QUARTERDECK_DATABASE"] = database.Postgres.ConnectionString(name, EmbeddedPostgres.Server);
        program.Environment["QUARTERDECK_DATABASE_OWNER"] = database.Postgres.ConnectionString(name, EmbeddedPostgres.Owner);
        return Process.Start(program)!;
    }

    private async Task KillConnections(string name)
    {
        await using var connection = await Open("postgres");
        await using var kill = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", connection)
        {
            Parameters = { new() { Value = name } },
        };
        await kill.ExecuteNonQueryAsync(Cancel);
    }

    private async Task<List<string>> Rows(string name, string sql)
    {
        await using var connection = await Open(name);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel)) rows.Add(reader.GetString(0));
        return rows;
    }

    private async Task<NpgsqlConnection> Open(string name)
    {
        var connection = new NpgsqlConnection(database.Postgres.ConnectionString(name, EmbeddedPostgres.Admin) + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        return connection;
    }
}
