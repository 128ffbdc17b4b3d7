using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Decisions;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Decisions, runs inside runs, waits for conditions, fallbacks, drift and taking back.</summary>
public sealed class FlowTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly TestOperators _operators = new();
    private readonly FakeTools _tools = new();
    private (string, TestWallet)[] _people = [];
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        _people = [("alice", _operators.Add("alice")), ("bob", _operators.Add("bob"))];
        _operators.Add("carol");
        _server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
    }

    public ValueTask DisposeAsync()
    {
        _tools.Dispose();
        return ValueTask.CompletedTask;
    }

    private const string Services =
        "services:\n  relay: { driver: kubernetes, target: deployment/relay, verbs: [status, restart, scale, stop, start] }";

    private static string Runbook(string body) => $"---\ntitle: Flow\nseverity: warning\n---\n\n# Flow\n\n{body}\n";

    private TestPack Pack(params (string Slug, string Body)[] runbooks) => new(
        chain.Endpoint, runbooks.ToDictionary(r => r.Slug, r => r.Body.StartsWith("---", StringComparison.Ordinal) ? r.Body : Runbook(r.Body)),
        Services, manifest: "\nservices:\n  relay: { aliases: [deployment/relay] }", kind: "fork");

    private Task<World> Start(TestPack pack, bool workers = true, TimeProvider? clock = null) => World.Start(
        _server, TestPack.Load(pack.Folder), _operators, workers, clock, configure: options => options.ToolPath = _tools.Folder);

    private const string Ladder = """
        ```bash
        RATIO=$(echo "0.93")
        ```

        | If $RATIO | Then |
        | --- | --- |
        | >= 0.95 | continue |
        | 0.90 – 0.95 | run [the pause](halt.md) |
        | below 0.90 | `cast send $BETA "pause()" --account deployer` |
        """;

    [Fact]
    public async Task A_table_chooses_the_branch_of_the_measured_value_and_keeps_what_it_was_chosen_on()
    {
        using var pack = Pack(("flow", Ladder), ("halt", TestPack.PauseRunbook("Alpha")));
        await using var world = await Start(pack);
        var run = await world.Propose("flow");
        var decided = await world.Until(run, d => d.Steps.Any(s => s is { Kind: "run", State: StepState.Waiting }));
        var decision = decided.Steps.Single(s => s.Kind == "decision");
        Assert.Equal(1, (int)decision.Output!["branch"]!);
        Assert.Equal("0.93", (string?)decision.Output["measured"]![1]!["value"]);
        Assert.Equal(">= 0.90 and <= 0.95".Replace("0.90", "0.9", StringComparison.Ordinal), ((string?)decision.Output["measured"]![1]!["limits"])!.Replace("0.90", "0.9", StringComparison.Ordinal));
        Assert.False((bool)decision.Output["measured"]![0]!["holds"]!);
        Assert.Contains(decided.Journal, line => line.Action == "step-done" && line.StepIndex == decision.Index && line.Detail["output"]!["measured"] is not null);

        var child = decided.Steps.Single(s => s.Kind == "run").ChildId!;
        Assert.Equal(run, (await world.Get<RunDetail>().Query(child, CancellationToken.None))!.ParentId);
        await world.Approve(await world.PlanOf(child), _people);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
        Assert.Equal(StepState.Skipped, done.Steps.Single(s => s.Kind == "send").State);
    }

    [Fact]
    public async Task A_person_overrides_the_choice_with_a_reason_and_the_record_keeps_both()
    {
        using var pack = Pack(("flow", Ladder), ("halt", TestPack.PauseRunbook("Alpha")));
        await using var asking = await Start(pack, workers: false);
        var run = await asking.Propose("flow");
        var index = (await asking.Get<RunDetail>().Query(run, CancellationToken.None))!.Steps.Single(s => s.Kind == "decision").Index;
        Assert.IsType<Outcome<StepState>.Refused>(await asking.Get<ChooseBranch>().Choose(run, index, 2, "alice", " ", CancellationToken.None));
        Assert.IsType<Outcome<StepState>.Done>(await asking.Get<ChooseBranch>().Choose(run, index, 2, "alice", "the oracle lags", CancellationToken.None));
        await using var world = await Start(pack);
        var plan = await world.PlanOf(run, stage: (await world.Until(run, d => d.Plans.Count > 0)).Plans[0].Stage);
        Assert.Equal("Beta", plan.Calls.Single().TargetName);
        await world.Approve(plan, _people);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        var output = done.Steps[index].Output!;
        Assert.Equal(("operator:alice", "the oracle lags"), ((string?)output["by"], (string?)output["reason"]));
        Assert.True((bool)output["measured"]![1]!["holds"]!);
        Assert.Equal(["Beta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_decision_that_nothing_tells_waits_for_a_person()
    {
        using var pack = Pack(("flow", """
            | Condition | Action |
            | --- | --- |
            | `no_such_series > 3` looks bad | `cast send $ALPHA "pause()" --account deployer` |
            | otherwise | nothing |
            """));
        await using var world = await Start(pack);
        var run = await world.Propose("flow");
        var waiting = await world.Until(run, d => d.Run.State == RunState.Waiting);
        Assert.Equal(StepState.Waiting, waiting.Steps[0].State);
        Assert.Equal(2, waiting.Steps[0].Branches!.Length);
        Assert.IsType<Outcome<StepState>.Done>(await world.Get<ChooseBranch>().Choose(run, 0, 1, "bob", "all is calm", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_link_is_run_where_the_text_orders_it_and_left_to_the_reader_where_it_only_mentions_it()
    {
        using var pack = Pack(("flow", """
            1. Background is in [the pause](halt.md).
            2. Run [the pause](halt.md).
            """), ("halt", TestPack.PauseRunbook("Alpha")));
        await using var world = await Start(pack);
        var run = await world.Propose("flow");
        var waiting = await world.Until(run, d => d.Steps[0].State == StepState.Waiting);
        Assert.Equal(["manual", "run"], waiting.Steps.Select(s => s.Kind));
    }

    [Fact]
    public async Task Runbooks_that_run_each_other_in_a_circle_are_refused()
    {
        using var pack = Pack(("flow", "1. Run [halt](halt.md)."), ("halt", "1. Run [flow](flow.md)."));
        await using var world = await Start(pack, workers: false);
        var outcome = await world.Get<ProposeRun>().Propose("test", "flow", null, Primitives.Audit.Actor.Parse("operator:carol"), "x", CancellationToken.None);
        Assert.Contains("in a circle", Assert.IsType<Outcome<ProposedRun>.Refused>(outcome).Refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_runbook_changes_neither_a_run_under_way_nor_what_it_runs()
    {
        using var pack = Pack(("flow", "- [ ] The cause is known\n\n1. Run [halt](halt.md)."), ("halt", TestPack.PauseRunbook("Alpha")));
        string run;
        await using (var asking = await Start(pack, workers: false)) run = await asking.Propose("flow");
        using var changed = Pack(("flow", "1. Nothing is left."), ("halt", TestPack.PauseRunbook("Beta")));
        await using var world = await Start(changed);
        await world.Until(run, d => d.Steps[0].State == StepState.Waiting);
        await world.Get<ConfirmStep>().Confirm(run, 0, "alice", "known", CancellationToken.None);
        var child = (await world.Until(run, d => d.Steps[1].ChildId is not null)).Steps[1].ChildId!;
        await world.Approve(await world.PlanOf(child), _people);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_failing_step_runs_the_runbook_for_that_case_and_goes_on_when_that_succeeds()
    {
        using var pack = Pack(("flow", """
            ```bash
            cast call $ALPHA "paused()(bool)" | grep true
            ```

            > on failure: run halt

            ```bash
            cast block-number
            ```
            """), ("halt", TestPack.PauseRunbook("Alpha")));
        await using var world = await Start(pack);
        var run = await world.Propose("flow");
        var child = (await world.Until(run, d => d.Steps[0].ChildId is not null)).Steps[0].ChildId!;
        await world.Approve(await world.PlanOf(child), _people);
        var done = await world.Until(run, d => d.Run.EndedAt is not null);
        Assert.Equal([StepState.Failed, StepState.Done], done.Steps.Select(s => s.State));
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_wait_for_a_condition_ends_when_the_chain_shows_it_and_survives_days_and_restarts()
    {
        var clock = new MovedClock();
        using var pack = Pack(("flow", """
            ```bash
            cast block-number
            ```

            > wait: until cast call $ALPHA "paused()(bool)"

            > timeout: 5d
            """));
        string run;
        await using (var first = await Start(pack, clock: clock))
        {
            run = await first.Propose("flow");
            await first.Until(run, d => d.Steps[1].State == StepState.Waiting);
        }

        clock.Advance(TimeSpan.FromDays(2));
        await chain.Rpc.Send("eth_sendTransaction",
            [new { from = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", to = TestPack.AddressOf(0).ToString(), data = "0x8456cb59" }], CancellationToken.None);
        await using var second = await Start(pack, clock: clock);
        await second.Until(run, d => d.Run.State == RunState.Succeeded);
    }

    [Fact]
    public async Task A_wait_for_a_condition_that_does_not_come_fails_at_its_deadline()
    {
        var clock = new MovedClock();
        using var pack = Pack(("flow", """
            > wait: until vector(1) > 2

            > timeout: 2d
            """));
        await using var world = await Start(pack, clock: clock);
        var run = await world.Propose("flow");
        await world.Until(run, d => d.Steps[0].State == StepState.Waiting);
        clock.Advance(TimeSpan.FromDays(7));
        var failed = await world.Until(run, d => d.Steps[0].State == StepState.Failed);
        Assert.Contains("did not come to hold", failed.Steps[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notice_is_recorded_and_the_run_goes_on()
    {
        using var pack = Pack(("flow", "> notify: #incidents the bridge is halted"));
        await using var world = await Start(pack);
        var done = await world.Until(await world.Propose("flow"), d => d.Run.State == RunState.Succeeded);
        Assert.Equal(("notify", "#incidents"), (done.Steps[0].Kind, (string?)done.Steps[0].Output!["channel"]));
    }

    [Theory]
    [InlineData("#incidents", new[] { "incidents" })]
    [InlineData("@nobody", new[] { "everyone" })]
    public async Task A_notice_is_queued_once_for_the_receiver_that_it_names_or_else_by_the_packs_routes(string to, string[] receivers)
    {
        using var pack = Pack(("flow", $"> notify: {to} the bridge is halted"));
        await File.WriteAllTextAsync(Path.Combine(pack.Folder, "notifications.yaml"), """
            route: { receiver: everyone }
            receivers:
              - { name: everyone, webhook_configs: [ { url: "http://hook.example/a" } ] }
              - { name: incidents, webhook_configs: [ { url: "http://hook.example/b" } ] }
            """, TestContext.Current.CancellationToken);
        var bound = TestPack.Load(pack.Folder);
        var plans = new Observe.Notifying.NotificationPlans(new Observe.WatchedPacks([bound]), new Observe.Notifying.NotifyingOptions());
        Assert.Empty(plans.Findings);
        await using var world = await World.Start(
            _server, bound, _operators, workers: true, more: services => services.AddSingleton(new Observe.Notifying.Announcements(plans)));
        var run = await world.Propose("flow");
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(receivers[0], (string?)done.Steps[0].Output!["told"]);
        Assert.Equal(receivers, await world.Store.Query<string>("select receiver from notifying.outbox", null, TestContext.Current.CancellationToken));
        Assert.Contains("the bridge is halted", await world.Store.QueryFirstOrDefault<string>("select notification::text from notifying.outbox", null, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("notification.queue", await world.Store.Query<string>("select action from audit.inbox", null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_plan_whose_stored_bytes_are_damaged_is_named_as_such()
    {
        using var pack = Pack(("flow", TestPack.PauseRunbook("Alpha")));
        await using var world = await Start(pack, workers: false);
        var plan = await world.PlanOf(await world.Propose("flow"));
        await database.Damage(_server, plan.Hash);
        var damaged = await Assert.ThrowsAsync<DamagedPlanException>(() => world.Get<PlanDetail>().Query(plan.Hash, TestContext.Current.CancellationToken));
        Assert.Contains(plan.Hash.ToString(), damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_that_changed_between_approval_and_execution_voids_the_plan_and_tells_the_difference()
    {
        using var pack = Pack(("flow", TestPack.PauseRunbook("Alpha", "Beta").Replace("> on failure: continue", "", StringComparison.Ordinal)));
        string run;
        await using (var asking = await Start(pack, workers: false))
        {
            run = await asking.Propose("flow");
            var plan = await asking.PlanOf(run);
            Assert.Contains("Beta.paused: false → true", plan.Calls[1].Forecast.Changes);
            await asking.Approve(plan, _people);
        }

        // The second contract is upgraded: its pause now does something else.
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(1).ToString(), "0x5f5f5260205ff3"], CancellationToken.None);
        await using var world = await Start(pack);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("2. Beta.pause(): no longer", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.Equal(PlanState.Void, paused.Plans.Single().State);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));

        // Resumed, it asks anew, for what would happen now.
        await world.Get<ResumeRun>().Resume(run, "alice", "we know of the upgrade", CancellationToken.None);
        var again = await world.Until(run, d => d.Plans.Count == 2);
        Assert.Equal(PlanState.Pending, again.Plans[1].State);
    }

    [Fact]
    public async Task Time_that_passes_is_no_drift()
    {
        using var pack = Pack(("flow", TestPack.PauseRunbook("Alpha").Replace("> on failure: continue", "", StringComparison.Ordinal)));
        // Its pause() announces the block's time.
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(0).ToString(),
            "0x5f3560e01c80638456cb5914601b57635c975abb14604957" + "5f5ffd" + "5b60015f55425f527f" + TestPack.Paused[2..] + "60205fa100" + "5b5f545f5260205ff3"],
            CancellationToken.None);
        string run;
        Plan plan;
        await using (var asking = await Start(pack, workers: false))
        {
            run = await asking.Propose("flow");
            plan = await asking.PlanOf(run);
            await asking.Approve(plan, _people);
        }

        await chain.Rpc.Send("evm_increaseTime", [600], CancellationToken.None);
        await chain.Rpc.Send("evm_mine", [], CancellationToken.None);
        await using var world = await Start(pack);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Single(plan.Calls[0].Forecast.Events);
    }

    [Fact]
    public async Task A_run_that_is_aborted_after_effects_proposes_to_take_them_back_in_reverse_under_a_plan_of_its_own()
    {
        _tools.AddKubectl();
        using var pack = Pack(("flow", """
            ```bash
            kubectl scale deployment/relay --replicas=1
            cast send $ALPHA "pause()" --account deployer
            kubectl scale deployment/relay --replicas=0
            ```

            - [ ] The cause is known
            """));
        await using var world = await Start(pack);
        var run = await world.Propose("flow");
        await world.Approve(await world.PlanOf(run), _people);
        await world.Until(run, d => d.Steps[3].State == StepState.Waiting);
        await world.Get<AbortRun>().Abort(run, "alice", "a false alarm", CancellationToken.None);
        await world.Until(run, d => d.Run.State == RunState.Aborted);

        var undo = Assert.Single((await world.Get<RunList>().Query(null, true, 10, CancellationToken.None)), r => r.Title == "Undo: Flow");
        var plan = await world.PlanOf(undo.Id);
        Assert.Equal(["relay", "relay"], plan.Actions.Select(a => a.Target));
        Assert.Equal([1, 3], plan.Actions.Select(a => ((ActionEffect.ServiceVerb)a.Effect).Replicas!.Value));
        // The pause is left standing.
        Assert.Empty(plan.Calls);
        await world.Approve(plan, _people);
        await world.Until(undo.Id, d => d.Run.State == RunState.Succeeded);
        Assert.Equal("3", (await File.ReadAllTextAsync(Path.Combine(_tools.Folder, "replicas"), CancellationToken.None)).Trim());
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
    }
}
