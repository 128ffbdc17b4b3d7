using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Approvals.Standing;

/// <summary>What was approved ahead carries exactly that, so often, so long, and while all who signed still may.</summary>
public sealed class StandingTests(RespondFixture fixture) : IClassFixture<RespondFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly TimeProvider Clock = TimeProvider.System;
    private readonly TestOperators _operators = new();
    private readonly EvidenceVerifier _verifier = new(new ApprovalOptions());

    [Fact]
    public async Task Two_people_sign_ahead_and_a_plan_of_the_alert_is_cleared_without_asking()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var (grant, plan) = await Put(store);
        Assert.NotNull(await Link(store, plan, grant));
        var first = Assert.IsType<Outcome<StandingApproved>.Done>(await Signing(store).Approve(grant.Hash, "alice", Sign(alice, grant), Cancel));
        Assert.Equal(StandingState.Pending, first.Value.State);
        Assert.NotNull(await Link(store, plan, grant));
        var second = Assert.IsType<Outcome<StandingApproved>.Done>(await Signing(store).Approve(grant.Hash, "bob", Sign(bob, grant), Cancel));
        Assert.Equal(StandingState.Active, second.Value.State);

        Assert.Null(await Link(store, plan, grant));
        var granted = Assert.IsType<Clearance.Granted>(await Clear(store, plan));
        Assert.Equal((1, 1), (granted.FirstUse!.Number, granted.FirstUse.Terms.Uses));
        Assert.Equal(["alice", "bob"], granted.Operators.Order(StringComparer.Ordinal));
        Assert.Null(Assert.IsType<Clearance.Granted>(await Clear(store, plan)).FirstUse);
        Assert.Equal(StandingState.Exhausted, (await new StandingList(store, Clock).One(grant.Hash, Cancel))!.State);
        foreach (var action in new[] { "standing.approve", "standing.in-force", "standing.use" })
        {
            Assert.True(await store.QueryFirstOrDefault<long>(
                "select count(*) from audit.inbox where action = @action and subject = @h", new { action, h = grant.Hash.ToString() }) > 0, action);
        }
    }

    [Fact]
    public async Task A_passkey_signs_ahead_as_a_wallet_does()
    {
        await using var store = fixture.Open();
        using var passkey = new Passkey();
        _operators.Add("alice");
        _operators.People["alice"] = _operators.People["alice"] with { Credentials = [new OperatorCredential.Passkey("pk", passkey.Id, passkey.PublicKey, 0)] };
        var (grant, plan) = await Put(store);
        Refused(await Signing(store).Approve(grant.Hash, "alice", new ApprovalEvidence.Passkey(passkey.Sign(PlanChallenge.For(plan))), Cancel));
        Assert.IsType<Outcome<StandingApproved>.Done>(await Signing(store).Approve(
            grant.Hash, "alice", new ApprovalEvidence.Passkey(passkey.Sign(StandingSignature.Challenge(grant))), Cancel));
    }

    [Fact]
    public async Task One_person_does_not_make_the_quorum_whatever_they_try()
    {
        await using var store = fixture.Open();
        var (alice, carol, viewer) = (_operators.Add("alice"), _operators.Add("carol"), _operators.Add("viewer", "viewer"));
        var (grant, plan) = await Put(store);
        // The second account on the same wallet.
        _operators.People["alice2"] = _operators.People["alice"] with { Id = "alice2", Name = "alice2" };
        Assert.IsType<Outcome<StandingApproved>.Done>(await Signing(store).Approve(grant.Hash, "alice", Sign(alice, grant), Cancel));
        foreach (var (who, evidence) in new[]
        {
            ("alice", (ApprovalEvidence)Sign(alice, grant)), ("alice2", Sign(alice, grant)), ("carol", Sign(carol, grant)), ("viewer", Sign(viewer, grant)),
            ("bob", Sign(alice, grant)), ("alice2", alice.Approve(plan)),
        })
        {
            Refused(await Signing(store).Approve(grant.Hash, who, evidence, Cancel));
        }

        Assert.Equal(6L, await store.QueryFirstOrDefault<long>(
            "select count(*) from audit.inbox where action = 'standing.approval-refused' and subject = @h", new { h = grant.Hash.ToString() }));
        Assert.NotNull(await Link(store, plan, grant));
    }

    [Fact]
    public async Task It_is_used_as_often_as_was_signed_and_no_more()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, uses: 2);
        var (second, third) = (await Another(store, plan), await Another(store, plan));
        foreach (var each in new[] { plan, second, third }) Assert.Null(await Link(store, each, grant));

        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
        Assert.IsType<Clearance.Granted>(await Clear(store, second));
        Assert.Contains("as often as was signed", Assert.IsType<Clearance.Denied>(await Clear(store, third)).Why);
        Assert.NotNull(await Link(store, await Another(store, plan), grant));
        // What is in use goes on.
        Assert.IsType<Clearance.Granted>(await Clear(store, second));
    }

    [Fact]
    public async Task Of_uses_that_race_for_the_last_one_exactly_one_is_cleared()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store);
        var plans = new List<Plan> { plan };
        for (var i = 0; i < 5; i++) plans.Add(await Another(store, plan));
        foreach (var each in plans) Assert.Null(await Link(store, each, grant));

        var outcomes = await Task.WhenAll(plans.Select(async each =>
        {
            try
            {
                return await Clear(store, each) is Clearance.Granted;
            }
            catch (PostgresException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, granted => granted);
        Assert.Equal(1L, await store.QueryFirstOrDefault<long>("select count(*) from approvals.standing_uses where grant_hash = @h", new { h = grant.Hash }));
    }

    [Fact]
    public async Task One_person_revokes_it_at_once_also_for_what_it_carries_already()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, uses: 3);
        var under = await Another(store, plan);
        Assert.Null(await Link(store, plan, grant));
        Assert.Null(await Link(store, under, grant));
        Assert.IsType<Clearance.Granted>(await Clear(store, under));
        _operators.Add("dan", "responder");
        var revoke = new RevokeStanding(store, _operators);
        Refused(await revoke.Revoke(grant.Hash, "dan", " ", Cancel));
        Refused(await revoke.Revoke(grant.Hash, "nobody", "stop", Cancel));
        Assert.IsType<Outcome<bool>.Done>(await revoke.Revoke(grant.Hash, "dan", "the oracle is wrong, not the market", Cancel));
        Refused(await revoke.Revoke(grant.Hash, "dan", "again", Cancel));

        Assert.Equal("void", await store.QueryFirstOrDefault<string>("select state from approvals.plans where hash = @h", new { h = plan.Hash }));
        Assert.IsType<Clearance.Denied>(await Clear(store, under));
        Assert.NotNull(await Link(store, await Another(store, plan), grant));
        Assert.Equal(StandingState.Revoked, (await new StandingList(store, Clock).One(grant.Hash, Cancel))!.State);
        Refused(await Signing(store).Approve(grant.Hash, "alice", Sign(new TestWallet(), grant), Cancel));
    }

    [Fact]
    public async Task After_its_time_it_carries_nothing()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, uses: 2, lifetime: TimeSpan.FromSeconds(2));
        Assert.Null(await Link(store, plan, grant));
        await Task.Delay(TimeSpan.FromSeconds(2.1), Cancel);
        Assert.Contains("expired", Assert.IsType<Clearance.Denied>(await Clear(store, plan)).Why);
        Assert.NotNull(await Link(store, await Another(store, plan), grant));
        Assert.Equal(StandingState.Expired, (await new StandingList(store, Clock).One(grant.Hash, Cancel))!.State);
    }

    [Fact]
    public async Task Another_runbook_call_target_or_requester_is_not_carried()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, uses: 9);
        Plan[] others =
        [
            plan with { RunbookHash = new Hash32([.. Enumerable.Repeat((byte)1, 32)]) },
            plan with { Runbook = "another" },
            plan with { Environment = "staging" },
            plan with { Calls = [plan.Calls[0] with { Calldata = Convert.FromHexString("3f4ba83a"), Function = "unpause()" }] },
            plan with { Calls = [plan.Calls[0] with { Target = Plans.From }] },
            plan with { Calls = [plan.Calls[0], plan.Calls[0] with { Position = 2, Step = 1 }] },
            plan with { Calls = [plan.Calls[0] with { Value = 1 }] },
            plan with { Requester = "operator:carol" },
            plan with { Policy = plan.Policy with { Required = 3 } },
        ];
        foreach (var other in others)
        {
            var put = await Submit(store, other with { Run = NewRun(), Nonce = Nonce() });
            try
            {
                Assert.NotNull(await Link(store, put, grant));
            }
            catch (PostgresException refused)
            {
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            }

            await Refuses($"insert into approvals.standing_links values ('\\x{Hex(put.Hash)}', '\\x{Hex(grant.Hash)}', 'a', now())");
        }
    }

    [Fact]
    public async Task A_signer_who_may_not_any_more_takes_it_out_of_force()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, uses: 2);
        Assert.Null(await Link(store, plan, grant));
        var bob = _operators.People["bob"];
        _operators.People["bob"] = bob with { Roles = ["viewer"] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["bob"] = bob with { Credentials = [] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["bob"] = bob;
        Assert.IsType<Clearance.Denied>(await Clear(store, plan, plan.Policy with { Required = 3 }));

        await store.Act(Actor.Parse("operator:admin"), "left", act => WithdrawApprovals.Of(act, "bob", "the operator was removed"), Cancel);
        Assert.Equal(StandingState.Void, (await new StandingList(store, Clock).One(grant.Hash, Cancel))!.State);
        Assert.Equal("void", await store.QueryFirstOrDefault<string>("select state from approvals.plans where hash = @h", new { h = plan.Hash }));
    }

    [Fact]
    public async Task The_servers_role_cannot_make_one_up_widen_it_nor_use_it_more_often()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store);
        var (unsigned, _) = await Put(store);
        var (g, u, p) = (Hex(grant.Hash), Hex(unsigned.Hash), Hex(plan.Hash));
        await Refuses($"insert into approvals.standing_links values ('\\x{p}', '\\x{u}', 'a', now())");
        await Refuses($"insert into approvals.standing_uses values ('\\x{g}', 1, '\\x{p}', '{plan.Run}', now())");
        await Refuses($"update approvals.standing set uses = 99 where hash = '\\x{g}'");
        await Refuses("delete from approvals.standing_uses");
        await Refuses("delete from approvals.standing_ends");
        await Refuses("update approvals.standing_links set grant_hash = plan_hash");
        await Refuses($"insert into approvals.standing (hash, canonical, requester, uses, created_at, expires_at) select hash, canonical, requester, 100, created_at, expires_at from approvals.standing where hash = '\\x{g}'");
        await Refuses("alter table approvals.standing_uses disable trigger all");
        await Refuses("create or replace function approvals.carried(plan bytea) returns boolean language sql as 'select true'");

        // Signatures that nobody gave meet the guard's count and not the server's verification.
        foreach (var who in new[] { "alice", "bob" })
        {
            await Sql(
                $$"""
                insert into approvals.standing_approvals (grant_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
                values ('\x{{u}}', '{{who}}', '{{who}}', '{approver}', 'wallet', 'w', '\x{{(who == "bob" ? "bb" : "aa")}}', '{"signature":"0x{{new string('1', 130)}}"}', now())
                """);
        }

        var forged = await Another(store, plan);
        await Sql($"insert into approvals.standing_links values ('\\x{Hex(forged.Hash)}', '\\x{u}', 'a', now())");
        await Sql($"update approvals.plans set state = 'approved' where hash = '\\x{Hex(forged.Hash)}'");
        await Refuses($"insert into approvals.consumptions values ('\\x{Hex(forged.Hash)}', '{forged.Run}', '{{}}', now())");
        Assert.Contains("signatures of its standing approval 0 hold", Assert.IsType<Clearance.Denied>(await Clear(store, forged)).Why);
    }

    [Fact]
    public async Task A_search_path_of_ones_own_does_not_bend_the_guards()
    {
        await using var store = fixture.Open();
        var (grant, plan) = await PutSigned(store, lifetime: TimeSpan.FromSeconds(1));
        await Task.Delay(TimeSpan.FromSeconds(1.1), Cancel);
        // A clock that stands and a count that flatters, found before the system's own.
        const string Bend =
            """
            create schema if not exists bent;
            create or replace function bent.clock_timestamp() returns timestamptz language sql as $$ select timestamptz '2000-01-01' $$;
            create or replace function bent.jsonb_array_elements_text(jsonb) returns setof text language sql as $$ select 'viewer' $$;
            create or replace function bent.greatest_of(integer, integer) returns integer language sql as $$ select 0 $$;
            set search_path = bent, pg_catalog;
            """;
        await Refuses($"{Bend} insert into approvals.standing_links values ('\\x{Hex(plan.Hash)}', '\\x{Hex(grant.Hash)}', 'a', pg_catalog.now())");
        var late = await Submit(store, Plans.Plan(NewRun(), now: Clock.GetUtcNow().AddHours(-1)));
        foreach (var roles in new[] { "{viewer}", "{approver}" })
        {
            await Refuses(
                $$"""
                {{Bend}} insert into approvals.approvals (plan_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
                values ('\x{{Hex(late.Hash)}}', 'm', 'm', '{{roles}}', 'wallet', 'w', '\xaa', '{}', pg_catalog.now())
                """);
        }

        await Sql("drop schema if exists bent cascade");
    }

    private async Task<(StandingGrant Grant, Plan Plan)> Put(OperationsStore store, int uses = 1, TimeSpan? lifetime = null)
    {
        var now = PlanDocument.Truncate(Clock.GetUtcNow());
        var plan = Plans.Plan(NewRun(), requester: "system:alerts");
        var grant = new StandingGrant(
            plan.Environment, plan.Pack, plan.Runbook, plan.RunbookHash, "Exploit", "operator:carol", "seconds count", plan.Policy, uses, now,
            PlanDocument.Truncate(now + (lifetime ?? TimeSpan.FromHours(1))), Nonce(), StandingEffects.Of(plan));
        await store.Act(Actor.Parse("operator:carol"), "test", async act =>
        {
            act.Record("test.grant", grant.Hash.ToString());
            await act.Execute(
                "insert into approvals.standing (hash, canonical, requester, uses, created_at, expires_at) values (@h, @c, @r, @u, @a, @e)",
                new { h = grant.Hash, c = grant.Canonical, r = grant.Requester, u = grant.Uses, a = grant.CreatedAt, e = grant.ExpiresAt });
        }, Cancel);
        return (grant, await Submit(store, plan));
    }

    private async Task<(StandingGrant Grant, Plan Plan)> PutSigned(OperationsStore store, int uses = 1, TimeSpan? lifetime = null)
    {
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var (grant, plan) = await Put(store, uses, lifetime);
        foreach (var (who, wallet) in new[] { ("alice", alice), ("bob", bob) })
            Assert.IsType<Outcome<StandingApproved>.Done>(await Signing(store).Approve(grant.Hash, who, Sign(wallet, grant), Cancel));
        return (grant, plan);
    }

    private static Task<Plan> Another(OperationsStore store, Plan like) => Submit(store, like with { Run = NewRun(), Nonce = Nonce() });

    private static async Task<Plan> Submit(OperationsStore store, Plan changed)
    {
        // A copy of a plan keeps the bytes of the first.
        var plan = Plan.Read(PlanDocument.Write(changed));
        await store.Act(Actor.Parse("system:alerts"), "test", act => SubmitPlan.Submit(act, plan), Cancel);
        return plan;
    }

    private static ApprovalEvidence.Wallet Sign(TestWallet wallet, StandingGrant grant) => new ApprovalEvidence.Wallet(wallet.SignHash(StandingTypedData.SigningHash(grant)));

    private ApproveStanding Signing(OperationsStore store) => new(store, _operators, _verifier, Clock);

    private Task<string?> Link(OperationsStore store, Plan plan, StandingGrant grant) =>
        new LinkStanding(store, _operators, _verifier, Clock).Link(plan.Hash, grant.Hash, "alert_1", Cancel);

    private Task<Clearance> Clear(OperationsStore store, Plan plan, PolicyTerms? policy = null) =>
        store.Act(Actor.Parse("system:runs"), "test", async act =>
        {
            act.Record("test.clear", plan.Run);
            return await new PlanClearance(_operators, _verifier, Clock).Clear(act, plan.Hash, plan.Run, policy ?? plan.Policy, Cancel);
        }, Cancel);

    private static void Refused<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Refused>(outcome);

    private static string NewRun() => $"run_{Guid.NewGuid():N}";

    private static Hash32 Nonce() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    private static string Hex(Hash32 hash) => Convert.ToHexString(hash.ToArray());

    private async Task Refuses(string sql) => await Assert.ThrowsAsync<PostgresException>(() => Sql(sql));

    private async Task Sql(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Server + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"set role {Migrator.ServerRole}; {sql}", connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
