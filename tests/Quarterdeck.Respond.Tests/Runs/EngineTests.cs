using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Whole runs on a real chain and a real database.</summary>
public sealed class EngineTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly TestOperators _operators = new();
    private TestWallet _alice = null!;
    private TestWallet _bob = null!;
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        (_alice, _bob) = (_operators.Add("alice"), _operators.Add("bob"));
        _operators.Add("carol");
        _server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TestPack Pack(string runbook, string account = "unlocked: true") =>
        new(chain.Endpoint, new Dictionary<string, string> { ["pause"] = runbook }, account: account);

    private Task<World> Start(TestPack pack, bool workers = true) => World.Start(_server, TestPack.Load(pack.Folder), _operators, workers);

    [Fact]
    public async Task Four_contracts_are_paused_in_order_by_two_people_and_verified()
    {
        using var pack = Pack(TestPack.PauseRunbook(TestPack.Names));
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.All(plan.Calls, call => Assert.Equal(CallForecast.Succeeds, call.Forecast.Outcome));
        Assert.Equal(TestPack.Names, plan.Calls.Select(call => call.TargetName));
        Assert.Contains("Paused", Assert.Single(plan.Calls[0].Forecast.Events), StringComparison.Ordinal);
        Assert.Contains("unpause()", plan.Calls[0].Inverse, StringComparison.Ordinal);

        await Task.Delay(400, TestContext.Current.CancellationToken);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
        await world.Approve(plan, ("alice", _alice));
        await Task.Delay(400, TestContext.Current.CancellationToken);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
        await world.Approve(plan, ("bob", _bob));

        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(TestPack.Names, await TestPack.PausedEvents(chain.Rpc));
        Assert.All(done.Steps.Where(s => s.Kind == "send"), s =>
        {
            Assert.Equal(StepState.Done, s.State);
            Assert.True((bool)s.Evidence!["readBack"]!["answer"]!);
        });
        Assert.Equal(PlanState.Executed, done.Plans.Single().State);
        var transactions = await world.Get<TransactionList>().Query(run, 100, TestContext.Current.CancellationToken);
        Assert.Equal(4, transactions.Count(t => t.State == TransactionState.Confirmed && t.Attempts == 1));
        Assert.Equal(4, transactions.Select(t => t.Nonce).Distinct().Count());
    }

    [Fact]
    public async Task A_contract_that_is_paused_already_is_done_and_the_sequence_goes_on()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha", "Beta"));
        await using var world = await Start(pack);
        await chain.Rpc.Send("eth_sendTransaction",
            [new { from = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", to = TestPack.AddressOf(0).ToString(), data = "0x8456cb59" }], CancellationToken.None);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.Equal(CallForecast.AlreadyDone, plan.Calls[0].Forecast.Outcome);
        Assert.Equal("EnforcedPause()", plan.Calls[0].Forecast.Reason);
        await world.Approve(plan, ("alice", _alice), ("bob", _bob));
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal([StepState.Skipped, StepState.Done], done.Steps.Where(s => s.Kind == "send").Select(s => s.State));
        Assert.Equal(["Alpha", "Beta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_call_that_would_revert_is_not_sent_and_the_others_are()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha", "Beta", "Gamma"));
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(1).ToString(), "0x5f5ffd"], CancellationToken.None);
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        // The read that tells whether it is paused fails as well: the engine must not take that for an answer.
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(1).ToString(),
            "0x5f3560e01c635c975abb14601157" + "5f5ffd" + "5b5f5f5260205ff3"], CancellationToken.None);
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Equal(
            [StepState.Done, StepState.Failed, StepState.Done], done.Steps.Where(s => s.Kind == "send").Select(s => s.State));
        Assert.Contains("Not sent", done.Steps.First(s => s.State == StepState.Failed).Error, StringComparison.Ordinal);
        Assert.Equal(2, (await world.Get<TransactionList>().Query(run, 100, CancellationToken.None)).Count);
        Assert.Equal(["Alpha", "Gamma"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task The_last_approval_is_acted_on_by_signal_not_at_the_next_look()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha", "Beta"));
        await using var world = await World.Start(
            _server, TestPack.Load(pack.Folder), _operators, workers: true, interval: TimeSpan.FromMinutes(5));
        await world.Store.Signals.Listening(CancellationToken.None);
        // The first run warms up what is made at first use.
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var run = await world.Propose("pause");
            await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
            await world.Until(run, d => d.Run.State == RunState.Succeeded);
            await chain.Rpc.Send("eth_sendTransaction", [new
                { from = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", to = TestPack.AddressOf(0).ToString(), data = "0x3f4ba83a" }], CancellationToken.None);
            // In a block before the next plan is made, which else would be simulated against what is about to change.
            await chain.Rpc.Send("evm_mine", [], CancellationToken.None);
        }

        var delay = await world.Store.QueryFirstOrDefault<double>(
            """
            select extract(epoch from min(t.sent_at - a.last))::double precision * 1000
            from transactions.transactions t
            join (select plan_hash, max(approved_at) as last from approvals.approvals group by plan_hash) a on a.plan_hash = t.plan_hash
            where t.step_index = (select min(step_index) from transactions.transactions)
            """);
        TestContext.Current.TestOutputHelper?.WriteLine($"{delay:0} ms from the last approval to the first broadcast");
        Assert.InRange(delay, 0, 1000);
    }

    [Fact]
    public async Task A_rejected_plan_ends_the_run_and_nothing_is_sent()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha"));
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        await world.Get<RejectPlan>().Reject((await world.PlanOf(run)).Hash, "bob", "a false alarm", CancellationToken.None);
        var done = await world.Until(run, d => d.Run.State == RunState.Aborted);
        Assert.Contains("a false alarm", done.Run.StateReason, StringComparison.Ordinal);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task An_aborted_run_voids_its_plan()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha"));
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var plan = await world.PlanOf(run);
        Assert.IsType<Outcome<RunState>.Done>(await world.Get<AbortRun>().Abort(run, "alice", "not needed", CancellationToken.None));
        var done = await world.Until(run, d => d.Run.State == RunState.Aborted);
        Assert.Equal(PlanState.Void, done.Plans.Single().State);
        Assert.IsType<Outcome<PlanApproved>.Refused>(await world.Get<ApprovePlan>().Approve(plan.Hash, "alice", _alice.Approve(plan), CancellationToken.None));
    }

    [Fact]
    public async Task An_approver_who_loses_the_role_before_execution_does_not_count()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha"));
        string run;
        await using (var asking = await Start(pack, workers: false))
        {
            run = await asking.Propose("pause");
            await asking.Approve(await asking.PlanOf(run), ("alice", _alice), ("bob", _bob));
        }

        _operators.People["bob"] = _operators.People["bob"] with { Roles = ["viewer"] };
        await using var world = await Start(pack);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Equal(PlanState.Void, done.Plans.Single().State);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task Reads_captures_waits_manual_steps_and_a_second_stage_go_in_order()
    {
        using var pack = Pack(
            """
            ---
            title: Pause
            severity: critical
            ---

            # Pause

            ```bash
            BLOCK=$(cast block-number)
            cast call $ALPHA "paused()(bool)"
            ```

            - [ ] The cause is known

            ```bash
            cast send $ALPHA "pause()" --account deployer
            ```

            > wait: 1s

            > approve: 2 operators

            ```bash
            cast send $ALPHA "unpause()" --account deployer
            ```
            """);
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        var waiting = await world.Until(run, d => d.Steps.Any(s => s is { Kind: "manual", State: StepState.Waiting }));
        Assert.Equal("false", (string?)waiting.Steps.First(s => s.Text.Contains("cast call", StringComparison.Ordinal)).Output!["value"]);
        var manual = waiting.Steps.First(s => s.Kind == "manual");
        Assert.IsType<Outcome<StepState>.Done>(await world.Get<ConfirmStep>().Confirm(run, manual.Index, "alice", "a bad oracle", CancellationToken.None));
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        await world.Until(run, d => d.Run.State == RunState.Waiting && d.Steps.Any(s => s is { Kind: "wait", State: StepState.Waiting, DueAt: not null }));
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));

        var second = await world.PlanOf(run, stage: 2);
        Assert.Equal("unpause()", second.Calls.Single().Function);
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
        await world.Approve(second, ("alice", _alice), ("bob", _bob));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.False(await TestPack.IsPaused(chain.Rpc, "Alpha"));
    }

    [Fact]
    public async Task A_key_file_signs_as_well()
    {
        var key = Path.GetTempFileName();
        File.Delete(key);
        Devnet.Keys.KeyFile.Write(key, Devnet.Keys.DevKey.Account(0), "secret");
        var password = Path.GetTempFileName();
        await File.WriteAllTextAsync(password, "secret\n", TestContext.Current.CancellationToken);
        using var pack = Pack(TestPack.PauseRunbook("Alpha"), $"keystore: \"{key}\", password: \"file:{password}\"");
        await using var world = await Start(pack);
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        File.Delete(key);
        File.Delete(password);
    }

    [Fact]
    public async Task Two_runs_that_write_to_the_same_contract_come_one_after_the_other()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha", "Beta"));
        await using var world = await Start(pack);
        string[] runs = [await world.Propose("pause"), await world.Propose("pause")];
        foreach (var run in runs) await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        foreach (var run in runs) await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha", "Beta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task Two_servers_share_a_run_without_doing_anything_twice()
    {
        using var pack = Pack(TestPack.PauseRunbook(TestPack.Names));
        await using var first = await Start(pack);
        await using var second = await Start(pack);
        var run = await first.Propose("pause");
        await first.Approve(await first.PlanOf(run), ("alice", _alice), ("bob", _bob));
        await second.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(TestPack.Names, await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_runbook_that_names_what_is_not_there_is_refused_with_its_line()
    {
        using var pack = Pack(TestPack.PauseRunbook("Alpha").Replace("pause()", "halt()", StringComparison.Ordinal));
        await using var world = await Start(pack, workers: false);
        var outcome = await world.Get<ProposeRun>().Propose(
            "test", "pause", null, Primitives.Audit.Actor.Parse("operator:carol"), "x", CancellationToken.None);
        var refusal = Assert.IsType<Outcome<ProposedRun>.Refused>(outcome).Refusal;
        Assert.Equal(RefusalKind.Invalid, refusal.Kind);
        Assert.Contains("line 12", refusal.Detail, StringComparison.Ordinal);
        Assert.Contains("halt()", refusal.Detail, StringComparison.Ordinal);
    }
}
