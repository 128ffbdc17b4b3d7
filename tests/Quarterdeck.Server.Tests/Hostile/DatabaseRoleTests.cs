using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Identity;

namespace Quarterdeck.Server.Tests.Hostile;

/// <summary>One operator has the password of the server's database role as well, and writes rows directly. None of them counts.</summary>
public sealed class DatabaseRoleTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task An_operator_and_a_credential_that_were_inserted_are_nobody()
    {
        using var mallory = await Crew.Join(server, "approver");
        using var key = new TestKey();
        await Crew.AsServer(server,
            $"""
            insert into identity.operators (id, name, roles, created_at) values ('ghost', 'Ghost', '{"{approver,admin}"}', now());
            insert into identity.credentials (id, operator_id, kind, label, address, created_at) values ('cred_ghost', 'ghost', 'wallet', 'w', '{Wallets.Stored(key.Address)}', now());
            """);
        using var stranger = server.Stranger();
        Assert.Equal(HttpStatusCode.Forbidden, (await Crew.TrySignIn(stranger, key)).StatusCode);

        // Also where the approval is judged, without any sign-in.
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await mallory.Approve(plan)).StatusCode);
        var outcome = await server.Get<ApprovePlan>().Approve(plan.Hash, "ghost", new ApprovalEvidence.Wallet(key.Sign(PlanTypedData.SigningHash(plan)).ToArray()), Cancel);
        Assert.IsType<Respond.Outcome<PlanApproved>.Refused>(outcome);
        Assert.True(await Crew.Entries(server, "identity.forged") > 0);
        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task A_wallet_that_was_inserted_for_another_person_neither_signs_in_nor_approves()
    {
        using var bob = await Crew.Join(server, "approver");
        using var key = new TestKey();
        await Crew.AsServer(server,
            $"""
            insert into identity.credentials (id, operator_id, kind, label, address, created_at, seal)
            select 'cred_forged', '{bob.Id}', 'wallet', 'w', '{Wallets.Stored(key.Address)}', now(), seal from identity.credentials where operator_id = '{bob.Id}'
            """);
        using var stranger = server.Stranger();
        Assert.Equal(HttpStatusCode.Forbidden, (await Crew.TrySignIn(stranger, key)).StatusCode);
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var signature = "0x" + Convert.ToHexStringLower(key.Sign(PlanTypedData.SigningHash(plan)).ToArray());
        Assert.Equal(HttpStatusCode.Forbidden, (await bob.Approve(plan, signature)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bob.Approve(plan)).StatusCode);
    }

    [Fact]
    public async Task Sessions_links_tokens_and_requests_that_were_inserted_open_nothing()
    {
        using var victim = await Crew.Join(server, "admin");
        using var mallory = await Crew.Join(server, "approver");
        string Hash(string secret) => "\\x" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        await Crew.AsServer(server,
            $$"""
            insert into identity.sessions (id, token_hash, operator_id, method, agent, created_at, last_seen_at, expires_at)
            values ('ses_forged', '{{Hash("qds_forged")}}', '{{victim.Id}}', 'wallet', 'x', now(), now(), now() + interval '1 hour');
            insert into identity.links (id, token_hash, operator_id, created_at, expires_at) values ('lnk_forged', '{{Hash("qdl_forged")}}', '{{victim.Id}}', now(), now() + interval '1 hour');
            insert into identity.tokens (id, token_hash, operator_id, label, scopes, created_at, expires_at)
            values ('tok_forged', '{{Hash("qdt_forged")}}', '{{victim.Id}}', 'x', '{read}', now(), now() + interval '1 hour');
            insert into identity.requests (id, kind, operator_id, name, roles, justification, first_half, requested_by, requested_at, expires_at)
            values ('req_forged', 'join', 'second', 'Second', '{approver}', 'x', '{{Hash("qdl_half")}}', '{{victim.Id}}', now(), now() + interval '1 hour');
            """);
        foreach (var token in new[] { "qds_forged", "qdt_forged" })
        {
            using var client = server.Stranger();
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/alerts", Cancel)).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync("/api/runs", new { }, Cancel)).StatusCode);
        }

        Assert.True(await victim.Entries("access.refused") >= 2);
        using var stranger = server.Stranger();
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsJsonAsync("/api/auth/link", new { token = "qdl_forged" }, Cancel)).StatusCode);
        server.Get<FailureWindow>().Succeeded("127.0.0.1");
        var approval = await mallory.Client.PostAsync("/api/operators/requests/req_forged/approve", null, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, approval.StatusCode);
        Assert.Contains("seal", await approval.Content.ReadAsStringAsync(Cancel));
        Assert.DoesNotContain(await server.Get<Operators>().List(Cancel), o => o.Id == "second");
    }

    [Fact]
    public async Task Roles_that_were_written_and_seals_of_before_take_access_away_instead_of_giving_it()
    {
        using var mallory = await Crew.Join(server, "admin", "approver");
        var before = (await server.Store.Query<byte[]>("select seal from identity.operators where id = @id", new { id = mallory.Id }, Cancel))[0];
        await server.Store.Act(Actor.Cli("test"), "test", async act =>
        {
            act.Record("test.demote", mallory.Id);
            await server.Get<OperatorRows>().Put(act, mallory.Id, null, ["viewer"], null);
        }, Cancel);
        Assert.Equal(HttpStatusCode.OK, (await mallory.Client.GetAsync("/api/me", Cancel)).StatusCode);
        await Denied($"update identity.operators set roles = '{{admin,approver}}' where id = '{mallory.Id}'");
        await Denied($"update identity.operators set roles = '{{admin,approver}}', version = 1, seal = '\\x{Convert.ToHexString(before)}' where id = '{mallory.Id}'");
        await Crew.AsServer(server, $"update identity.operators set roles = '{{admin,approver}}', version = version + 1, seal = '\\x{Convert.ToHexString(before)}' where id = '{mallory.Id}'");
        Assert.Equal(HttpStatusCode.Unauthorized, (await mallory.Client.GetAsync("/api/me", Cancel)).StatusCode);
    }

    [Fact]
    public async Task What_ended_cannot_be_brought_back()
    {
        using var gone = await Crew.Join(server, "approver");
        await server.Get<Operators>().Remove(Actor.Cli("test"), gone.Id, "left", Cancel);
        await Denied($"update identity.operators set removed_at = null where id = '{gone.Id}'");
        await Denied($"update identity.credentials set revoked_at = null where operator_id = '{gone.Id}'");
        await Denied($"update identity.sessions set revoked_at = null where operator_id = '{gone.Id}'");
        await Denied($"update identity.credentials set sign_count = -1 where operator_id = '{gone.Id}'");
        await Crew.AsServer(server, $"update identity.operators set removed_at = null, version = version + 1 where id = '{gone.Id}'");
        using var stranger = server.Stranger();
        Assert.Equal(HttpStatusCode.Forbidden, (await Crew.TrySignIn(stranger, gone.Key)).StatusCode);
    }

    [Theory]
    [InlineData("insert into approvals.consumptions (plan_hash, run_id, operators, consumed_at) values ('\\x{0}', '{1}', '{{}}', now())")]
    [InlineData("update approvals.plans set state = 'approved' where hash = '\\x{0}'")]
    [InlineData("update approvals.plans set state = 'executing' where hash = '\\x{0}'")]
    [InlineData("update approvals.plans set canonical = canonical where hash = '\\x{0}'")]
    [InlineData("update approvals.plans set requester = 'system:alerts' where hash = '\\x{0}'")]
    [InlineData("insert into approvals.plans (hash, canonical, run_id, stage, requester, created_at, expires_at) select sha256('x'), canonical, run_id, 2, requester, created_at, expires_at from approvals.plans where hash = '\\x{0}'")]
    [InlineData("delete from approvals.denials")]
    [InlineData("delete from approvals.withdrawals")]
    [InlineData("delete from approvals.approvals")]
    [InlineData("delete from identity.operators")]
    [InlineData("delete from identity.requests")]
    [InlineData("delete from audit.inbox")]
    [InlineData("update audit.leaves set hash = hash")]
    [InlineData("truncate audit.inbox")]
    [InlineData("alter table approvals.plans disable trigger all")]
    [InlineData("alter table identity.operators disable trigger guard_operator")]
    [InlineData("drop trigger guard_approval on approvals.approvals")]
    [InlineData("set session_replication_role = replica")]
    [InlineData("create or replace function approvals.signed(plan bytea) returns boolean language sql as 'select true'")]
    [InlineData("create or replace function pg_catalog.clock_timestamp() returns timestamptz language sql as 'select now()'")]
    [InlineData("alter function approvals.quorum(bytea) set search_path = public")]
    [InlineData("grant quarterdeck_owner to quarterdeck_server")]
    [InlineData("insert into approvals.standing_links select hash, hash, 'x', now() from approvals.plans where hash = '\\x{0}'")]
    [InlineData("insert into approvals.standing_uses values ('\\x{0}', 1, '\\x{0}', '{1}', now())")]
    [InlineData("update store.migrations set sha256 = sha256")]
    public async Task A_direct_statement_is_refused(string sql)
    {
        var plan = await Crew.Submit(server, Crew.Draft("operator:mallory"));
        await Denied(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, Convert.ToHexString(plan.Hash.ToArray()), plan.Run));
        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task Every_guard_is_pinned_to_the_systems_own_functions() => Assert.Empty(await server.Store.Query<string>(
        """
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
        where n.nspname in ('approvals', 'transactions', 'identity') and l.lanname in ('sql', 'plpgsql')
          and not exists (select 1 from unnest(p.proconfig) c where c like 'search_path=%')
        """, null, Cancel));

    private async Task Denied(string sql) => await Assert.ThrowsAsync<PostgresException>(() => Crew.AsServer(server, sql));
}
