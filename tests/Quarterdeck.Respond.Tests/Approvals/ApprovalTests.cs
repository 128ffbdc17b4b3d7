using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>One operator tries to act alone, by the actions and in SQL with the server's own role.</summary>
public sealed class ApprovalTests(RespondFixture fixture) : IClassFixture<RespondFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TestOperators _operators = new();
    private readonly EvidenceVerifier _verifier = new(new ApprovalOptions());

    private static async Task<Plan> Submit(OperationsStore store, Plan plan)
    {
        await store.Act(Actor.Parse("operator:carol"), "test", async act =>
        {
            await act.Execute(
                """
                insert into runs.runs (id, pack, runbook, title, severity, environment, runbook_source, runbook_hash, requester, reason, state, proposed_at)
                values (@id, 'musd', 'r', 'R', 'critical', 'devnet', '', sha256(''), @requester, 'x', 'awaiting_approval', @now)
                """, new { id = plan.Run, requester = plan.Requester, now = act.Now });
            await act.Execute(
                """
                insert into runs.steps (run_id, index, stage, kind, text, line, definition, on_failure)
                values (@id, 0, 1, 'send', '', 1, '{}', 'stop')
                """, new { id = plan.Run });
            await SubmitPlan.Submit(act, plan);
        }, Cancel);
        return plan;
    }

    private ApprovePlan Approver(OperationsStore store) => new(store, _operators, _verifier, TimeProvider.System);

    private static string NewRun() => "run_" + Guid.NewGuid().ToString("N");

    private static RefusalKind Refused(Outcome<PlanApproved> outcome) => Assert.IsType<Outcome<PlanApproved>.Refused>(outcome).Refusal.Kind;

    [Fact]
    public async Task Two_wallets_of_two_people_approve_a_plan()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, Plans.Plan(NewRun()));
        var first = Assert.IsType<Outcome<PlanApproved>.Done>(await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel));
        Assert.Equal((PlanState.Pending, 1), (first.Value.State, first.Value.Counted));
        var second = Assert.IsType<Outcome<PlanApproved>.Done>(await Approver(store).Approve(plan.Hash, "bob", bob.Approve(plan), Cancel));
        Assert.Equal(PlanState.Approved, second.Value.State);
    }

    [Fact]
    public async Task A_passkey_that_signed_the_plan_approves_and_one_that_signed_another_does_not()
    {
        await using var store = fixture.Open();
        using var passkey = new Passkey();
        _operators.People["alice"] = new Operator(
            "alice", "alice", ["approver"], true, [new OperatorCredential.Passkey("p", passkey.Id, passkey.PublicKey, 0)]);
        var plan = await Submit(store, Plans.Plan(NewRun()));
        var other = Plans.Plan(NewRun());
        Assert.Equal(RefusalKind.Unproved, Refused(await Approver(store).Approve(
            plan.Hash, "alice", new ApprovalEvidence.Passkey(passkey.Sign(PlanChallenge.For(other))), Cancel)));
        Assert.IsType<Outcome<PlanApproved>.Done>(await Approver(store).Approve(
            plan.Hash, "alice", new ApprovalEvidence.Passkey(passkey.Sign(PlanChallenge.For(plan))), Cancel));
    }

    [Fact]
    public async Task One_person_cannot_approve_twice_nor_with_a_second_account_on_the_same_wallet()
    {
        await using var store = fixture.Open();
        var alice = _operators.Add("alice");
        _operators.People["alice2"] = _operators.People["alice"] with { Id = "alice2", Name = "alice2" };
        var plan = await Submit(store, Plans.Plan(NewRun()));
        await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel);
        Assert.Equal(RefusalKind.Conflict, Refused(await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel)));
        Assert.Equal(RefusalKind.Forbidden, Refused(await Approver(store).Approve(plan.Hash, "alice2", alice.Approve(plan), Cancel)));
    }

    [Fact]
    public async Task The_requester_the_roleless_the_removed_and_the_unknown_are_refused()
    {
        await using var store = fixture.Open();
        var (carol, viewer, gone) = (_operators.Add("carol"), _operators.Add("viewer", "viewer"), _operators.Add("gone"));
        _operators.People["gone"] = _operators.People["gone"] with { Active = false };
        var plan = await Submit(store, Plans.Plan(NewRun(), requester: "operator:carol"));
        foreach (var (who, wallet) in new[] { ("carol", carol), ("viewer", viewer), ("gone", gone), ("nobody", carol) })
            Assert.Equal(RefusalKind.Forbidden, Refused(await Approver(store).Approve(plan.Hash, who, wallet.Approve(plan), Cancel)));
    }

    [Fact]
    public async Task Anothers_signature_an_upper_half_s_and_a_signature_over_another_plan_are_refused()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, Plans.Plan(NewRun()));
        var good = alice.Sign(plan);
        var high = new Chains.Evm.Signatures.EcdsaSignature(good.R, Chains.Evm.Signatures.Secp256k1.Order - good.S, 1 - good.YParity);
        ApprovalEvidence[] bad =
        [
            bob.Approve(plan), alice.Approve(Plans.Plan(NewRun())), new ApprovalEvidence.Wallet(high.ToArray()), new ApprovalEvidence.Wallet(new byte[65]),
        ];
        foreach (var evidence in bad)
            Assert.Equal(RefusalKind.Unproved, Refused(await Approver(store).Approve(plan.Hash, "alice", evidence, Cancel)));
    }

    [Fact]
    public async Task Approvals_given_at_once_by_the_same_person_count_once()
    {
        await using var store = fixture.Open();
        var alice = _operators.Add("alice");
        var plan = await Submit(store, Plans.Plan(NewRun()));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel)));
        Assert.Single(outcomes, o => o is Outcome<PlanApproved>.Done);
    }

    [Fact]
    public async Task A_rejected_or_expired_plan_takes_no_approval()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, Plans.Plan(NewRun()));
        Assert.IsType<Outcome<PlanState>.Done>(await new RejectPlan(store, _operators).Reject(plan.Hash, "bob", "too early", Cancel));
        Assert.Equal(RefusalKind.Conflict, Refused(await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel)));

        var old = await Submit(store, Plans.Plan(NewRun(), now: TimeProvider.System.GetUtcNow().AddHours(-1)));
        Assert.Equal(RefusalKind.Conflict, Refused(await Approver(store).Approve(old.Hash, "alice", alice.Approve(old), Cancel)));
        _ = bob;
    }

    [Fact]
    public async Task Clearance_judges_again_with_the_roles_of_the_moment()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, Plans.Plan(NewRun()));
        await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel);
        await Approver(store).Approve(plan.Hash, "bob", bob.Approve(plan), Cancel);
        var person = _operators.People["bob"];

        _operators.People["bob"] = person with { Roles = ["viewer"] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["bob"] = person with { Active = false };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["bob"] = person with { Credentials = [] };
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
        _operators.People["bob"] = person;
        Assert.IsType<Clearance.Denied>(await Clear(store, plan, plan.Policy with { Required = 3 }));
        Assert.IsType<Clearance.Denied>(await Clear(store, plan, run: "run_other"));
        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
        Assert.IsType<Clearance.Granted>(await Clear(store, plan));
    }

    private Task<Clearance> Clear(OperationsStore store, Plan plan, PolicyTerms? policy = null, string? run = null) =>
        store.Act(Actor.Parse("system:runs"), "test", async act =>
        {
            act.Record("test.clear", plan.Run);
            return await new PlanClearance(_operators, _verifier, TimeProvider.System).Clear(act, plan.Hash, run ?? plan.Run, policy ?? plan.Policy, Cancel);
        }, Cancel);

    [Fact]
    public async Task Withdrawn_approvals_count_nowhere_and_void_the_plan_that_needed_them()
    {
        await using var store = fixture.Open();
        var (alice, bob, dan) = (_operators.Add("alice"), _operators.Add("bob"), _operators.Add("dan"));
        var (full, half) = (await Submit(store, Plans.Plan(NewRun())), await Submit(store, Plans.Plan(NewRun())));
        await Approver(store).Approve(full.Hash, "alice", alice.Approve(full), Cancel);
        await Approver(store).Approve(full.Hash, "bob", bob.Approve(full), Cancel);
        await Approver(store).Approve(half.Hash, "bob", bob.Approve(half), Cancel);

        await store.Act(Actor.Parse("operator:admin"), "left", act => WithdrawApprovals.Of(act, "bob", "the operator was removed"), Cancel);

        Assert.Equal("void", await store.QueryFirstOrDefault<string>("select state from approvals.plans where hash = @h", new { h = full.Hash }));
        var third = Assert.IsType<Outcome<PlanApproved>.Done>(await Approver(store).Approve(half.Hash, "alice", alice.Approve(half), Cancel));
        Assert.Equal((PlanState.Pending, 1), (third.Value.State, third.Value.Counted));
        // Let in again, bob has not approved again by that.
        Assert.Equal(RefusalKind.Conflict, Refused(await Approver(store).Approve(half.Hash, "bob", bob.Approve(half), Cancel)));
        await Refuses($"update approvals.plans set state = 'approved' where hash = '\\x{Hex(half)}'");
        await Refuses("delete from approvals.withdrawals");
        var last = Assert.IsType<Outcome<PlanApproved>.Done>(await Approver(store).Approve(half.Hash, "dan", dan.Approve(half), Cancel));
        Assert.Equal(PlanState.Approved, last.Value.State);
    }

    [Fact]
    public async Task Approvals_forged_in_the_database_do_not_clear_a_plan()
    {
        await using var store = fixture.Open();
        _operators.Add("alice");
        _operators.Add("bob");
        var plan = await Submit(store, Plans.Plan(NewRun()));
        foreach (var who in new[] { "alice", "bob" })
        {
            await Sql(
                $$"""
                insert into approvals.approvals (plan_hash, operator_id, operator_name, roles, kind, credential_id, credential_key, evidence, approved_at)
                values ('\x{{Hex(plan)}}', '{{who}}', '{{who}}', '{approver}', 'wallet', 'w', '\x{{(who == "bob" ? "bb" : "aa")}}',
                        '{"signature":"0x{{new string('1', 130)}}"}', now());
                """);
        }

        await Sql($"update approvals.plans set state = 'approved' where hash = '\\x{Hex(plan)}'");
        Assert.IsType<Clearance.Denied>(await Clear(store, plan));
    }

    [Fact]
    public async Task The_database_refuses_a_transaction_without_a_consumed_quorum_of_exactly_that_call()
    {
        await using var store = fixture.Open();
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var plan = await Submit(store, Plans.Plan(NewRun()));
        await Sql(
            $"insert into transactions.lanes (chain, account) values ('eip155:31337', '\\x{Convert.ToHexString(Plans.From.ToArray())}') on conflict do nothing");
        string Insert(string calldata = "8456cb59", int position = 1, string? target = null) =>
            $"""
            insert into transactions.transactions (id, chain, account, nonce, target, calldata, value, plan_hash, call_position, run_id,
                                                   step_index, gas_limit, signed_at)
            values ('tx_{Guid.NewGuid():N}', 'eip155:31337', '\x{Convert.ToHexString(Plans.From.ToArray())}', {Random.Shared.Next()},
                    '\x{target ?? Convert.ToHexString(Plans.Target.ToArray())}', '\x{calldata}', 0, '\x{Hex(plan)}', {position}, '{plan.Run}', 0, 100000, now())
            """;
        await Refuses(Insert());
        await Refuses($"update approvals.plans set state = 'approved' where hash = '\\x{Hex(plan)}'");
        await Refuses($"insert into approvals.consumptions (plan_hash, run_id, operators, consumed_at) values ('\\x{Hex(plan)}', '{plan.Run}', '{{}}', now())");

        await Approver(store).Approve(plan.Hash, "alice", alice.Approve(plan), Cancel);
        await Refuses($"insert into approvals.consumptions (plan_hash, run_id, operators, consumed_at) values ('\\x{Hex(plan)}', '{plan.Run}', '{{}}', now())");
        await Approver(store).Approve(plan.Hash, "bob", bob.Approve(plan), Cancel);
        await Refuses(Insert());
        await Refuses($"update approvals.plans set state = 'executing' where hash = '\\x{Hex(plan)}'");
        await Clear(store, plan);
        await Refuses(Insert(calldata: "3f4ba83a"));
        await Refuses(Insert(position: 2));
        await Refuses(Insert(target: new string('1', 40)));
        await Sql(Insert());
        await Refuses(Insert());
    }

    [Theory]
    [InlineData("update approvals.approvals set operator_id = 'x'")]
    [InlineData("delete from approvals.approvals")]
    [InlineData("delete from approvals.plans")]
    [InlineData("update approvals.plans set canonical = ''")]
    [InlineData("update approvals.plans set expires_at = now() + interval '1 year'")]
    [InlineData("delete from approvals.consumptions")]
    [InlineData("update transactions.transactions set calldata = ''")]
    [InlineData("delete from transactions.transactions")]
    [InlineData("update transactions.attempts set raw = ''")]
    [InlineData("delete from runs.journal")]
    [InlineData("update runs.journal set action = 'x'")]
    [InlineData("update runs.runs set runbook_source = 'x'")]
    [InlineData("update runs.steps set definition = '{}'")]
    [InlineData("delete from incidents.timeline")]
    [InlineData("alter table transactions.transactions disable trigger all")]
    [InlineData("drop trigger guard_transaction on transactions.transactions")]
    [InlineData("create or replace function approvals.quorum(plan bytea) returns boolean language sql as 'select true'")]
    public async Task The_servers_role_may_not_rewrite_what_was_decided(string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql(sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

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
