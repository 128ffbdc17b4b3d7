using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Primitives;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>
/// A chain that grows and is reorganised at random, endpoints that die and come back, and an indexer whose database
/// connections are killed in mid-transaction and which begins anew: at the end every table equals one indexed from scratch.
/// </summary>
[Trait("slow", "true")]
public sealed class ChaosTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>
{
    private const int Deepest = 64;
    private const int Pools = 4;
    private static readonly CancellationToken Cancel = CancellationToken.None;

    /// <summary>Minutes of chaos; 1 unless QUARTERDECK_CHAOS_MINUTES says otherwise.</summary>
    private static TimeSpan Length => TimeSpan.FromMinutes(
        double.TryParse(Environment.GetEnvironmentVariable("QUARTERDECK_CHAOS_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes : 1);

    [Fact]
    public async Task After_reorganisations_dying_endpoints_and_killed_connections_every_table_equals_one_indexed_from_scratch()
    {
        await FactoryPack.Deploy(chain.Rpc, Pools);
        using var pack = new FactoryPack(chain.Endpoint.ToString());
        var (victim, scratch) = (await Fresh(pack), await Fresh(pack));
        var random = new Random(20261121);
        var switches = new[] { new Switch(), new Switch(), new Switch() };
        using var stop = new CancellationTokenSource();
        var indexing = Index(victim, pack, switches, random.Next(), stop.Token);
        var (reorganisations, began) = (0, TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(began) < Length)
        {
            await Step(random, switches);
            if (random.Next(6) == 0 && await chain.Anvil.Head(Cancel) > Deepest + 1)
            {
                // Empty blocks come back with the same hashes, so some of the depth is lost on them; transactions are not mined again.
                await chain.Anvil.Reorganise(random.Next(1, Deepest + 1), Cancel);
                reorganisations++;
            }

            if (random.Next(8) == 0) await KillConnections(victim);
            if (indexing.IsFaulted) await indexing;
        }

        foreach (var one in switches) one.IsDead = false;
        await AtHead(victim);
        await stop.CancelAsync();
        await Task.WhenAny(indexing);
        using var ended = new CancellationTokenSource();
        var anew = Index(scratch, pack, [new Switch()], null, ended.Token);
        await AtHead(scratch);
        await ended.CancelAsync();
        await Task.WhenAny(anew);

        Assert.True(reorganisations > 5, $"Only {reorganisations} reorganisations happened.");
        foreach (var table in (string[])["pools.created", "pools.swaps", "pools.large_swaps", "indexing.announced"])
        {
            var rows = await Rows(victim, table);
            Assert.Equal(await Rows(scratch, table), rows);
            Assert.NotEmpty(rows);
        }
    }

    private async Task Step(Random random, Switch[] switches)
    {
        switch (random.Next(5))
        {
            case 0: await FactoryPack.Announce(chain.Rpc, random.Next(Pools)); break;
            case 1: await chain.Anvil.Mine(random.Next(1, 12), Cancel); break;
            case 2: switches[random.Next(switches.Length)].IsDead = random.Next(2) == 0; break;
            default:
                for (var i = random.Next(1, 6); i > 0; i--) await FactoryPack.Swap(chain.Rpc, random.Next(Pools), random.Next(-200, 400), random.Next(2) == 0);
                break;
        }
    }

    // Runs the indexer again and again, each time with connections and memory of its own, for a random while.
    private async Task Index(string name, FactoryPack pack, Switch[] switches, int? seed, CancellationToken stop)
    {
        var random = seed is { } s ? new Random(s) : null;
        while (!stop.IsCancellationRequested)
        {
            using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (random is not null) life.CancelAfter(random.Next(200, 6000));
            await using var store = OperationsStore.Open(database.Postgres.ConnectionString(name, EmbeddedPostgres.Server), TimeProvider.System);
            try
            {
                var lease = (await store.Leases.TryAcquire($"chaos:{Guid.NewGuid()}", TimeSpan.FromMinutes(30), life.Token))!;
                await using var endpoints = new RpcEndpoints(
                    [.. switches.Select(w => new SwitchedRpc(new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly), w))],
                    new EndpointsOptions { FirstRest = TimeSpan.FromMilliseconds(20) });
                await new IndexingLoop(
                    store, pack.Bound, "ethereum", endpoints, new EvmReader(endpoints), null, new ChainHealth(TimeProvider.System), NullLogger.Instance).Run(lease, life.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or TransientException)
            {
                // That life is over.
            }
        }
    }

    private async Task KillConnections(string name)
    {
        await using var connection = new NpgsqlConnection(database.Postgres.ConnectionString("postgres", EmbeddedPostgres.Admin) + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var kill = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", connection)
        {
            Parameters = { new() { Value = name } },
        };
        await kill.ExecuteNonQueryAsync(Cancel);
    }

    private async Task<string> Fresh(FactoryPack pack)
    {
        var name = await database.FreshDatabase();
        await EventTables.Create(database.Postgres.ConnectionString(name, EmbeddedPostgres.Owner) + ";Pooling=false", [pack.Bound], Cancel);
        return name;
    }

    private async Task AtHead(string name)
    {
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        await using var store = OperationsStore.Open(database.Postgres.ConnectionString(name, EmbeddedPostgres.Server), TimeProvider.System);
        var head = await new EvmReader(transport).Head(Cancel);
        var began = TimeProvider.System.GetTimestamp();
        while ((await store.Cursor("pools", "ethereum", Cancel))?.BlockHash != head.Hash)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(90), $"Not at {head.Ref} after 90 s, but at {await store.Cursor("pools", "ethereum", Cancel)}");
            await Task.Delay(100, Cancel);
        }
    }

    private async Task<List<string>> Rows(string name, string table)
    {
        await using var connection = new NpgsqlConnection(database.Postgres.ConnectionString(name, EmbeddedPostgres.Admin) + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"SELECT t::text FROM {table} t ORDER BY block_number, log_index", connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel)) rows.Add(reader.GetString(0));
        return rows;
    }

    private sealed class Switch
    {
        public volatile bool IsDead;
    }

    private sealed class SwitchedRpc(JsonRpcTransport inner, Switch on) : IJsonRpc, IAsyncDisposable
    {
        public string Name => inner.Name;

        public Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel) =>
            on.IsDead ? throw new TransientException($"{Name} is dead.") : inner.Send(request, read, cancel);

        public Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel) =>
            on.IsDead ? throw new TransientException($"{Name} is dead.") : inner.SendBatch(requests, cancel);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
