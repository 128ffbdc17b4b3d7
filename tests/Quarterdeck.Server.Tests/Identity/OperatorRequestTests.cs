using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Tests.Identity;

/// <summary>Operators are let in by two people; one person tries it alone by every way.</summary>
public sealed class OperatorRequestTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task One_asks_another_approves_and_only_both_halves_of_the_link_let_in()
    {
        using var admin = await server.As("admin");
        using var approver = await server.As("approver");
        var asked = await Ask(admin, "join", "newcomer", "responder");
        var approved = await Read(await approver.PostAsync($"/api/operators/requests/{asked.Id}/approve", null));
        var (first, second) = (asked.Half!, approved.GetProperty("half").GetString()!);

        foreach (var half in new[] { first, second, $"{second}.{first}", $"{first}.{first}", $"{first}." })
            Assert.Equal(HttpStatusCode.Forbidden, (await Link(half)).StatusCode);
        var session = await Read(await Link($"{first}.{second}"));
        Assert.Equal("newcomer", session.GetProperty("operator").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, (await Link($"{first}.{second}")).StatusCode);
    }

    [Fact]
    public async Task Nobody_is_the_second_person_to_their_own_request_nor_to_one_about_themselves()
    {
        using var admin = await server.As("admin");
        var own = await Ask(admin, "join", "friend", "approver");
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.PostAsync($"/api/operators/requests/{own.Id}/approve", null)).StatusCode);

        using var approver = await server.As("approver");
        var about = await Ask(admin, "roles", ServerFixture.Named("approver"), "approver", "admin");
        Assert.Equal(HttpStatusCode.Forbidden, (await approver.PostAsync($"/api/operators/requests/{about.Id}/approve", null)).StatusCode);
        Assert.DoesNotContain(await server.Get<Operators>().List(Cancel), o => o.Id == "friend");
        Assert.Equal(HttpStatusCode.NoContent, (await approver.PostAsJsonAsync($"/api/operators/requests/{about.Id}/refuse", new { reason = "no" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await approver.PostAsync($"/api/operators/requests/{about.Id}/approve", null)).StatusCode);
    }

    [Fact]
    public async Task A_link_for_another_operator_cannot_be_made_alone()
    {
        using var admin = await server.As("admin");
        var reply = await admin.PostAsync($"/api/operators/{ServerFixture.Named("approver")}/links", null);
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
        Assert.Contains("two people", await reply.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Recovery_ends_what_the_lost_authenticator_could_still_do()
    {
        await server.Get<Operators>().Add(Actor.Cli("test"), "loser", ["approver"], "a test needs one", Cancel);
        using var lost = new TestKey();
        await Enrol("loser", lost);
        using var admin = await server.As("admin");
        using var approver = await server.As("approver");
        var asked = await Ask(admin, "recover", "loser");
        var half = (await Read(await approver.PostAsync($"/api/operators/requests/{asked.Id}/approve", null))).GetProperty("half").GetString();

        Assert.Empty(await server.Get<Operators>().CredentialsOf("loser", Cancel));
        Assert.Equal(HttpStatusCode.OK, (await Link($"{asked.Half}.{half}")).StatusCode);
    }

    [Fact]
    public async Task An_operator_whose_time_is_over_is_out()
    {
        await server.Get<Operators>().Add(Actor.Cli("test"), "temp", ["viewer"], "a test needs one", Cancel);
        using var client = server.Stranger();
        var made = await server.Get<Links>().Make(Actor.Cli("test"), "temp", Cancel);
        var token = ((Respond.Outcome<string>.Done)made).Value;
        var session = await Read(await client.PostAsJsonAsync("/api/auth/link", new { token }));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("token").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/me")).StatusCode);
        await server.Store.Act(Actor.Cli("test"), "test", async act =>
        {
            act.Record("test.expire", "temp");
            await server.Get<OperatorRows>().Put(act, "temp", null, ["viewer"], act.Now.AddSeconds(-1));
        }, Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/me")).StatusCode);
    }

    [Fact]
    public async Task What_one_operator_enrolled_no_other_can_even_after_it_was_revoked()
    {
        using var key = new TestKey();
        await Enrol(ServerFixture.Named("operator"), key);
        await Assert.ThrowsAnyAsync<Exception>(() => Enrol(ServerFixture.Named("approver"), key));
        await Sql($"update identity.credentials set revoked_at = now() where address = '{Wallets.Stored(key.Address)}'");
        await Assert.ThrowsAnyAsync<Exception>(() => Enrol(ServerFixture.Named("approver"), key));
        Assert.Equal(1L, await server.Store.QueryFirstOrDefault<long>(
            "select count(*) from identity.credentials where address = @address", new { address = Wallets.Stored(key.Address) }));
    }

    [Fact]
    public async Task The_same_passkey_under_another_credential_id_is_refused_by_the_database()
    {
        const string insert =
            "insert into identity.credentials (id, operator_id, kind, label, credential_id, public_key, created_at) values ";
        await Sql(insert + "('cred_pk1', 'operator-person', 'passkey', 'x', '\\x01', '\\xabcdef', now())");
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => Sql(insert + "('cred_pk2', 'approver-person', 'passkey', 'x', '\\x02', '\\xabcdef', now())"));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, refused.SqlState);
    }

    [Theory]
    [InlineData("update identity.credentials set operator_id = 'viewer-person'")]
    [InlineData("update identity.credentials set public_key = '\\x00', address = null")]
    [InlineData("delete from identity.credentials")]
    [InlineData("update identity.sessions set operator_id = 'admin-person'")]
    [InlineData("delete from identity.operators")]
    [InlineData("update identity.requests set requested_by = 'viewer-person'")]
    [InlineData("delete from identity.requests")]
    [InlineData("update identity.tokens set scopes = '{plans.approve}'")]
    [InlineData("delete from identity.reviews")]
    [InlineData("drop trigger guard_credential on identity.credentials")]
    public async Task The_servers_role_cannot_move_a_credential_nor_remove_a_trace(string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql(sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task The_database_takes_no_request_that_one_person_both_made_and_approved()
    {
        const string row =
            """
            insert into identity.requests (id, kind, operator_id, name, roles, justification, requested_by, requested_at, expires_at, first_half)
            values ('req_x', 'join', 'puppet', 'p', '{approver}', 'j', 'admin-person', now(), now() + interval '1 day', sha256('x'))
            """;
        await Sql(row);
        await Assert.ThrowsAsync<PostgresException>(() => Sql(
            "update identity.requests set state = 'approved', decided_by = 'admin-person', decided_at = now() where id = 'req_x'"));
        await Sql("update identity.requests set state = 'refused', decided_by = 'admin-person', decided_at = now() where id = 'req_x'");
        await Assert.ThrowsAsync<PostgresException>(() => Sql(
            "update identity.requests set state = 'approved', decided_by = 'approver-person' where id = 'req_x'"));
    }

    [Theory]
    [InlineData("""{"kind":"join","operator":"Bad Id","justification":"x","roles":["viewer"]}""")]
    [InlineData("""{"kind":"join","operator":"fine","justification":" ","roles":["viewer"]}""")]
    [InlineData("""{"kind":"join","operator":"fine","justification":"x","roles":[]}""")]
    [InlineData("""{"kind":"join","operator":"fine","justification":"x","roles":["viewer"],"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"kind":"other","operator":"fine","justification":"x"}""")]
    public async Task A_request_that_makes_no_sense_is_refused_with_a_remedy(string body)
    {
        using var admin = await server.As("admin");
        var reply = await admin.PostAsync("/api/operators/requests", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        Assert.Contains("remedy", await reply.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_access_review_names_everybody_and_is_due_a_quarter_after_the_last()
    {
        using var compliance = await server.As("compliance");
        var report = await compliance.GetFromJsonAsync<JsonElement>("/api/operators/review");
        var rows = report.GetProperty("operators").EnumerateArray().ToList();
        Assert.Contains(rows, r => r.GetProperty("id").GetString() == "admin-person"
            && r.GetProperty("remarks").EnumerateArray().Any(x => x.GetString() == "not let in by two people"));

        Assert.Equal(HttpStatusCode.OK, (await compliance.PostAsJsonAsync("/api/operators/review", new { text = "All as it should be." })).StatusCode);
        report = await compliance.GetFromJsonAsync<JsonElement>("/api/operators/review");
        Assert.Equal("compliance-person", report.GetProperty("lastReviewedBy").GetString());
        Assert.Equal(90, (report.GetProperty("dueAt").GetDateTimeOffset() - report.GetProperty("lastReviewedAt").GetDateTimeOffset()).TotalDays);
    }

    private static async Task<(string Id, string? Half)> Ask(HttpClient client, string kind, string who, params string[] roles)
    {
        var reply = await Read(await client.PostAsJsonAsync(
            "/api/operators/requests", new { kind, @operator = who, roles, justification = "a test needs one" }));
        return (reply.GetProperty("id").GetString()!, reply.GetProperty("half").GetString());
    }

    private async Task<HttpResponseMessage> Link(string token)
    {
        using var client = server.Stranger();
        server.Get<FailureWindow>().Succeeded("127.0.0.1");
        return await client.PostAsJsonAsync("/api/auth/link", new { token });
    }

    private static async Task<JsonElement> Read(HttpResponseMessage reply)
    {
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
        return await reply.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<string> Enrol(string who, TestKey key) => server.Store.Act(
        Actor.Cli("test"), "a test needs it", act => server.Get<Wallets>().Add(act, who, key.Address, "Test wallet"), Cancel);

    private async Task Sql(string sql)
    {
        await using var connection = new NpgsqlConnection(server.Admin);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"set role {Migrator.ServerRole}; {sql}", connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
