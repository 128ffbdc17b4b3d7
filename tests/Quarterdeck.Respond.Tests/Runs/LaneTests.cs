using System.Globalization;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>What happens to transactions when the chain does not behave.</summary>
public sealed class LaneTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private const string Anyone = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    private readonly TestOperators _operators = new();
    private TestWallet _alice = null!;
    private TestWallet _bob = null!;
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await Rpc("evm_setAutomine", true);
        // A snapshot does not hold the next block's fee.
        await Rpc("anvil_setNextBlockBaseFeePerGas", "0x3b9aca00");
        await Rpc("evm_mine");
        await TestPack.PutContracts(chain.Rpc);
        (_alice, _bob) = (_operators.Add("alice"), _operators.Add("bob"));
        _server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
    }

    public async ValueTask DisposeAsync() => await Rpc("evm_setAutomine", true);

    private async Task<string> Rpc(string method, params object?[] parameters) =>
        (await chain.Rpc.Send(method, parameters, CancellationToken.None)).ToString();

    private async Task<(World World, string Run)> Begin(TestPack pack)
    {
        var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        return (world, run);
    }

    private TestPack Pack(int confirmations = 1) => new(
        chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") }, confirmations: confirmations);

    private static async Task<TransactionSummary> Transaction(World world, string run, Func<TransactionSummary, bool> there)
    {
        for (var i = 0; i < 600; i++)
        {
            var found = (await world.Get<TransactionList>().Query(run, 10, CancellationToken.None)).FirstOrDefault(there);
            if (found is not null) return found;
            await Task.Delay(25, CancellationToken.None);
        }

        var all = await world.Get<TransactionList>().Query(run, 10, CancellationToken.None);
        throw new Xunit.Sdk.XunitException($"No such transaction among: {string.Join("; ", all)}");
    }

    [Fact]
    public async Task A_transaction_that_waits_too_long_is_replaced_on_the_same_nonce_at_a_higher_fee()
    {
        await Rpc("evm_setAutomine", false);
        using var pack = Pack();
        var (world, run) = await Begin(pack);
        await using var _ = world;
        var first = await Transaction(world, run, t => t is { State: TransactionState.Sent, Attempts: 1 });
        var raised = await Transaction(world, run, t => t is { State: TransactionState.Sent, Attempts: >= 2 });
        Assert.Equal(first.Nonce, raised.Nonce);
        Assert.NotEqual(first.Hash, raised.Hash);
        await Rpc("evm_setAutomine", true);
        await Rpc("evm_mine");
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_nonce_that_another_transaction_took_is_given_up_for_the_next()
    {
        await Rpc("evm_setAutomine", false);
        using var pack = Pack();
        var (world, run) = await Begin(pack);
        await using var _ = world;
        var first = await Transaction(world, run, t => t.State == TransactionState.Sent);
        // Somebody with the same key outbids it with something else.
        await Rpc("anvil_dropTransaction", first.Hash.ToString());
        await Rpc("eth_sendTransaction", new
        {
            from = Sender,
            to = Anyone,
            value = "0x1",
            nonce = $"0x{first.Nonce.ToString("x", CultureInfo.InvariantCulture)}",
            maxFeePerGas = "0x174876e800",
            maxPriorityFeePerGas = "0x174876e800",
        });
        await Rpc("evm_mine");
        await Rpc("evm_setAutomine", true);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        var last = await Transaction(world, run, t => t.State == TransactionState.Confirmed);
        Assert.Equal(first.Nonce + 1, last.Nonce);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_transaction_that_is_taken_back_between_its_receipt_and_the_read_back_is_sent_again_and_judged_anew()
    {
        var paused = Chains.Evm.Hex.Data(Chains.Evm.Abi.AbiFunction.Parse("paused()").EncodeCall());
        await using var door = new ReorganisingDoor(chain.Endpoint, chain.Rpc, paused);
        using var pack = new TestPack(door.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") });
        var (world, run) = await Begin(pack);
        await using var _ = world;
        var detail = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.True(door.Reorganised, "the chain took nothing back");
        Assert.Contains(await world.Store.Query<string>("select action from audit.inbox", null, CancellationToken.None), action => action == "transaction.orphan");
        Assert.Equal(StepState.Done, detail.Steps.Single(step => step.Kind == "send").State);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
        Assert.Single(await world.Get<TransactionList>().Query(run, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_transaction_is_believed_only_at_the_environments_depth_and_sent_again_where_a_reorganisation_drops_it()
    {
        using var pack = Pack(confirmations: 3);
        var (world, run) = await Begin(pack);
        await using var _ = world;
        var mined = await Transaction(world, run, t => t.State == TransactionState.Mined);
        await Rpc("anvil_reorg", 1, Array.Empty<object>());
        var back = await Transaction(world, run, t => t.BlockHash is { } hash && hash != mined.BlockHash);
        Assert.Equal(mined.Hash, back.Hash);
        Assert.NotEqual(RunState.Succeeded, (await world.Get<RunDetail>().Query(run, CancellationToken.None))!.Run.State);
        for (var i = 0; i < 3; i++) await Rpc("evm_mine");
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_settled_transaction_that_a_deep_reorganisation_drops_is_sent_again_and_judged_anew()
    {
        using var pack = Pack();
        var (world, run) = await Begin(pack);
        await using var _ = world;
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        var before = await Transaction(world, run, t => t.State == TransactionState.Confirmed);
        await Rpc("anvil_reorg", 1, Array.Empty<object>());
        var after = await Transaction(world, run, t => t.State == TransactionState.Confirmed && t.BlockHash != before.BlockHash);
        Assert.Equal(before.Hash, after.Hash);
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
    }

    private async Task<(World World, string Run, TransactionSummary First)> SpikedBefore(string runbook)
    {
        await Rpc("evm_setAutomine", false);
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string> { ["pause"] = runbook }, blockTime: "20s");
        var (world, run) = await Begin(pack);
        var first = await Transaction(world, run, t => t is { State: TransactionState.Sent, Attempts: 1 });
        // The lane looks once at the head that it waits on top of.
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        await Rpc("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
        await Rpc("evm_mine");
        return (world, run, first);
    }

    [Fact]
    public async Task In_an_emergency_the_first_block_without_it_raises_the_fee_and_the_next_one_has_it()
    {
        var (world, run, first) = await SpikedBefore(TestPack.PauseRunbook("Alpha"));
        await using var _ = world;
        var spiked = Chains.Evm.Hex.ParseUInt64(await Rpc("eth_blockNumber"));
        var raised = await Transaction(world, run, t => t is { State: TransactionState.Sent, Attempts: 2 });
        Assert.Equal(first.Nonce, raised.Nonce);
        await Rpc("evm_mine");
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        var last = await Transaction(world, run, t => t.State == TransactionState.Confirmed);
        Assert.Equal(2, last.Attempts);
        Assert.Equal((spiked + 1).ToString(CultureInfo.InvariantCulture), last.BlockNumber);
        TestContext.Current.TestOutputHelper?.WriteLine($"base fee up 100 times in block {spiked}; the replacement is in block {last.BlockNumber}");
    }

    [Fact]
    public async Task Without_an_emergency_the_policy_waits_its_blocks_before_it_pays_more()
    {
        await Rpc("eth_sendTransaction", new { from = Sender, to = TestPack.AddressOf(0).ToString(), data = "0x8456cb59" });
        var (world, run, first) = await SpikedBefore(
            TestPack.PauseRunbook("Alpha").Replace("pause()", "unpause()", StringComparison.Ordinal)
                .Replace("severity: critical", "severity: warning", StringComparison.Ordinal));
        await using var _ = world;
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        var still = await Transaction(world, run, t => t.State == TransactionState.Sent);
        Assert.Equal((1, first.Hash), (still.Attempts, still.Hash));
    }
}
