using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>Denials, pools and the broken glass; and one operator who would like to have the exception as the rule.</summary>
public sealed class ExceptionTests(RespondFixture fixture) : IClassFixture<RespondFixture>
{
    private const string Reason = "the oracle is being drained and nobody answers";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TestOperators _operators = new();
    private readonly EvidenceVerifier _verifier = new(new ApprovalOptions());

    [Fact]
    public async Task Who_may_break_the_glass_acts_alone_loudly_and_two_others_review_it()
    {
        await using var store = fixture.Open();
        var carol = _operators.Add("carol");
        _operators.Add("alice");
        _operators.Add("bob");
        var plan = await Submit(store, With(p => p with { BreakGlass = ["operator"] }));

        var broken = Assert.IsType<Outcome<PlanApproved>.Done>(await Glass(store).Break(plan.Hash, "carol", carol.Approve(plan), Reason, Cancel));
        Assert.Equal(PlanState.Approved, broken.Value.State);
        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
        var told = await store.Query<string>(
            "select i.severity || ': ' || t.text from incidents.timeline t join incidents.incidents i on i.id = t.incident_id where t.ref = @run", new { run = plan.Run });
        Assert.Contains(told, text => text.StartsWith("critical: carol broke the glass", StringComparison.Ordinal) && text.Contains(Reason));
        Assert.Equal(1L, await store.QueryFirstOrDefault<long>("select count(*) from audit.inbox where action = 'plan.break-glass' and subject = @h", new { h = plan.Hash.ToString() }));

        var review = new ReviewBreakGlass(store, _operators);
        Assert.IsType<Outcome<int>.Refused>(await review.Review(plan.Hash, "carol", true, "fine", Cancel));
        Assert.IsType<Outcome<int>.Done>(await review.Review(plan.Hash, "alice", true, "there was no time", Cancel));
        Assert.IsType<Outcome<int>.Refused>(await review.Review(plan.Hash, "alice", true, "again", Cancel));
        Assert.False((await review.List(Cancel)).Single(b => b.Plan == plan.Hash).Reviewed);
        Assert.IsType<Outcome<int>.Done>(await review.Review(plan.Hash, "bob", false, "somebody was there", Cancel));
        Assert.True((await review.List(Cancel)).Single(b => b.Plan == plan.Hash).Reviewed);
    }

    [Fact]
    public async Task Broken_glass_pages_until_two_others_reviewed_it_and_is_overdue_after_a_day()
    {
        await using var store = fixture.Open();
        var carol = _operators.Add("carol");
        _operators.Add("alice");
        _operators.Add("bob");
        var plan = await Submit(store, With(p => p with { BreakGlass = ["operator"] }));
        await Glass(store).Break(plan.Hash, "carol", carol.Approve(plan), Reason, Cancel);
        var later = new Later(TimeSpan.FromHours(25));
        async Task<double?> Age(TimeProvider clock) => (await new ExceptionReading(store, clock).Read(Cancel))
            .Where(v => v.Labels.Get("plan") == plan.Hash.ToString()).Select(v => (double?)v.Value).SingleOrDefault();

        Assert.InRange((await Age(TimeProvider.System))!.Value, 0, 60);
        Assert.Superset(
            new HashSet<string> { "GlassBroken", "BreakGlassReviewOverdue", "StandingApprovalUsed" },
            Observe.PlatformRules.File.Groups.SelectMany(g => g.Rules).Select(r => r.Name).ToHashSet());
        Assert.True(await Age(later) > 86400);
        var review = new ReviewBreakGlass(store, _operators);
        await review.Review(plan.Hash, "alice", true, "there was no time", Cancel);
        Assert.NotNull(await Age(later));
        await review.Review(plan.Hash, "bob", true, "agreed", Cancel);
        Assert.Null(await Age(later));
    }

    [Fact]
    public async Task Nobody_breaks_the_glass_without_policy_role_reason_or_their_own_signature()
    {
        await using var store = fixture.Open();
        var (carol, viewer, alice) = (_operators.Add("carol"), _operators.Add("viewer", "viewer"), _operators.Add("alice"));
        var closed = await Submit(store, With(p => p));
        var open = await Submit(store, With(p => p with { BreakGlass = ["operator"] }));

        Refused(await Glass(store).Break(closed.Hash, "carol", carol.Approve(closed), Reason, Cancel));
        Refused(await Glass(store).Break(open.Hash, "viewer", viewer.Approve(open), Reason, Cancel));
        Refused(await Glass(store).Break(open.Hash, "carol", carol.Approve(open), " ", Cancel));
        Refused(await Glass(store).Break(open.Hash, "carol", alice.Approve(open), Reason, Cancel));
        Refused(await Glass(store).Break(open.Hash, "carol", carol.Approve(closed), Reason, Cancel));
        Assert.Equal(0L, await store.QueryFirstOrDefault<long>(
            "select count(*) from approvals.break_glass where plan_hash in (@a, @b)", new { a = closed.Hash, b = open.Hash }));
    }

    [Fact]
    public async Task Broken_glass_does_not_clear_a_plan_once_the_person_may_not_any_more()
    {
        await using var store = fixture.Open();
        var carol = _operators.Add("carol");
        var plan = await Submit(store, With(p => p with { BreakGlass = ["operator"] }));
        await Glass(store).Break(plan.Hash, "carol", carol.Approve(plan), Reason, Cancel);

        _operators.People["carol"] = _operators.People["carol"] with { Roles = ["approver"] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["carol"] = _operators.People["carol"] with { Roles = ["operator"] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan, plan.Policy with { BreakGlass = [] }));
        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
    }

