using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Safe;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Safes;

/// <summary>Runs whose writes a Safe multisig makes, on the real contracts: the owners' signatures are the approvals.</summary>
public sealed class SafeTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly TestOperators _operators = new();
    private TestWallet _alice = null!, _bob = null!, _dave = null!;
    private SafeContracts _contracts = null!;
    private Address _safe;
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        (_alice, _bob, _dave) = (_operators.Add("alice"), _operators.Add("bob"), _operators.Add("dave"));
        _operators.Add("carol");
        _contracts = await SafeContracts.Deploy(chain.Rpc);
        _safe = await _contracts.Safe(2, _alice.Address, _bob.Address, _dave.Address);
        _server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TestPack Pack(params string[] contracts) => new(
        chain.Endpoint,
        new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook(contracts).Replace("--account deployer", "--account council", StringComparison.Ordinal) },
        $$"""  council: { safe: "{{_safe}}", executor: deployer, multiSend: "{{_contracts.MultiSend}}" }""");

    private Task<World> Start(TestPack pack, bool workers = true) => World.Start(_server, TestPack.Load(pack.Folder), _operators, workers);

    private async Task<IReadOnlyList<string>> PausedBy()
    {
        var logs = await chain.Rpc.Send("eth_getLogs", [new { fromBlock = "0x0", toBlock = "latest", topics = new[] { TestPack.Paused } }], CancellationToken.None);
        return [.. logs.EnumerateArray().Select(log => Address.FromWord(Hex.ParseData(log.GetProperty("data").GetString())).ToString())];
    }

    [Fact]
    public async Task Two_owners_pause_two_contracts_by_one_transaction_of_the_Safe()
    {
        using var pack = Pack("Alpha", "Beta");
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.NotNull(plan.Safe);
        Assert.Equal([1, 2], plan.Safe.Positions);
        Assert.Equal(2, plan.Policy.Required);
        Assert.Equal(await _contracts.HashOf(plan.Safe.Transaction), PlanTypedData.SigningHash(plan).ToString());

        await world.Approve(plan, ("alice", _alice));
        await Task.Delay(400, TestContext.Current.CancellationToken);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
        await world.Approve(plan, ("dave", _dave));
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);

        Assert.Equal([_safe.ToString(), _safe.ToString()], await PausedBy());
        Assert.All(done.Steps.Where(s => s.Kind == "send"), s => Assert.Equal(StepState.Done, s.State));
        Assert.Equal("ExecutionSuccess", (string?)done.Steps.First(s => s.Kind == "send").Evidence!["safeOutcome"]);
        var transaction = Assert.Single(await world.Get<TransactionList>().Query(run, 10, CancellationToken.None));
        Assert.Equal(TransactionState.Confirmed, transaction.State);
        Assert.Equal(BigInteger.One, await _contracts.Nonce(_safe));
        Assert.Equal(PlanState.Executed, done.Plans.Single().State);
    }

    [Fact]
    public async Task One_call_is_made_by_the_Safe_without_MultiSend()
    {
        using var pack = Pack("Alpha");
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.Equal(SafeOperation.Call, plan.Safe!.Transaction.Operation);
        Assert.Equal(TestPack.AddressOf(0), plan.Safe.Transaction.To);
        await world.Approve(plan, ("bob", _bob), ("alice", _alice));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal([_safe.ToString()], await PausedBy());
    }

    [Fact]
    public async Task An_approver_who_owns_no_part_of_the_Safe_is_refused()
    {
        var eve = _operators.Add("eve");
        using var pack = Pack("Alpha");
        await using var world = await Start(pack, workers: false);
        var plan = await world.PlanOf(await world.Propose("pause"));
        var refused = Assert.IsType<Outcome<PlanApproved>.Refused>(
            await world.Get<ApprovePlan>().Approve(plan.Hash, "eve", eve.Approve(plan), CancellationToken.None));
        Assert.Contains("no owner of the Safe", refused.Refusal.Detail, StringComparison.Ordinal);
        // A signature over the plan itself, as for other accounts, is worth nothing to the Safe.
        var other = new ApprovalEvidence.Wallet(_alice.SignHash(PlanTypedData.SigningHash(plan with { Safe = null })));
        Assert.IsType<Outcome<PlanApproved>.Refused>(await world.Get<ApprovePlan>().Approve(plan.Hash, "alice", other, CancellationToken.None));
    }

    [Fact]
    public async Task The_database_takes_no_approval_of_a_Safes_plan_but_its_owners()
    {
        using var pack = Pack("Alpha");
        await using var world = await Start(pack, workers: false);
        var plan = await world.PlanOf(await world.Propose("pause"));
        foreach (var (kind, key) in new[] { ("passkey", new byte[32]), ("wallet", new byte[20]), ("passkey", _alice.Address.ToArray()) })
        {
            var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Store.Act(
                Primitives.Audit.Actor.Parse("operator:alice"), "alone", async act =>
                {
                    act.Record("test", plan.Hash.ToString(), []);
                    await act.Execute(
                        """
                        insert into approvals.approvals (plan_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
                        values (@hash, 'alice', 'alice', '{approver}', @kind, 'x', @key, '{}', now())
                        """, new { hash = plan.Hash, kind, key });
                }, CancellationToken.None));
            Assert.Contains("only a wallet that owns it approves", refused.MessageText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_plan_whose_nonce_the_Safe_used_otherwise_is_void_and_nothing_is_sent()
    {
        using var pack = Pack("Alpha", "Beta");
        var run = await ApprovedWhileNobodyWorks(pack);
        await _contracts.Execute(_safe, TestPack.AddressOf(3), AbiFunction.Parse("pause()").EncodeCall(), _alice, _bob);
        await using var world = await Start(pack);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Equal(PlanState.Void, done.Plans.Single().State);
        Assert.Contains("nonce 1", done.Run.StateReason, StringComparison.Ordinal);
        Assert.Equal(["Delta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_threshold_that_was_raised_since_asks_for_more_owners_and_voids_the_plan()
    {
        using var pack = Pack("Alpha");
        var run = await ApprovedWhileNobodyWorks(pack);
        // The Safe's nonce is put back, so that only the threshold differs.
        await _contracts.Execute(_safe, _safe, _contracts.ChangeThreshold(3), _alice, _bob);
        await chain.Rpc.Send("anvil_setStorageAt", [_safe.ToString(), "0x5", "0x" + new string('0', 64)], CancellationToken.None);
        Assert.Equal(BigInteger.Zero, await _contracts.Nonce(_safe));
        await using var world = await Start(pack);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Contains("demands 3 of its owners", done.Run.StateReason, StringComparison.Ordinal);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task An_owner_who_was_removed_since_does_not_count()
    {
        using var pack = Pack("Alpha");
        var run = await ApprovedWhileNobodyWorks(pack);
        var owners = await SafeReader.Read(new EvmReader(new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly)), _safe, CancellationToken.None);
        Assert.Contains(_bob.Address, owners.Owners);
        // Owners are a ring: alice, bob, dave, in the order of the set-up.
        await _contracts.Execute(_safe, _safe, _contracts.RemoveOwner(_alice.Address, _bob.Address, 2), _alice, _dave);
        await chain.Rpc.Send("anvil_setStorageAt", [_safe.ToString(), "0x5", "0x" + new string('0', 64)], CancellationToken.None);
        await using var world = await Start(pack);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Contains("1 of those who signed are owners now", done.Run.StateReason, StringComparison.Ordinal);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_call_that_fails_within_the_Safe_is_not_sent_and_says_why()
    {
        using var pack = Pack("Alpha", "Beta");
        var run = await ApprovedWhileNobodyWorks(pack);
        // Somebody else pauses the second: the transaction that was signed reverts as a whole.
        await _contracts.Send(TestPack.AddressOf(1), AbiFunction.Parse("pause()").EncodeCall());
        await using var world = await Start(pack);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        var failed = done.Steps.First(s => s.State == StepState.Failed);
        Assert.Contains("Beta.pause(): EnforcedPause()", failed.Error, StringComparison.Ordinal);
        Assert.Equal(["Beta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task What_holds_already_is_left_out_of_what_the_owners_sign()
    {
        using var pack = Pack("Alpha", "Beta");
        await _contracts.Send(TestPack.AddressOf(0), AbiFunction.Parse("pause()").EncodeCall());
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.Equal([2], plan.Safe!.Positions);
        Assert.Contains(plan.NotCovered, text => text.Contains("Alpha.pause() is not in the Safe's transaction: it holds already", StringComparison.Ordinal));
        await world.Approve(plan, ("bob", _bob), ("alice", _alice));
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal([StepState.Skipped, StepState.Done], done.Steps.Where(s => s.Kind == "send").Select(s => s.State));
    }

    [Fact]
    public async Task The_hash_and_the_typed_data_are_those_of_the_Safe()
    {
        byte[][] contents = [[], [1], [.. Enumerable.Range(0, 100).Select(i => (byte)i)]];
        foreach (var (data, i) in contents.Select((data, i) => (data, i)))
        {
            var tx = new SafeTx(31337, _safe, TestPack.AddressOf(i), BigInteger.Pow(7, i * 30), data, (SafeOperation)(i % 2), i * 1000);
            Assert.Equal(await _contracts.HashOf(tx), tx.Hash().ToString());
            Assert.Equal(tx.Hash(), Eip712.FromJson(tx.TypedData().ToJsonString()).Hash());
            Assert.Equal(Hex.Data(tx.ExecutionPrefix()), Hex.Data(tx.Execution(new byte[130]))[..(2 + tx.ExecutionPrefix().Length * 2)]);
        }
    }

    [Fact]
    public void The_Safes_own_events_are_judged_in_both_forms_and_those_of_others_are_not()
    {
        var hash = Keccak256.Hash("tx");
        EvmLog Log(string name, bool indexed, Address from, Hash32 of) => new()
        {
            Address = from,
            Topics = indexed ? new LogTopics(Keccak256.Hash($"{name}(bytes32,uint256)"), of) : new LogTopics(Keccak256.Hash($"{name}(bytes32,uint256)")),
            Data = indexed ? new byte[32] : [.. of.ToArray(), .. new byte[32]],
        };
        Assert.True(SafeReader.Outcome([Log("ExecutionSuccess", true, _safe, hash)], _safe, hash));
        Assert.True(SafeReader.Outcome([Log("ExecutionSuccess", false, _safe, hash)], _safe, hash));
        Assert.False(SafeReader.Outcome([Log("ExecutionFailure", true, _safe, hash)], _safe, hash));
        Assert.Null(SafeReader.Outcome([Log("ExecutionSuccess", true, TestPack.AddressOf(0), hash)], _safe, hash));
        Assert.Null(SafeReader.Outcome([Log("ExecutionSuccess", true, _safe, Keccak256.Hash("another"))], _safe, hash));
    }

    private async Task<string> ApprovedWhileNobodyWorks(TestPack pack)
    {
        await using var asking = await Start(pack, workers: false);
        var run = await asking.Propose("pause");
        await asking.Approve(await asking.PlanOf(run), ("alice", _alice), ("bob", _bob));
        return run;
    }
}
