using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests.Indexing;

public sealed class IndexWriterTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private OperationsStore _store = null!;
    private IndexWriter _writer = null!;
    private Lease _lease = null!;

    private Address Vault => database.Sample.Bound.Contract("Vault")!.Address;

    public async ValueTask InitializeAsync()
    {
        _store = database.Open();
        _writer = new IndexWriter(_store, database.Sample.Bound, "ethereum", ChainId.Evm(31337));
        _lease = (await _store.Leases.TryAcquire($"test:{Guid.NewGuid()}", TimeSpan.FromMinutes(5), Cancel))!;
        await _writer.StartOver(_lease, Cancel);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Rows_blocks_and_cursor_move_together()
    {
        var batch = MadeChain.Batch("a", null, 6, Vault);
        Assert.Equal(6, await _writer.Extend(_lease, batch, Cancel));
        Assert.Equal(batch.Head, await _store.Head("sample", "ethereum", Cancel));
        var row = Assert.Single(await _store.Query<(BigInteger Number, string Depositor, decimal Amount)>(
            "SELECT block_number::numeric, depositor, amount FROM sample.deposits WHERE block_number = 5 AND log_index = 1"));
        Assert.Equal((5, Vault.ToString(), 5.000000000000000001m), row);
    }

    [Fact]
    public async Task A_reorganisation_removes_exactly_the_orphaned_rows()
    {
        var first = MadeChain.Batch("a", null, 10, Vault);
        await _writer.Extend(_lease, first, Cancel);
        var fork = MadeChain.Batch("b", first.Blocks[6], 4, Vault);
        // Blocks 7, 8 and 9 are orphaned; they held 1 + 2 + 0 deposits.
        Assert.Equal(3, await _writer.Reorganise(_lease, [.. first.Blocks.Skip(7)], fork, Cancel));
        var expected = first.Logs.Where(l => l.BlockNumber <= 6).Concat(fork.Logs).Select(l => (l.BlockHash, l.LogIndex));
        var found = await _store.Query<(Hash32, int)>("SELECT block_hash, log_index FROM sample.deposits ORDER BY block_number, log_index");
        Assert.Equal(expected, found);
        Assert.Equal(fork.Head, await _store.Head("sample", "ethereum", Cancel));
    }

    [Fact]
    public async Task Random_forks_leave_what_an_index_of_the_last_branch_would_hold()
    {
        var random = new Random(20261120);
        for (var round = 0; round < 8; round++)
        {
            await _writer.StartOver(_lease, Cancel);
            var chain = new List<BlockRef>();
            var logs = new List<EvmLog>();
            for (var step = 0; step < 12; step++)
            {
                var keep = random.Next(3) == 0 || chain.Count == 0 ? chain.Count : random.Next(chain.Count);
                var orphaned = chain.Skip(keep).ToList();
                chain.RemoveRange(keep, orphaned.Count);
                logs.RemoveAll(l => orphaned.Exists(o => o.Hash == l.BlockHash));
                var batch = MadeChain.Batch($"{round}-{step}", chain.Count == 0 ? null : chain[^1], random.Next(1, 5), Vault);
                if (orphaned.Count == 0) await _writer.Extend(_lease, batch, Cancel);
                else await _writer.Reorganise(_lease, orphaned, batch, Cancel);
                chain.AddRange(batch.Blocks);
                logs.AddRange(batch.Logs);
            }

            Assert.Equal(logs.Select(l => (l.BlockHash, l.LogIndex)),
                await _store.Query<(Hash32, int)>("SELECT block_hash, log_index FROM sample.deposits ORDER BY block_number, log_index"));
            Assert.Equal(chain, await _store.Window("sample", "ethereum", 1000, Cancel));
        }
    }

    [Fact]
    public async Task A_writer_whose_lease_was_taken_over_writes_nothing()
    {
        await _store.Leases.Release(_lease, Cancel);
        await Assert.ThrowsAsync<LeaseLostException>(() => _writer.Extend(_lease, MadeChain.Batch("a", null, 3, Vault), Cancel));
        Assert.Null(await _store.Head("sample", "ethereum", Cancel));
    }

    [Fact]
    public async Task Hostile_text_and_wide_numbers_arrive_unchanged()
    {
        var block = MadeChain.Block("a", 0, default);
        var note = AbiEvent.Parse("event Note(string text, bool[] flags)");
        const string Text = "tab\t newline\n backslash\\ \\N quote' \r {} \u0001 ☠";
        var log = new EvmLog
        {
            Address = Vault,
            Topics = new LogTopics(note.Topic0),
            BlockHash = block.Hash,
            Data = AbiCodec.Encode([new AbiParameter(AbiType.Parse("string")), new AbiParameter(AbiType.Parse("bool[]"))], [Text, new object?[] { true, false }]),
        };
        var widest = BigInteger.Pow(2, 256) - 1;
        await _writer.Extend(_lease, new BlockBatch([block], [log, MadeChain.Deposit(block, 1, Vault, widest)]), Cancel);
        Assert.Equal((Text, "[true, false]"),
            await _store.QueryFirstOrDefault<(string, string)>("SELECT body, flags::text FROM sample.notes"));
        Assert.Equal(widest,
            await _store.QueryFirstOrDefault<BigInteger>("SELECT trunc(amount * 1e18) FROM sample.deposits"));
    }
}
