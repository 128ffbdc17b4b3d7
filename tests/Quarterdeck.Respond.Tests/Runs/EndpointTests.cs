using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Tests.Evm.Endpoints;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Runs over several endpoints of which some misbehave.</summary>
public sealed class EndpointTests : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string True = "0x0000000000000000000000000000000000000000000000000000000000000001";
    private readonly RespondFixture _database;
    private readonly AnvilFixture _chain;
    private readonly TestOperators _operators = new();
    private readonly MisbehavingProxy _a, _b, _c;
    private (string, TestWallet)[] _people = [];

    public EndpointTests(RespondFixture database, AnvilFixture chain)
    {
        (_database, _chain) = (database, chain);
        (_a, _b, _c) = (new MisbehavingProxy(chain.Endpoint), new MisbehavingProxy(chain.Endpoint), new MisbehavingProxy(chain.Endpoint));
    }

    public async ValueTask InitializeAsync()
    {
        await _chain.Clean();
        await TestPack.PutContracts(_chain.Rpc);
        _people = [("alice", _operators.Add("alice")), ("bob", _operators.Add("bob"))];
        _operators.Add("carol");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in new[] { _a, _b, _c }) await proxy.DisposeAsync();
    }

    private async Task<RunDetailView> Run(int agree, params MisbehavingProxy[] endpoints)
    {
        var key = Path.GetTempFileName();
        File.Delete(key);
        Devnet.Keys.KeyFile.Write(key, Devnet.Keys.DevKey.Account(0), "p");
        var password = Path.GetTempFileName();
        await File.WriteAllTextAsync(password, "p", TestContext.Current.CancellationToken);
        using var pack = new TestPack(
            endpoints[0].Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") },
            account: $"keystore: \"{key}\", password: \"file:{password}\"", agree: agree, more: endpoints.Skip(1).Select(e => e.Endpoint));
        var server = _database.Postgres.ConnectionString(await _database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        await using var world = await World.Start(server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), _people);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded, seconds: 60);
        File.Delete(key);
        File.Delete(password);
        return done;
    }

    private static Func<JsonObject, JsonNode?, JsonNode?> Noting(ConcurrentBag<string> methods, Func<string, JsonNode?, JsonNode?>? lie = null) => (request, result) =>
    {
        var method = (string)request["method"]!;
        methods.Add(method);
        return lie is null ? result : lie(method, result);
    };

    private static StepState Sent(RunDetailView run) => run.Steps.First(s => s.Kind == "send").State;

    [Fact]
    public async Task Signed_bytes_go_to_every_endpoint_at_once()
    {
        ConcurrentBag<string> a = [], b = [];
        (_a.Lie, _b.Lie) = (Noting(a), Noting(b));
        await Run(1, _a, _b);
        // The second to have them may say that it knows them; that is an answer without a result.
        Assert.Contains("eth_sendRawTransaction", a.Concat(b));
        var told = await Broadcasts();
        Assert.Equal(2, told);
    }

    private async Task<int> Broadcasts()
    {
        await using var link = new ChainLink(new Packs.EnvironmentChain(
            "ethereum", Primitives.ChainId.Evm(31337), [_a.Endpoint, _b.Endpoint], TimeSpan.FromSeconds(1), 1));
        var before = (_a.Requests, _b.Requests);
        await Broadcast.ToAll(link, [0x02, 0xc0], CancellationToken.None);
        return (_a.Requests > before.Item1 ? 1 : 0) + (_b.Requests > before.Item2 ? 1 : 0);
    }

    [Theory]
    [InlineData("resets")]
    [InlineData("truncates")]
    [InlineData("limits")]
    [InlineData("stale")]
    public async Task A_run_goes_on_through_the_others_where_the_first_endpoint_misbehaves(string how)
    {
        switch (how)
        {
            case "resets": _a.Resets = true; break;
            case "truncates": _a.Truncates = true; break;
            case "limits": _a.LimitsForSeconds = 60; break;
            default: _a.StaleHead = 0; break;
        }

        Assert.Equal(StepState.Done, Sent(await Run(1, _a, _b)));
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(_chain.Rpc));
    }

    [Fact]
    public async Task An_endpoint_of_another_chain_is_sent_nothing()
    {
        ConcurrentBag<string> asked = [];
        _a.Lie = Noting(asked, (method, result) => method == "eth_chainId" ? "0x1" : result);
        Assert.Equal(StepState.Done, Sent(await Run(1, _a, _b)));
        Assert.Equal(["eth_chainId"], asked.Distinct());
    }

    [Fact]
    public async Task A_liar_who_says_that_the_contract_is_paused_is_outvoted()
    {
        _a.Lie = (request, result) => (string)request["method"]! == "eth_call" && request["params"]![0]!.ToJsonString().Contains("5c975abb", StringComparison.Ordinal) ? True : result;
        Assert.Equal(StepState.Done, Sent(await Run(2, _a, _b, _c)));
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(_chain.Rpc));
    }

    [Fact]
    public async Task Alone_the_same_liar_would_have_been_believed()
    {
        _a.Lie = (request, result) => (string)request["method"]! == "eth_call" && request["params"]![0]!.ToJsonString().Contains("5c975abb", StringComparison.Ordinal) ? True : result;
        Assert.Equal(StepState.Skipped, Sent(await Run(1, _a)));
        Assert.Empty(await TestPack.PausedEvents(_chain.Rpc));
    }

    [Fact]
    public async Task A_receipt_that_one_endpoint_lacks_is_found_at_another()
    {
        _a.Lie = (request, result) => (string)request["method"]! == "eth_getTransactionReceipt" ? null : result;
        Assert.Equal(StepState.Done, Sent(await Run(1, _a, _b)));
    }

    [Fact]
    public async Task A_receipt_that_a_liar_invents_settles_nothing()
    {
        _a.Lie = (request, result) =>
        {
            if ((string)request["method"]! == "eth_getTransactionReceipt" && result is JsonObject receipt) receipt["status"] = "0x0";
            return result;
        };
        Assert.Equal(StepState.Done, Sent(await Run(2, _a, _b, _c)));
    }
}
