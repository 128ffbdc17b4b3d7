using System.Numerics;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>Filling and following as one, on a real chain and a real database, with contracts that a factory announces.</summary>
public sealed class BackfillTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string AllSwaps = "SELECT block_number, log_index, pool, amount, up FROM pools.swaps ORDER BY block_number, log_index";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private OperationsStore _store = null!;
    private string _database = null!;
    private FactoryPack? _pack;
    private Task _running = Task.CompletedTask;
    private readonly ChainHealth _health = new(TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await FactoryPack.Deploy(chain.Rpc, 4);
        _database = await database.FreshDatabase();
        _store = OperationsStore.Open(database.Postgres.ConnectionString(_database, Devnet.Postgres.EmbeddedPostgres.Server), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _pack?.Dispose();
    }

    [Fact]
    public async Task Filling_and_following_after_it_give_each_event_once()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < 150; i++) await FactoryPack.Swap(chain.Rpc, 0, i - 70, i % 2 == 0);
        await using (await Running())
        {
            await AtHead();
            for (var i = 150; i < 170; i++) await FactoryPack.Swap(chain.Rpc, 0, i - 70, i % 2 == 0);
            await AtHead();
        }

        var swaps = await _store.Query<(long Block, int Index, string Pool, decimal Amount, bool Up)>(AllSwaps, null, Cancel);
        Assert.Equal(Enumerable.Range(0, 170).Select(i => (FactoryPack.Pool(0).ToString(), (i - 70) / 100m, i % 2 == 0)), swaps.Select(s => (s.Pool, s.Amount, s.Up)));
        Assert.Equal(Enumerable.Range(100, 70).Where(i => i - 70 >= 100 && i % 2 == 0).Select(i => (BigInteger)(i - 70)),
            await _store.Query<BigInteger>("SELECT amount FROM pools.large_swaps ORDER BY block_number", null, Cancel));
        Assert.Equal(("chain", 1.50m), await _store.QueryFirstOrDefault<(string, decimal)>("SELECT source, weight FROM pools.swaps"));
        var cursor = await _store.Cursor("pools", "ethereum", Cancel);
        Assert.Equal((1L, true), (cursor!.FirstBlock!.Value, cursor.Live));
        // Block rows are for taking back, so only those that are not final are kept.
        Assert.InRange(await _store.QueryFirstOrDefault<long>("SELECT min(number) FROM indexing.blocks WHERE pack = 'pools'"), 80, 120);
        Assert.True(_health.Chains[0].Endpoints is [{ Usable: true, Answers: > 0 }]);
    }

    [Fact]
    public async Task Block_times_are_those_of_the_blocks_whether_the_node_gives_them_with_the_log_or_not()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < 90; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
        await using (await Running(rpc => new OddRpc(rpc) { HidesTimes = true })) await AtHead();
        var reader = new EvmReader(new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly));
        var rows = await _store.Query<(long Block, DateTimeOffset Time)>("SELECT block_number, block_time FROM pools.swaps ORDER BY block_number", null, Cancel);
        Assert.Equal(90, rows.Count);
        foreach (var (block, time) in rows) Assert.Equal((await reader.Block((ulong)block, Cancel))!.Time, time);
    }

    [Fact]
    public async Task Filling_that_is_ended_anywhere_goes_on_from_its_cursor()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString(), ", batchSize: 2, concurrency: 1"));
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < 200; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
        for (var round = 0; round < 6; round++)
        {
            await using (await Running()) await Task.Delay(20 + 15 * round);
        }

        await using (await Running()) await AtHead();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i / 100m), await _store.Query<decimal>("SELECT amount FROM pools.swaps ORDER BY block_number", null, Cancel));
    }

    [Fact]
    public async Task A_node_that_refuses_long_ranges_and_one_that_lacks_blocks_cost_no_row()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < 150; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
        await using (await Running(rpc => new OddRpc(rpc) { LongestRange = 3 }, rpc => new OddRpc(rpc) { HasUpTo = 40 })) await AtHead();
        Assert.Equal(Enumerable.Range(0, 150).Select(i => i / 100m), await _store.Query<decimal>("SELECT amount FROM pools.swaps ORDER BY block_number", null, Cancel));
    }

    [Fact]
    public async Task Contracts_announced_in_a_block_that_is_taken_back_are_forgotten_with_their_rows()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await FactoryPack.Swap(chain.Rpc, 1, 7);
        await using (await Running())
        {
            await AtHead();
            Assert.Empty(await _store.Query<long>("SELECT block_number FROM pools.swaps", null, Cancel));
            await chain.Rpc.Send("evm_setAutomine", [false], Cancel);
            await FactoryPack.Announce(chain.Rpc, 1);
            await FactoryPack.Swap(chain.Rpc, 1, 8);
            await chain.Anvil.Mine(1, Cancel);
            await chain.Rpc.Send("evm_setAutomine", [true], Cancel);
            await FactoryPack.Swap(chain.Rpc, 1, 9);
            await AtHead();
            Assert.Equal([0.08m, 0.09m], await _store.Query<decimal>("SELECT amount FROM pools.swaps ORDER BY block_number", null, Cancel));
            await chain.Anvil.Reorganise(2, Cancel);
            await AtHead();
            await FactoryPack.Swap(chain.Rpc, 1, 10);
            await AtHead();
            Assert.Empty(await _store.Query<long>("SELECT block_number FROM pools.swaps", null, Cancel));
            Assert.Empty(await _store.Query<long>("SELECT block_number FROM indexing.announced", null, Cancel));
            await FactoryPack.Announce(chain.Rpc, 1);
            await FactoryPack.Swap(chain.Rpc, 1, 11);
            await AtHead();
            Assert.Equal([0.11m], await _store.Query<decimal>("SELECT amount FROM pools.swaps", null, Cancel));
        }
    }

    [Fact]
    public async Task A_malformed_log_is_counted_and_stops_nothing()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await FactoryPack.Announce(chain.Rpc, 0);
        await FactoryPack.Malformed(chain.Rpc, 0);
        await FactoryPack.Swap(chain.Rpc, 0, 5);
        await using (await Running()) await AtHead();
        Assert.Equal([0.05m], await _store.Query<decimal>("SELECT amount FROM pools.swaps", null, Cancel));
        Assert.Equal(2, _health.Chains[0].Undecodable);
    }

    [Fact]
    public async Task A_start_below_what_was_indexed_is_a_gap_that_is_filled()
    {
        await Use(new FactoryPack(chain.Endpoint.ToString(), start: "start: 60"));
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < 150; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
        await using (await Running()) await AtHead();
        Assert.Equal(0, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM pools.swaps"));
        _pack!.Dispose();
        await Use(new FactoryPack(chain.Endpoint.ToString()));
        await using (await Running()) await AtHead();
        Assert.Equal(150, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM pools.swaps"));
    }

    private async Task Use(FactoryPack pack)
    {
        _pack = pack;
        await EventTables.Create(database.Postgres.ConnectionString(_database, Devnet.Postgres.EmbeddedPostgres.Owner), [pack.Bound], Cancel);
    }

    private async Task<IAsyncDisposable> Running(params Func<IJsonRpc, IJsonRpc>[] endpoints)
    {
        var lease = (await _store.Leases.TryAcquire($"test:{Guid.NewGuid()}", TimeSpan.FromMinutes(5), Cancel))!;
        if (endpoints.Length == 0) endpoints = [rpc => rpc];
        var all = new RpcEndpoints([.. endpoints.Select(e => e(new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly)))]);
        var loop = new IndexingLoop(_store, _pack!.Bound, "ethereum", all, new EvmReader(all), null, _health, NullLogger.Instance);
        var stop = new CancellationTokenSource();
        _running = loop.Run(lease, stop.Token);
        return new RunningLoop(_running, stop, all);
    }

    private async Task AtHead()
    {
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var reader = new EvmReader(transport);
        var deadline = TimeProvider.System.GetTimestamp();
        while ((await _store.Cursor("pools", "ethereum", Cancel))?.BlockHash is var at && at != (await reader.Head(Cancel)).Hash)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(30), $"Not at the head after 30 s: {string.Join(' ', _health.Chains)}");
            if (_running.IsFaulted) await _running;
            await Task.Delay(20, Cancel);
        }
    }

    private sealed record RunningLoop(Task Task, CancellationTokenSource Stop, RpcEndpoints Endpoints) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Stop.CancelAsync();
            await Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Task.IsFaulted) throw Task.Exception.InnerException!;
            await Endpoints.DisposeAsync();
            Stop.Dispose();
        }
    }
}
