using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>What other hands take out of the tables, or put into them, is noticed and read from the chain again.</summary>
public sealed class GapTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const int Swaps = 200;
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly ChainHealth _health = new(TimeProvider.System);
    private OperationsStore _store = null!;
    private string _database = null!;
    private FactoryPack _pack = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await FactoryPack.Deploy(chain.Rpc, 4);
        _database = await database.FreshDatabase();
        _pack = new FactoryPack(chain.Endpoint.ToString());
        await EventTables.Create(database.Postgres.ConnectionString(_database, EmbeddedPostgres.Owner), [_pack.Bound], Cancel);
        _store = OperationsStore.Open(database.Postgres.ConnectionString(_database, EmbeddedPostgres.Server), TimeProvider.System);
        await FactoryPack.Announce(chain.Rpc, 0);
        for (var i = 0; i < Swaps; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
        await Index(async () => await AtHead());
        Assert.Equal(Enumerable.Range(0, Swaps), await Amounts());
        Assert.Empty(await Wrong());
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _pack.Dispose();
    }

    [Theory]
    [InlineData("DELETE FROM pools.swaps WHERE block_number BETWEEN 20 AND 40")]
    [InlineData("DELETE FROM pools.swaps WHERE block_number > 190")]
    [InlineData("DELETE FROM pools.swaps")]
    [InlineData("INSERT INTO pools.swaps SELECT chain, block_number, block_hash, block_time, transaction_hash, 99, pool, \"user\", amount, up, source, weight FROM pools.swaps WHERE block_number = 50")]
    [InlineData("DELETE FROM indexing.blocks WHERE number > 150 AND number % 2 = 0")]
    [InlineData("DELETE FROM indexing.blocks")]
    [InlineData("DELETE FROM indexing.announced")]
    [InlineData("DELETE FROM indexing.announced; DELETE FROM pools.swaps WHERE block_number BETWEEN 20 AND 40; DELETE FROM indexing.blocks WHERE number = 195")]
    public async Task Rows_that_other_hands_took_or_added_are_put_right(string damage)
    {
        await Damage(damage);
        await Index(async () =>
        {
            // Following goes on meanwhile, and what is found is mended at the next block.
            for (var i = Swaps; i < Swaps + 3; i++) await FactoryPack.Swap(chain.Rpc, 0, i);
            await Until(async () => _health.Chains.Any(c => c.Gaps > 0));
            await FactoryPack.Swap(chain.Rpc, 0, Swaps + 3);
            await Until(async () => (await Amounts()).SequenceEqual(Enumerable.Range(0, Swaps + 4)) && (await Wrong()).Count == 0);
        });
        Assert.Single(await _store.Query<long>("SELECT block_number FROM indexing.announced", null, Cancel));
        await Index(async () => await AtHead());
        Assert.Equal(Enumerable.Range(0, Swaps + 4), await Amounts());
    }

    [Fact]
    public async Task Rows_written_before_counts_were_kept_are_counted_as_they_are()
    {
        await Damage("DELETE FROM indexing.row_counts; UPDATE indexing.cursors SET counted = false");
        await Index(async () =>
        {
            await FactoryPack.Swap(chain.Rpc, 0, Swaps);
            await AtHead();
        });
        Assert.Equal(0, _health.Chains[0].Gaps);
        Assert.Empty(await Wrong());
        Assert.Equal(Swaps + 1, await _store.QueryFirstOrDefault<long>("SELECT sum(rows)::bigint FROM indexing.row_counts WHERE table_name = 'swaps'"));
    }

    private Task<IReadOnlyList<long>> Wrong() =>
        new IndexWriter(_store, _pack.Bound, "ethereum", _pack.Bound.Environment.Chains["ethereum"].Id).Counts.Wrong(_store, Cancel);

    private async Task<IEnumerable<int>> Amounts() =>
        (await _store.Query<decimal>("SELECT amount FROM pools.swaps ORDER BY block_number, log_index", null, Cancel)).Select(a => (int)(a * 100));

    private async Task Damage(string sql)
    {
        await using var connection = new NpgsqlConnection(database.Postgres.ConnectionString(_database, EmbeddedPostgres.Admin) + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(Cancel));
    }

    private async Task Index(Func<Task> meanwhile)
    {
        var lease = (await _store.Leases.TryAcquire($"test:{Guid.NewGuid()}", TimeSpan.FromMinutes(5), Cancel))!;
        await using var endpoints = new RpcEndpoints([new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly)]);
        using var stop = new CancellationTokenSource();
        var running = new IndexingLoop(_store, _pack.Bound, "ethereum", endpoints, new EvmReader(endpoints), null, _health, NullLogger.Instance).Run(lease, stop.Token);
        await meanwhile();
        await stop.CancelAsync();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsFaulted) await running;
    }

    private Task AtHead() => Until(async () =>
    {
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        return (await _store.Cursor("pools", "ethereum", Cancel))?.BlockHash == (await new EvmReader(transport).Head(Cancel)).Hash;
    });

    private async Task Until(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"Not after 30 s: {string.Join(' ', _health.Chains)}");
            await Task.Delay(20, Cancel);
        }
    }
}
