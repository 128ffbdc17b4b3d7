using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Standing;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>From an alert to a paused contract without anybody being asked, where two people signed ahead.</summary>
public sealed class StandingRunTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
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

    [Fact]
    public async Task An_alert_pauses_by_itself_what_two_people_approved_ahead_and_everybody_is_told()
    {
        using var pack = Pack("Alpha");
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var grant = await Signed(world, uses: 1);
        await Fire(world, "alert_1", "rules");

        var run = await Run(world);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
        var view = (await world.Get<StandingList>().One(grant, Cancel))!;
        Assert.Equal((StandingState.Exhausted, 1), (view.State, view.Used));
        Assert.Equal(run, view.Uses.Single().Run);
        Assert.Equal(1L, await world.Store.QueryFirstOrDefault<long>("select count(*) from audit.inbox where action = 'standing.use'"));
        Assert.Contains(
            await world.Store.Query<string>("select text from incidents.timeline where kind = 'plan'"),
            text => text.Contains("standing approval of alice and bob under Exploit: use 1 of 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Exploit", "external")]
    [InlineData("AnotherAlert", "rules")]
    public async Task An_alert_told_from_outside_or_another_alert_waits_for_people(string alert, string source)
    {
        using var pack = Pack("Alpha");
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var grant = await Signed(world, uses: 1);
        await Fire(world, "alert_1", source, alert);

        var plan = await world.PlanOf(await Run(world));
        await Task.Delay(2500, Cancel);
        Assert.Equal(PlanState.Pending, (await world.Get<PlanDetail>().Query(plan.Hash, Cancel))!.State);
        Assert.Equal(0, (await world.Get<StandingList>().One(grant, Cancel))!.Used);
    }

    [Fact]
    public async Task A_changed_runbook_policy_or_address_makes_it_void()
    {
        using var pack = Pack("Alpha");
        await using var first = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: false);
        var grants = new List<Primitives.Hash32>();
        for (var i = 0; i < 3; i++) grants.Add(await Signed(first, uses: 5));
        Action<string>[] changes =
        [
            folder => File.AppendAllText(Path.Combine(folder, "runbooks/pause.md"), "\nOne more sentence.\n"),
            folder => Replace(folder, "policies.yaml", "expires: 30m", "expires: 31m"),
            folder => Replace(folder, "environments/test.yaml", TestPack.AddressOf(0).ToString(), TestPack.AddressOf(9).ToString()),
        ];
        foreach (var (change, word) in changes.Zip(["runbook", "policy", "contract Alpha is at"]))
        {
            using var changed = Pack("Alpha");
            change(changed.Folder);
            await using var world = await World.Start(_server, TestPack.Load(changed.Folder), _operators, workers: false);
            var why = new StandingDraft(world.Get<PackBindings>(), world.Get<StagePlanning>()).Changed(
                (await first.Get<StandingList>().One(grants[0], Cancel))!.Grant);
            Assert.Contains(word, why, StringComparison.Ordinal);
        }

        using var last = Pack("Beta");
        await using var later = await World.Start(_server, TestPack.Load(last.Folder), _operators, workers: true);
        for (var i = 0; i < 100 && (await later.Get<StandingList>().Query(Cancel)).Any(v => v.State != StandingState.Void); i++) await Task.Delay(50, Cancel);
        Assert.All(await later.Get<StandingList>().Query(Cancel), v => Assert.Equal(StandingState.Void, v.State));
    }

    [Fact]
    public async Task Only_what_an_alert_proposes_for_a_time_and_a_count_can_be_asked_for()
    {
        using var pack = Pack("Alpha");
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: false);
        var good = new StandingAsk("test", "pause", "Exploit", 1, TimeSpan.FromHours(1), "seconds count");
        foreach (var bad in new[]
        {
            good with { Uses = 0 }, good with { Uses = 101 }, good with { Lifetime = TimeSpan.FromDays(91) }, good with { Lifetime = TimeSpan.Zero },
            good with { Alert = "Nothing" }, good with { Runbook = "nothing" }, good with { Pack = "nothing" }, good with { Reason = " " },
        })
        {
            Assert.IsType<Outcome<Primitives.Hash32>.Refused>(await world.Get<RequestStanding>().Request(bad, "carol", Cancel));
        }

        Assert.IsType<Outcome<Primitives.Hash32>.Done>(await world.Get<RequestStanding>().Request(good, "carol", Cancel));
    }

    private TestPack Pack(string contract)
    {
        var pack = new TestPack(chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook(contract) });
        File.WriteAllText(Path.Combine(pack.Folder, "alerts.yaml"),
            """
            groups:
              - name: test
                rules:
                  - { alert: Exploit, expr: "vector(1) > 2", annotations: { runbook: pause } }
                  - { alert: AnotherAlert, expr: "vector(1) > 2", annotations: { runbook: pause } }
            """);
        return pack;
    }

    private async Task<Primitives.Hash32> Signed(World world, int uses)
    {
        var asked = await world.Get<RequestStanding>().Request(
            new StandingAsk("test", "pause", "Exploit", uses, TimeSpan.FromHours(1), "seconds count"), "carol", Cancel);
        var hash = Assert.IsType<Outcome<Primitives.Hash32>.Done>(asked).Value;
        var grant = (await world.Get<StandingList>().One(hash, Cancel))!.Grant;
        foreach (var (who, wallet) in new[] { ("alice", _alice), ("bob", _bob) })
        {
            Assert.IsType<Outcome<StandingApproved>.Done>(await world.Get<ApproveStanding>().Approve(
                hash, who, new ApprovalEvidence.Wallet(wallet.SignHash(StandingTypedData.SigningHash(grant))), Cancel));
        }

        return hash;
    }

    private static Task Fire(World world, string id, string source, string name = "Exploit") =>
        world.Store.Ingest(FactSource.Clock(TimeProvider.System.GetUtcNow()), async write =>
        {
            var row = new { id, name, source, now = TimeProvider.System.GetUtcNow(), labels = $$"""{"alertname":"{{name}}","severity":"critical"}""" };
            await write.Execute(
                """
                insert into alerts.active (alert_id, pack, rule_group, name, labels, annotations, state, value, active_at, fired_at, evaluated_at, source)
                values (@id, 'test', 'test', @name, @labels::jsonb, '{"runbook":"pause"}', 'firing', 1, @now, @now, @now, @source)
                """, row);
            await write.Execute(
                """
                insert into alerts.transitions (alert_id, pack, rule_group, name, severity, labels, annotations, state, value, active_at, at)
                values (@id, 'test', 'test', @name, 'critical', @labels::jsonb, '{"runbook":"pause"}', 'firing', 1, @now, @now)
                """, row);
            write.Signal(Signals.Alerts);
        }, Cancel);

    private static async Task<string> Run(World world)
    {
        for (var i = 0; i < 400; i++)
        {
            if (await world.Store.QueryFirstOrDefault<string>("select id from runs.runs limit 1") is { } run) return run;
            await Task.Delay(25, Cancel);
        }

        throw new InvalidOperationException("No run was proposed.");
    }

    private static void Replace(string folder, string path, string old, string now)
    {
        var file = Path.Combine(folder, path);
        var text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, now, StringComparison.Ordinal));
    }
}
