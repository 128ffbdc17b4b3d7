using System.Globalization;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>What was approved by day is judged again by the hour in which it is first used, and a run within a run by its own plan.</summary>
public sealed class HoursTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
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

    // Quiet hours begin two hours from now, whenever now is.
    private TestPack Pack(string expires) => new(
        chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") }, edit: text => text.Replace(
            "emergency-pause: { approvals: 2, roles: [approver], requesterCounts: false, expires: 30m }",
            $"emergency-pause: {{ approvals: 2, roles: [approver], requesterCounts: false, expires: {expires}, "
            + $"quietHours: {{ from: '{Hour(2)}', to: '{Hour(8)}', zone: UTC, approvals: 3 }} }}", StringComparison.Ordinal));

    private static string Hour(int ahead) => TimeProvider.System.GetUtcNow().AddHours(ahead).ToString("HH:mm", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Two_who_approved_by_day_do_not_clear_a_plan_that_is_first_used_in_quiet_hours()
    {
        using var pack = Pack("12h");
        var clock = new MovedClock();
        string run;
        await using (var asking = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: false, clock))
        {
            run = await asking.Propose("pause");
            var plan = await asking.PlanOf(run);
            Assert.Equal(2, plan.Policy.Required);
            await asking.Approve(plan, ("alice", _alice), ("bob", _bob));
            Assert.Equal(PlanState.Approved, (await asking.Get<RunDetail>().Query(run, CancellationToken.None))!.Plans.Single().State);
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true, clock);
        var done = await world.Until(run, d => d.Run.State == RunState.Failed);
        Assert.Contains("made stricter", done.Run.StateReason + string.Concat(done.Steps.Select(s => s.Error)), StringComparison.Ordinal);
        Assert.Equal(PlanState.Void, done.Plans.Single().State);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task The_same_two_clear_it_by_day_and_at_night_it_asks_for_three()
    {
        using var pack = Pack("12h");
        var clock = new MovedClock();
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true, clock);
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));

        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(3, (await world.PlanOf(await world.Propose("pause"))).Policy.Required);
    }

    [Fact]
    public async Task A_run_within_a_run_waits_for_approvals_of_its_own()
    {
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string>
        {
            ["flow"] = "# Flow\n\n```bash\ncast send $BETA \"pause()\" --account deployer\n```\n\n1. Run [halt](halt.md).\n",
            ["halt"] = TestPack.PauseRunbook("Alpha"),
        });
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Propose("flow");
        var parent = await world.PlanOf(run);
        Assert.Equal("Beta", Assert.Single(parent.Calls).TargetName);
        await world.Approve(parent, ("alice", _alice), ("bob", _bob));
        var child = (await world.Until(run, d => d.Steps.Any(s => s.ChildId is not null))).Steps.Single(s => s.ChildId is not null).ChildId!;
        var own = await world.PlanOf(child);
        Assert.NotEqual(parent.Hash, own.Hash);
        await Task.Delay(600, TestContext.Current.CancellationToken);
        Assert.Equal(["Beta"], await TestPack.PausedEvents(chain.Rpc));
        Assert.Equal(PlanState.Pending, (await world.Get<RunDetail>().Query(child, CancellationToken.None))!.Plans.Single().State);
        await world.Approve(own, ("alice", _alice), ("bob", _bob));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Beta", "Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }
}
