using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>What following costs a node does not grow with the number of contracts.</summary>
public sealed class RequestsPerBlockTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>
{
    private const int Blocks = 20;
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task A_thousand_contracts_cost_no_more_requests_for_a_block_than_one()
    {
        var one = await LogRequests(1);
        var thousand = await LogRequests(1000);
        Assert.InRange(one, Blocks, 2 * Blocks);
        Assert.InRange(thousand, Blocks, one);
    }

    // Requests for logs while so many blocks, with an event in each, come one by one.
    private async Task<int> LogRequests(int pools)
    {
        await chain.Clean();
        await FactoryPack.Deploy(chain.Rpc, 1);
        await chain.Rpc.Send("evm_setAutomine", [false], Cancel);
        for (var pool = 0; pool < pools; pool++)
        {
            await FactoryPack.Announce(chain.Rpc, pool);
            if (pool % 200 == 199) await chain.Anvil.Mine(1, Cancel);
        }

        await chain.Anvil.Mine(5, Cancel);
        await chain.Rpc.Send("evm_setAutomine", [true], Cancel);
        using var pack = new FactoryPack(chain.Endpoint.ToString());
        var name = await database.FreshDatabase();
        await EventTables.Create(database.Postgres.ConnectionString(name, EmbeddedPostgres.Owner), [pack.Bound], Cancel);
        await using var store = OperationsStore.Open(database.Postgres.ConnectionString(name, EmbeddedPostgres.Server), TimeProvider.System);
        var lease = (await store.Leases.TryAcquire("test", TimeSpan.FromMinutes(5), Cancel))!;
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var counting = new CountingRpc(transport);
        await using var endpoints = new RpcEndpoints([counting]);
        using var stop = new CancellationTokenSource();
        var running = new IndexingLoop(store, pack.Bound, "ethereum", endpoints, new EvmReader(endpoints), null, new ChainHealth(TimeProvider.System), NullLogger.Instance)
            .Run(lease, stop.Token);
        await AtHead(store);
        Assert.Equal(pools, await store.QueryFirstOrDefault<long>("SELECT count(*) FROM indexing.announced"));
        var before = counting.Logs;
        for (var block = 0; block < Blocks; block++)
        {
            await FactoryPack.Swap(chain.Rpc, 0, block);
            await AtHead(store);
        }

        var requests = counting.Logs - before;
        await stop.CancelAsync();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.Equal(Blocks, await store.QueryFirstOrDefault<long>("SELECT count(*) FROM pools.swaps"));
        return requests;
    }

    private async Task AtHead(OperationsStore store)
    {
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var head = (await new EvmReader(transport).Head(Cancel)).Hash;
        var began = TimeProvider.System.GetTimestamp();
        while ((await store.Cursor("pools", "ethereum", Cancel))?.BlockHash != head)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "Not at the head after 30 s.");
            await Task.Delay(5, Cancel);
        }
    }

    private sealed class CountingRpc(IJsonRpc inner) : IJsonRpc
    {
        private int _logs;

        public int Logs => _logs;

        public string Name => inner.Name;

        public Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel)
        {
            Count(request);
            return inner.Send(request, read, cancel);
        }

        public Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel)
        {
            foreach (var request in requests) Count(request);
            return inner.SendBatch(requests, cancel);
        }

        private void Count(RpcRequest request)
        {
            if (request.Method == "eth_getLogs") Interlocked.Increment(ref _logs);
        }
    }
}
