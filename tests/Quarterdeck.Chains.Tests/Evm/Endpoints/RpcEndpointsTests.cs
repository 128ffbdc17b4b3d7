using System.Diagnostics;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Follow;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Endpoints;

public sealed class RpcEndpointsTests : IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly AnvilFixture _anvil;
    private readonly MisbehavingProxy _a, _b, _c;
    private readonly List<IAsyncDisposable> _made = [];

    public RpcEndpointsTests(AnvilFixture anvil)
    {
        _anvil = anvil;
        (_a, _b, _c) = (new MisbehavingProxy(anvil.Endpoint), new MisbehavingProxy(anvil.Endpoint), new MisbehavingProxy(anvil.Endpoint));
    }

    public async ValueTask InitializeAsync()
    {
        await _anvil.Clean();
        await ProbeContract.Place(_anvil.Rpc, ProbeContract.At);
        await _anvil.Anvil.Mine(10, default);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var made in _made) await made.DisposeAsync();
        foreach (var proxy in new[] { _a, _b, _c }) await proxy.DisposeAsync();
    }

    private static readonly EndpointsOptions Options = new() { Chain = ChainId.Evm(31337), ProbeInterval = TimeSpan.FromHours(1) };

    private RpcEndpoints Endpoints(EndpointsOptions? options = null, params MisbehavingProxy[] proxies)
    {
        var endpoints = new RpcEndpoints(
            [.. proxies.Select(p => new JsonRpcTransport(p.Endpoint, RpcMethods.ReadOnly, new JsonRpcOptions { Timeout = TimeSpan.FromSeconds(5) }))], options ?? Options);
        _made.Add(endpoints);
        return endpoints;
    }

    public static TheoryData<string> Faults => new("resets", "truncates", "limits", "status 503", "status 401", "garbage", "an empty batch", "another kind", "a page");

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Another_endpoint_answers_when_one_fails(string fault)
    {
        var endpoints = Endpoints(null, _a, _b);
        var reader = new EvmReader(endpoints);
        // Nothing is known yet, so that the first in the list is asked first.
        Misbehave(_a, fault);
        for (var i = 0; i < 5; i++) Assert.Equal(10UL, (await reader.Head()).Number);
        var health = endpoints.Health;
        Assert.NotEqual(EndpointFault.None, health[0].Fault);
        Assert.False(health[0].Usable);
        Assert.NotNull(health[0].LastError);
        Assert.True(health[1].Usable);
    }

    private static void Misbehave(MisbehavingProxy proxy, string fault)
    {
        proxy.Resets = fault == "resets";
        proxy.Truncates = fault == "truncates";
        proxy.LimitsForSeconds = fault == "limits" ? 60 : null;
        proxy.Status = fault.StartsWith("status", StringComparison.Ordinal) ? int.Parse(fault[7..]) : null;
        proxy.Body = fault switch
        {
            "an empty batch" => "[]",
            "another kind" => """{"jsonrpc":"2.0","id":1,"result":[{"number":{}}]}""",
            "a page" => "<html>Bad gateway</html>",
            _ => null,
        };
        if (fault == "garbage") proxy.Lie = (_, _) => new JsonObject { ["number"] = "nonsense" };
    }

    [Fact]
    public async Task Failed_ones_are_asked_again_after_a_rest_and_used_when_they_recover()
    {
        var endpoints = Endpoints(Options with { FirstRest = TimeSpan.FromMilliseconds(50) }, _a, _b);
        var reader = new EvmReader(endpoints);
        _a.Resets = true;
        await reader.HeadNumber();
        _a.Resets = false;
        _b.Resets = true;
        Assert.Equal(10UL, await reader.HeadNumber());
    }

    [Fact]
    public async Task A_rate_limit_is_honoured_for_as_long_as_it_says()
    {
        var clock = new HandClock();
        var endpoints = Endpoints(Options with { Clock = clock, HedgeAfter = null }, _a, _b);
        var reader = new EvmReader(endpoints);
        await endpoints.Probe();
        _a.LimitsForSeconds = 60;
        await reader.HeadNumber();
        var before = _a.Requests;
        for (var i = 0; i < 10; i++) await reader.HeadNumber();
        clock.Advance(TimeSpan.FromSeconds(59));
        await reader.HeadNumber();
        // Nothing but the probe, which skips those that rest, may have gone to it.
        Assert.Equal(before, _a.Requests);
        _b.LimitsForSeconds = 60;
        await Assert.ThrowsAsync<RateLimitedException>(() => reader.HeadNumber());
        _a.LimitsForSeconds = null;
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(10UL, await reader.HeadNumber());
    }

    [Fact]
    public async Task A_slow_answer_is_overtaken_by_another_endpoint()
    {
        var endpoints = Endpoints(Options with { HedgeAfter = TimeSpan.FromMilliseconds(30) }, _a, _b);
        var reader = new EvmReader(endpoints);
        await reader.HeadNumber();
        _a.Delay = TimeSpan.FromSeconds(4);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++) Assert.Equal(10UL, await reader.HeadNumber());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"{watch.Elapsed}");
        Assert.True(endpoints.Health[0].Latency > endpoints.Health[1].Latency);
    }

    [Fact]
    public async Task A_stale_endpoint_is_passed_over_and_loses_no_block()
    {
        var endpoints = Endpoints(null, _a, _b);
        _a.StaleHead = 3;
        // Its null for a block that the other has is not taken for an answer.
        Assert.Equal(9UL, (await new EvmReader(endpoints).Block(9UL))!.Number);
        await endpoints.Probe();
        Assert.Equal(EndpointFault.Lagging, endpoints.Health[0].Fault);
        Assert.Equal(7UL, endpoints.Health[0].HeadLag);
        Assert.Equal(10UL, await new EvmReader(endpoints).HeadNumber());
        _a.StaleHead = null;
        await endpoints.Probe();
        Assert.Equal(EndpointFault.None, endpoints.Health[0].Fault);
    }

    [Fact]
    public async Task An_endpoint_of_another_chain_is_never_asked_for_facts()
    {
        _a.Lie = (request, result) => (string)request["method"]! == "eth_chainId" ? "0x1" : result;
        var endpoints = Endpoints(null, _a, _b);
        Assert.Equal(10UL, await new EvmReader(endpoints).HeadNumber());
        Assert.Equal(EndpointFault.WrongChain, endpoints.Health[0].Fault);
        Assert.Contains("eip155:1,", endpoints.Health[0].LastError, StringComparison.Ordinal);
        await using var alone = Endpoints(null, _a);
        await Assert.ThrowsAsync<WrongChainException>(() => new EvmReader(alone).HeadNumber());
    }

    [Fact]
    public async Task A_revert_is_an_answer_and_not_asked_of_all()
    {
        var endpoints = Endpoints(null, _a, _b);
        await endpoints.Probe();
        var before = _b.Requests;
        await Assert.ThrowsAsync<RpcException>(() => new EvmReader(endpoints).Call(ProbeContract.At, ProbeContract.Function("refuse"), [1]));
        Assert.Equal(before, _b.Requests);
        Assert.All(endpoints.Health, h => Assert.Equal(EndpointFault.None, h.Fault));
    }

    [Fact]
    public async Task One_liar_is_outvoted_and_named()
    {
        await ProbeContract.Send(_anvil.Rpc, "bump");
        var block = (await new EvmReader(Endpoints(null, _b)).Head()).Ref;
        var endpoints = Endpoints(null, _a, _b, _c);
        _a.Lie = (request, result) => (string)request["method"]! switch
        {
            "eth_call" => "0x" + new string('0', 63) + "7",
            "eth_getBalance" => "0x0",
            _ => result,
        };
        var reader = new EvmReader(endpoints.Agree(2));
        Assert.Equal(BigInteger.One, await reader.Call(ProbeContract.At, ProbeContract.Function("count"), [], block));
        Assert.True(await reader.Balance(ProbeContract.Account, block) > 0);
        var liar = endpoints.Health[0];
        Assert.Equal(EndpointFault.Disagreed, liar.Fault);
        Assert.Contains("eth_call", liar.LastError, StringComparison.Ordinal);
        // Without agreement the same lie would have been believed.
        Assert.Equal(new BigInteger(7), await new EvmReader(Endpoints(null, _a)).Call(ProbeContract.At, ProbeContract.Function("count"), [], block));
    }

    [Fact]
    public async Task Where_none_agree_there_is_no_fact()
    {
        var endpoints = Endpoints(null, _a, _b);
        _a.Lie = (request, result) => (string)request["method"]! == "eth_getBalance" ? "0x1" : result;
        var error = await Assert.ThrowsAsync<DisagreementException>(() => new EvmReader(endpoints.Agree(2)).Balance(ProbeContract.Account));
        Assert.Equal(2, error.Answers.Count);
        Assert.Contains("0x1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agreed_head_is_one_that_enough_endpoints_have_with_the_same_hash()
    {
        var endpoints = Endpoints(null, _a, _b, _c);
        _a.StaleHead = 4;
        _b.StaleHead = 8;
        Assert.Equal(8UL, (await new EvmReader(endpoints.Agree(2)).Head()).Number);
        Assert.Equal(8UL, await new EvmReader(endpoints.Agree(2)).HeadNumber());
        Assert.Equal(4UL, (await new EvmReader(endpoints.Agree(3)).Head()).Number);
        // A head that only a liar has is never shown.
        _c.Lie = (request, result) => (string)request["method"]! == "eth_blockNumber" ? "0xffff" : result;
        Assert.Equal(8UL, (await new EvmReader(endpoints.Agree(2)).Head()).Number);
    }

    // Endpoints fail in turns while the chain grows and is reorganised: the follower sees each block once.
    [Fact]
    public async Task A_follower_loses_no_block_while_endpoints_fail_in_turns()
    {
        var endpoints = Endpoints(Options with { FirstRest = TimeSpan.FromMilliseconds(10), ProbeInterval = TimeSpan.FromMilliseconds(20), HedgeAfter = TimeSpan.FromMilliseconds(50) }, _a, _b, _c);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var follow = new EvmFollower(new EvmReader(endpoints), [], new FollowOptions { Start = 0, PollInterval = TimeSpan.FromMilliseconds(2) })
            .GetAsyncEnumerator(deadline.Token);
        var chain = new List<BlockRef>();
        async Task Until(BlockRef head)
        {
            while (chain.Count == 0 || chain[^1] != head)
            {
                Assert.True(await follow.MoveNextAsync());
                switch (follow.Current)
                {
                    case ChainUpdate.Extended extended: chain.AddRange(extended.Blocks); break;
                    case ChainUpdate.Reorganised(var old, var fresh):
                        Assert.Equal(chain.TakeLast(old.Count), old);
                        chain.RemoveRange(chain.Count - old.Count, old.Count);
                        chain.AddRange(fresh);
                        break;
                }
            }
        }

        await using var direct = new JsonRpcTransport(_anvil.Endpoint, RpcMethods.ReadOnly);
        string[] faults = ["resets", "none", "truncates", "status 503", "none"];
        MisbehavingProxy[] proxies = [_a, _b, _c];
        for (var round = 0; round < 15; round++)
        {
            Misbehave(proxies[round % 3], faults[round % faults.Length]);
            proxies[(round + 1) % 3].StaleHead = round % 2 == 0 ? 2 : null;
            await ProbeContract.MineBusy(_anvil.Rpc, 4);
            if (round % 4 == 3) await _anvil.Anvil.Reorganise(3, default);
            await Until((await new EvmReader(direct).Head()).Ref);
            foreach (var proxy in proxies)
            {
                Misbehave(proxy, "none");
                proxy.StaleHead = null;
            }
        }

        for (var i = 0; i < chain.Count; i++) Assert.Equal((await new EvmReader(direct).Block((ulong)i))!.Ref, chain[i]);
    }

    private sealed class HandClock : TimeProvider
    {
        private TimeSpan _ahead;

        public void Advance(TimeSpan by) => _ahead += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;
    }
}
