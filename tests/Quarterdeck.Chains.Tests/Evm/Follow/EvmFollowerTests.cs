using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Follow;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Follow;

public sealed class EvmFollowerTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly JsonRpcTransport _rpc = new(anvil.Endpoint, RpcMethods.ReadOnly);
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));

    private EvmReader Reader => new(_rpc);

    public async ValueTask InitializeAsync()
    {
        await anvil.Clean();
        await ProbeContract.Place(anvil.Rpc, ProbeContract.At);
    }

    public ValueTask DisposeAsync()
    {
        _deadline.Dispose();
        return _rpc.DisposeAsync();
    }

    private static readonly FollowOptions Quick = new() { PollInterval = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task New_blocks_extend_what_is_known_without_a_gap()
    {
        await anvil.Anvil.Mine(250, default);
        await using var follow = Follow([], Quick with { Start = 0 });
        List<BlockRef> seen = [];
        while (seen.Count < 251) seen.AddRange((await Next<ChainUpdate.Extended>(follow)).Blocks);
        await anvil.Anvil.Mine(2, default);
        while (seen.Count < 253) seen.AddRange((await Next<ChainUpdate.Extended>(follow)).Blocks);
        AssertLinked(seen);
        Assert.Equal((await Reader.Head()).Ref, seen[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public async Task A_reorganisation_names_the_orphaned_blocks_and_those_in_their_place(int depth)
    {
        await anvil.Anvil.Mine(5, default);
        await ProbeContract.MineBusy(anvil.Rpc, depth);
        var known = await Headers(0);
        await using var follow = Follow(known, Quick);
        await anvil.Anvil.Reorganise(depth, default);
        var update = await Next<ChainUpdate.Reorganised>(follow);
        Assert.Equal(known.TakeLast(depth), update.Old);
        Assert.Equal(update.Old[0].ParentHash, update.New[0].ParentHash);
        AssertLinked(update.New);
        Assert.NotEqual(update.Old[0].Hash, update.New[0].Hash);
        await anvil.Anvil.Mine(1, default);
        var extended = await Next<ChainUpdate.Extended>(follow);
        Assert.Equal(update.New[^1].Hash, extended.Blocks[0].ParentHash);
    }

    // The chain is reorganised and grows while nobody follows: only the cursor knows the old branch.
    [Fact]
    public async Task A_reorganisation_while_it_was_down_is_found_from_the_cursor()
    {
        await ProbeContract.MineBusy(anvil.Rpc, 20);
        var cursor = (await Headers(0)).TakeLast(10).ToList();
        await anvil.Anvil.Reorganise(4, default);
        await anvil.Anvil.Mine(150, default);
        await using var follow = Follow(cursor, Quick);
        var update = await Next<ChainUpdate.Reorganised>(follow);
        Assert.Equal(cursor.TakeLast(4), update.Old);
        var branch = update.New.ToList();
        while (branch.Count < 154) branch.AddRange((await Next<ChainUpdate.Extended>(follow)).Blocks);
        AssertLinked(branch);
        Assert.Equal(cursor[^5].Hash, branch[0].ParentHash);
        Assert.Equal((await Reader.Head()).Ref, branch[^1]);
    }

    [Fact]
    public async Task A_cursor_that_is_still_canonical_goes_on_above_itself()
    {
        await anvil.Anvil.Mine(10, default);
        var cursor = await Headers(0);
        await anvil.Anvil.Mine(1, default);
        await using var follow = Follow([cursor[2], cursor[^1]], Quick);
        Assert.Equal(cursor[^1].Number + 1, (await Next<ChainUpdate.Extended>(follow)).Blocks[0].Number);
    }

    // A devnet that is reset to a snapshot has a lower head, then other blocks: they replace the old ones.
    [Fact]
    public async Task A_chain_that_went_back_is_taken_back_when_others_stand_in_place()
    {
        await anvil.Anvil.Mine(5, default);
        var snapshot = await anvil.Anvil.Snapshot(default);
        await anvil.Anvil.Mine(5, default);
        var known = await Headers(0);
        await using var follow = Follow(known, Quick);
        await anvil.Anvil.Revert(snapshot, default);
        await anvil.Anvil.AdvanceTime(TimeSpan.FromMinutes(10), default);
        await anvil.Anvil.Mine(2, default);
        var update = await Next<ChainUpdate.Reorganised>(follow);
        Assert.Equal(known.TakeLast(5), update.Old);
        Assert.Equal(2, update.New.Count);
    }

    [Fact]
    public async Task A_chain_that_shares_no_known_block_is_refused()
    {
        await ProbeContract.MineBusy(anvil.Rpc, 5);
        var known = (await Headers(0)).TakeLast(2).ToList();
        await anvil.Anvil.Reorganise(4, default);
        await anvil.Anvil.Mine(1, default);
        await using var follow = Follow(known, Quick);
        var error = await Assert.ThrowsAsync<ReorganisationTooDeepException>(async () => await Next<ChainUpdate.Extended>(follow));
        Assert.Contains("Remedy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finality_is_what_the_node_says_and_only_rises()
    {
        await anvil.Anvil.Mine(100, default);
        await using var follow = Follow([], Quick with { Start = 0 });
        var finalised = await Next<ChainUpdate.Finalised>(follow);
        var head = await Reader.HeadNumber();
        Assert.Equal(head - 64, finalised.Block.Number);
        await anvil.Anvil.Mine(3, default);
        Assert.Equal(finalised.Block.Number + 3, (await Next<ChainUpdate.Finalised>(follow, b => b.Block.Number == finalised.Block.Number + 3)).Block.Number);
    }

    // With an hour between polls only the subscription can be the reason.
    [Fact]
    public async Task A_subscription_wakes_it_at_once()
    {
        await using var socket = new JsonRpcTransport(new Uri($"ws://127.0.0.1:{anvil.Endpoint.Port}"), RpcMethods.ReadOnly);
        await using var follow = Follow([], new FollowOptions { PollInterval = TimeSpan.FromHours(1), Heads = socket });
        await Next<ChainUpdate.Extended>(follow);
        for (var i = 0; i < 3; i++)
        {
            var next = Next<ChainUpdate.Extended>(follow);
            // The subscription opens beside the first look; blocks are mined until one wakes the follower.
            while (!next.IsCompleted)
            {
                await anvil.Anvil.Mine(1, default);
                await Task.WhenAny(next, Task.Delay(20));
            }

            await next;
        }
    }

    [Fact]
    public async Task Logs_are_of_the_very_block_and_an_orphaned_one_has_none()
    {
        await ProbeContract.Send(anvil.Rpc, "bump");
        var block = (await Reader.Head()).Ref;
        Assert.Single((await Reader.LogsOfBlocks([block], [ProbeContract.At], []))[0]);
        await anvil.Anvil.Reorganise(1, default);
        Assert.NotEqual(block.Hash, (await Reader.Head()).Hash);
        var error = await Assert.ThrowsAsync<TransientException>(() => Reader.LogsOfBlocks([block], [ProbeContract.At], []));
        Assert.Contains("orphaned", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_endpoint_is_retried_and_shown()
    {
        await using var nothing = new JsonRpcTransport(new Uri("http://127.0.0.1:1"), RpcMethods.ReadOnly);
        var follower = new EvmFollower(new EvmReader(nothing), [], Quick);
        using var cancel = new CancellationTokenSource();
        await using var follow = follower.GetAsyncEnumerator(cancel.Token);
        var next = follow.MoveNextAsync().AsTask();
        while (follower.LastFailure is null) await Task.Delay(5, _deadline.Token);
        Assert.IsType<TransientException>(follower.LastFailure, exactMatch: false);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public void Known_blocks_that_are_not_of_one_chain_are_refused()
    {
        var (a, b) = (new BlockRef(1, Keccak256.Hash("a"), default, default), new BlockRef(2, Keccak256.Hash("b"), Keccak256.Hash("x"), default));
        Assert.Throws<ArgumentException>(() => new HeaderWindow([a, b], 10));
    }

    private IAsyncEnumerator<ChainUpdate> Follow(IReadOnlyList<BlockRef> known, FollowOptions options) =>
        new EvmFollower(Reader, known, options).GetAsyncEnumerator(_deadline.Token);

    private static async Task<T> Next<T>(IAsyncEnumerator<ChainUpdate> follow, Func<T, bool>? wanted = null) where T : ChainUpdate
    {
        while (await follow.MoveNextAsync())
        {
            if (follow.Current is T update && wanted?.Invoke(update) != false) return update;
            if (follow.Current is ChainUpdate.Reorganised) Assert.Fail($"unexpected {follow.Current}");
        }

        throw new InvalidOperationException("The follower ended.");
    }

    private async Task<IReadOnlyList<BlockRef>> Headers(ulong from)
    {
        var head = await Reader.HeadNumber();
        var blocks = await Reader.Blocks([.. Enumerable.Range(0, (int)(head - from + 1)).Select(i => from + (ulong)i)]);
        return [.. blocks.Select(b => b!.Ref)];
    }

    private static void AssertLinked(IReadOnlyList<BlockRef> blocks)
    {
        for (var i = 1; i < blocks.Count; i++)
        {
            Assert.Equal(blocks[i - 1].Number + 1, blocks[i].Number);
            Assert.Equal(blocks[i - 1].Hash, blocks[i].ParentHash);
        }
    }
}