    [Fact]
    public async Task The_database_lets_nobody_break_the_glass_of_a_policy_that_has_none_nor_review_themselves()
    {
        await using var store = fixture.Open();
        var carol = _operators.Add("carol");
        var closed = await Submit(store, With(p => p));
        var open = await Submit(store, With(p => p with { BreakGlass = ["operator"] }));
        await Refuses($"insert into approvals.break_glass values ('\\x{Hex(closed)}', 'carol', '{Reason}', now())");
        // The row alone, without the person's own approval in a role that the policy names, is no quorum.
        await Sql($"insert into approvals.break_glass values ('\\x{Hex(open)}', 'mallory', '{Reason}', now())");
        await Refuses($"update approvals.plans set state = 'approved' where hash = '\\x{Hex(open)}'");
        await Refuses($"insert into approvals.break_glass_reviews values ('\\x{Hex(open)}', 'mallory', 'justified', 'fine', now())");
        await Refuses("update approvals.break_glass set operator_id = 'x'");
        await Refuses("delete from approvals.break_glass_reviews");
        await Refuses("delete from approvals.denials");
        _ = carol;
    }

    [Fact]
    public async Task A_plan_falls_with_as_many_denials_as_its_policy_says_and_who_denied_cannot_approve()
    {
        await using var store = fixture.Open();
        var (alice, _) = (_operators.Add("alice"), _operators.Add("bob"));
        _operators.Add("carol");
        var plan = await Submit(store, With(p => p with { Denials = 2 }));
        var reject = new RejectPlan(store, _operators);

        Assert.Equal(PlanState.Pending, Assert.IsType<Outcome<PlanState>.Done>(await reject.Reject(plan.Hash, "alice", "too early", Cancel)).Value);
        Assert.Equal(PlanState.Pending, Assert.IsType<Outcome<PlanState>.Done>(await reject.Reject(plan.Hash, "alice", "too early!", Cancel)).Value);
        Refused(await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel));
        Assert.Equal(PlanState.Rejected, Assert.IsType<Outcome<PlanState>.Done>(await reject.Reject(plan.Hash, "bob", "no", Cancel)).Value);

        var own = await Submit(store, With(p => p with { Denials = 2 }));
        Assert.Equal(PlanState.Rejected, Assert.IsType<Outcome<PlanState>.Done>(await reject.Reject(own.Hash, "carol", "never mind", Cancel)).Value);
    }

    [Fact]
    public async Task A_council_that_was_widened_clears_nothing()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, With(p => p with { Of = 2 }));
        await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel);
        await Approver(store).Approve(plan.Hash, "bob", bob.Approve(plan), Cancel);
        _operators.Add("third");
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People.TryRemove("third", out _);
        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
    }

    [Fact]
    public void What_a_policy_says_is_in_the_signed_bytes_and_what_it_does_not_say_is_not()
    {
        var plain = With(p => p);
        Assert.DoesNotContain("breakGlass", System.Text.Encoding.UTF8.GetString(plain.Canonical));
        var full = With(p => p with { Of = 5, Denials = 2, BreakGlass = ["operator"] });
        var read = Plan.Read(full.Canonical);
        Assert.Equal((5, 2, "operator"), (read.Policy.Of, read.Policy.Denials, read.Policy.BreakGlass.Single()));
        Assert.Equal(full.Hash, read.Hash);
    }

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    private static Plan With(Func<PolicyTerms, PolicyTerms> terms)
    {
        var plan = Plans.Plan("run_" + Guid.NewGuid().ToString("N"));
        return new Plan(
            plan.Environment, plan.Pack, plan.Runbook, plan.RunbookHash, plan.Run, plan.Stage, plan.Requester, terms(plan.Policy), plan.CreatedAt,
            plan.ExpiresAt, plan.Nonce, plan.Calls, plan.Simulation, plan.NotCovered);
    }

    private static async Task<Plan> Submit(OperationsStore store, Plan plan)
    {
        await store.Act(Actor.Parse("operator:carol"), "test", async act =>
        {
            await act.Execute(
                """
                insert into runs.runs (id, pack, runbook, title, severity, environment, runbook_source, runbook_hash, requester, reason, state, proposed_at)
                values (@id, 'musd', 'r', 'R', 'critical', 'devnet', '', sha256(''), @requester, 'x', 'awaiting_approval', @now)
                """, new { id = plan.Run, requester = plan.Requester, now = act.Now });
            await SubmitPlan.Submit(act, plan);
        }, Cancel);
        return plan;
    }

    private ApprovePlan Approver(OperationsStore store) => new(store, _operators, _verifier, TimeProvider.System);

    private BreakGlass Glass(OperationsStore store) => new(Approver(store), TimeProvider.System);

    private static void Refused(Outcome<PlanApproved> outcome) => Assert.IsType<Outcome<PlanApproved>.Refused>(outcome);

    private Task<Clearance> Clear(OperationsStore store, Plan plan, PolicyTerms? policy = null) =>
        store.Act(Actor.Parse("system:runs"), "test", async act =>
        {
            act.Record("test.clear", plan.Run);
            return await new PlanClearance(_operators, _verifier, TimeProvider.System).Clear(act, plan.Hash, plan.Run, policy ?? plan.Policy, Cancel);
        }, Cancel);

    private static string Hex(Plan plan) => Convert.ToHexString(plan.Hash.ToArray());

    private async Task Refuses(string sql) => await Assert.ThrowsAsync<PostgresException>(() => Sql(sql));

    private async Task Sql(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Server);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"set role {Migrator.ServerRole}; {sql}", connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
