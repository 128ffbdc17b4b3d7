using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Npgsql;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Server.Tests.Hostile;

namespace Quarterdeck.Server.Tests.Identity.Oidc;

/// <summary>A server whose team has an identity provider.</summary>
public sealed class ProviderFixture : ServerFixture
{
    internal TestProvider Team { get; } = new();

    internal override OidcSettings? Provider => new(Team.Issuer, TestProvider.Client, SecretReference.Parse("env:TEAM_SECRET"), "the team's directory");

    protected override string? Variable(string name) => name == "TEAM_SECRET" ? TestProvider.Secret : null;

    public override async ValueTask DisposeAsync()
    {
        Team.Dispose();
        await base.DisposeAsync();
    }
}

/// <summary>Signing in by the team's identity provider opens a session for whom two people bound to it, and never approves.</summary>
public sealed class OidcTests(ProviderFixture server) : IClassFixture<ProviderFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    private static readonly Dictionary<string, Action<TestProvider>> Lies = new()
    {
        ["another nonce"] = p => p.Claims = (_, c) => c["nonce"] = "another",
        ["no nonce"] = p => p.Claims = (_, c) => c.Remove("nonce"),
        ["another audience"] = p => p.Claims = (_, c) => c["aud"] = "another-client",
        ["several audiences and no authorised party"] = p => p.Claims = (_, c) => c["aud"] = new JsonArray(TestProvider.Client, "another-client"),
        ["several audiences and another authorised party"] = p => p.Claims = (_, c) =>
        {
            c["aud"] = new JsonArray(TestProvider.Client, "another-client");
            c["azp"] = "another-client";
        },
        ["another issuer"] = p => p.Claims = (_, c) => c["iss"] = "https://accounts.example.org",
        ["the issuer with a slash"] = p => p.Claims = (_, c) => c["iss"] = p.Issuer + "/",
        ["expired"] = p => p.Claims = (_, c) => c["exp"] = (long)c["iat"]! - 120,
        ["issued long ago"] = p => p.Claims = (_, c) => c["iat"] = (long)c["iat"]! - 3600,
        ["issued in the future"] = p => p.Claims = (_, c) => c["iat"] = (long)c["iat"]! + 3600,
        ["not valid yet"] = p => p.Claims = (_, c) => c["nbf"] = (long)c["iat"]! + 3600,
        ["no expiry"] = p => p.Claims = (_, c) => c.Remove("exp"),
        ["no subject"] = p => p.Claims = (_, c) => c.Remove("sub"),
        ["an unknown subject"] = p => p.Claims = (_, c) => c["sub"] = "somebody-else",
        ["a subject that is a number"] = p => p.Claims = (_, c) => c["sub"] = 7,
        ["algorithm none"] = p => p.Token = t => $"{TestProvider.Encode("""{"alg":"none"}""")}.{t.Split('.')[1]}.",
        ["algorithm none with the signature kept"] = p => p.Claims = (h, _) => h["alg"] = "none",
        ["HMAC by the public key"] = p => p.Token = p.SignedByPublicKey,
        ["signed by another key of the same name"] = p => p.Token = p.SignedByAnother,
        ["a key that is not published"] = p => p.Claims = (h, _) => h["kid"] = "k2",
        ["a key for encryption"] = p => p.Keys = k => k["use"] = "enc",
        ["a key for another algorithm"] = p => p.Keys = k => k["alg"] = "PS256",
        ["a critical header that is not understood"] = p => p.Claims = (h, _) => h["crit"] = new JsonArray("b64"),
        ["a changed claim under the old signature"] = p => p.Token = t => t.Split('.') is var s ? $"{s[0]}.{s[1][..^4]}{(s[1][^4] == 'A' ? 'B' : 'A')}{s[1][^3..]}.{s[2]}" : t,
        ["no token"] = p => p.Token = _ => "",
        ["two parts"] = p => p.Token = t => t[..t.LastIndexOf('.')],
        ["a token of a megabyte"] = p => p.Token = t => t + new string('A', 900_000),
    };

    public static TheoryData<string> Names => [.. Lies.Keys];

    [Fact]
    public async Task Whom_two_people_bound_signs_in_and_may_read_but_not_make_access_nor_approve_without_a_signature()
    {
        using var person = await Crew.Join(server, "admin", "operator", "approver");
        await Bind(person.Id, "subject-one");
        var (reply, client) = await SignIn("subject-one");
        Assert.Equal((HttpStatusCode.Redirect, "/"), (reply.StatusCode, reply.Headers.Location!.ToString()));

        var me = await client.GetFromJsonAsync<JsonElement>("/api/me", Cancel);
        Assert.Equal(person.Id, me.GetProperty("operator").GetProperty("id").GetString());
        client.DefaultRequestHeaders.Add("X-Quarterdeck-Csrf", me.GetProperty("csrf").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/runs", Cancel)).StatusCode);
        foreach (var (path, body) in new (string, object)[]
        {
            ("/api/auth/passkey/register/options", new { }),
            ("/api/auth/wallet/enrol/challenge", new { address = person.Key.Address.ToString() }),
            ("/api/tokens", new { label = "x", scopes = new[] { "read" } }),
            ("/api/operators/requests", new { kind = "join", @operator = "friend", roles = new[] { "approver" }, justification = "because" }),
            ("/api/operators/requests/req_1/approve", new { }),
            ("/api/operators/approver-person/remove", new { reason = "to lower the quorum" }),
            ("/api/plans/0x00/break-glass", new { kind = "wallet", reason = "now" }),
        })
        {
            var refused = await client.PostAsJsonAsync(path, body, Cancel);
            Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, $"{path}: {(int)refused.StatusCode}");
        }

        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var forged = await client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = "0x" + new string('1', 128) + "1b" }, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "identity provider" }, Cancel)).StatusCode);
        Assert.Equal("pending", await Crew.State(server, plan));
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = person.Sign(plan) }, Cancel)).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_token_that_lies_opens_nothing(string lie)
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "viewer");
        await Bind(person.Id, $"subject of {person.Id}");
        Lies[lie](server.Team);
        try
        {
            var (reply, _) = await SignIn($"subject of {person.Id}");
            Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
            Assert.DoesNotContain(reply.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [], c => c.StartsWith("quarterdeck=", StringComparison.Ordinal));
        }
        finally
        {
            server.Team.BeHonest();
        }

        Assert.Equal(HttpStatusCode.Redirect, (await SignIn($"subject of {person.Id}")).Reply.StatusCode);
    }

    [Fact]
    public async Task A_code_and_its_state_are_good_once_and_for_the_browser_that_began()
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "viewer");
        await Bind(person.Id, "subject-two");
        using var client = Browser();
        var (authorise, cookie) = await Begin(client);
        var state = HttpUtility.ParseQueryString(authorise.Query)["state"]!;
        var code = server.Team.SignIn(authorise, "subject-two");

        var (_, others) = await Begin(client);
        foreach (var stolen in new[] { null, others, "quarterdeck-oidc=" + new string('A', 43) })
            Assert.Equal(HttpStatusCode.Forbidden, (await Callback(client, state, code, stolen)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Callback(client, HttpUtility.ParseQueryString((await Begin(client)).Authorise.Query)["state"]!, code, cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await Callback(client, state, code, cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Callback(client, state, code, cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Callback(client, state, server.Team.SignIn(authorise, "subject-two"), cookie)).StatusCode);
    }

    [Fact]
    public async Task A_code_of_another_sign_in_does_not_fit_this_ones_proof()
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "viewer");
        await Bind(person.Id, "subject-three");
        using var client = Browser();
        var (attacked, cookie) = await Begin(client);
        var (other, _) = await Begin(client);
        var injected = server.Team.SignIn(other, "subject-three");
        Assert.Equal(HttpStatusCode.Forbidden, (await Callback(client, HttpUtility.ParseQueryString(attacked.Query)["state"]!, injected, cookie)).StatusCode);
    }

    [Fact]
    public async Task An_account_is_bound_by_two_people_belongs_to_one_operator_and_ends_with_it()
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "viewer");
        using var another = await Crew.Join(server, "viewer");
        using var admin = await server.As("admin");
        using var approver = await server.As("approver");
        var request = await Ask(admin, person.Id, "subject-four");
        Assert.Equal(HttpStatusCode.Forbidden, (await SignIn("subject-four")).Reply.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.PostAsync($"/api/operators/requests/{request}/approve", null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SignIn("subject-four")).Reply.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await approver.PostAsync($"/api/operators/requests/{request}/approve", null, Cancel)).StatusCode);
        var (_, client) = await SignIn("subject-four");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/me", Cancel)).StatusCode);

        var taken = await Ask(admin, another.Id, "subject-four");
        Assert.Equal(HttpStatusCode.Conflict, (await approver.PostAsync($"/api/operators/requests/{taken}/approve", null, Cancel)).StatusCode);
        await admin.PostAsJsonAsync($"/api/operators/{person.Id}/remove", new { reason = "left" }, Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/me", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SignIn("subject-four")).Reply.StatusCode);
    }

    [Fact]
    public async Task The_servers_role_cannot_bind_an_account_by_itself()
    {
        using var person = await Crew.Join(server, "approver");
        using var another = await Crew.Join(server, "viewer");
        await Bind(another.Id, "subject-five");
        foreach (var sql in new[]
        {
            $"insert into identity.subjects (id, operator_id, issuer, subject, request_id, created_at) values ('sub_x', '{person.Id}', '{server.Team.Issuer}', 'mine', 'req_x', now())",
            $"insert into identity.subjects (id, operator_id, issuer, subject, request_id, created_at) select 'sub_y', '{person.Id}', issuer, 'mine', request_id, now() from identity.subjects",
            $"update identity.subjects set operator_id = '{person.Id}'",
            "update identity.subjects set subject = 'mine'",
            "delete from identity.subjects",
        })
        {
            await Assert.ThrowsAsync<PostgresException>(() => server.Store.Act(
                Primitives.Audit.Actor.System("test"), "a try", async act =>
                {
                    act.Record("test.try", "subjects");
                    await act.Execute(sql);
                }, Cancel));
        }
    }

    [Fact]
    public async Task A_provider_that_is_away_or_says_it_is_another_is_said_and_opens_nothing()
    {
        using var client = Browser();
        server.Team.Document = d => d["issuer"] = "https://accounts.example.org";
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/api/auth/oidc/start", Cancel)).StatusCode);
        server.Team.Document = d => d["token_endpoint"] = "http://169.254.169.254/token";
        var (authorise, cookie) = await Begin(client);
        var state = HttpUtility.ParseQueryString(authorise.Query)["state"]!;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Callback(client, state, "x", cookie)).StatusCode);
        server.Team.BeHonest();
        Assert.Equal("the team's directory", (await client.GetFromJsonAsync<JsonElement>("/api/auth/methods", Cancel)).GetProperty("provider").GetString());
    }

    [Theory]
    [InlineData("http://login.example.org", "client", null)]
    [InlineData("login.example.org", "client", null)]
    [InlineData("https://user:pass@login.example.org", "client", null)]
    [InlineData("https://login.example.org", null, null)]
    [InlineData("https://login.example.org", "client", "the-secret-itself")]
    public void A_provider_that_cannot_be_trusted_is_refused_at_start(string issuer, string? client, string? secret) =>
        Assert.Throws<FormatException>(() => OidcSettings.Read(name => name switch
        {
            "QUARTERDECK_OIDC_ISSUER" => issuer,
            "QUARTERDECK_OIDC_CLIENT" => client,
            "QUARTERDECK_OIDC_SECRET" => secret,
            _ => null,
        }));

    private HttpClient Browser() => new(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = server.Url };

    private static async Task<(Uri Authorise, string Cookie)> Begin(HttpClient client)
    {
        var start = await client.GetAsync("/api/auth/oidc/start", Cancel);
        Assert.Equal(HttpStatusCode.Redirect, start.StatusCode);
        var cookie = start.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        return (start.Headers.Location!, cookie.Split(';')[0]);
    }

    private static async Task<HttpResponseMessage> Callback(HttpClient client, string state, string code, string? cookie)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/auth/oidc/callback?state={Uri.EscapeDataString(state)}&code={code}");
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        return await client.SendAsync(request, Cancel);
    }

    private async Task<(HttpResponseMessage Reply, HttpClient Client)> SignIn(string subject)
    {
        var client = Browser();
        var (authorise, cookie) = await Begin(client);
        var reply = await Callback(client, HttpUtility.ParseQueryString(authorise.Query)["state"]!, server.Team.SignIn(authorise, subject), cookie);
        if (reply.StatusCode == HttpStatusCode.Redirect)
        {
            var session = reply.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("quarterdeck=", StringComparison.Ordinal));
            client.DefaultRequestHeaders.Add("Cookie", session.Split(';')[0]);
        }

        return (reply, client);
    }

    private async Task Bind(string operatorId, string subject)
    {
        using var admin = await server.As("admin");
        using var approver = await server.As("approver");
        var request = await Ask(admin, operatorId, subject);
        (await approver.PostAsync($"/api/operators/requests/{request}/approve", null, Cancel)).EnsureSuccessStatusCode();
    }

    private static async Task<string> Ask(HttpClient admin, string operatorId, string subject)
    {
        var reply = await admin.PostAsJsonAsync(
            "/api/operators/requests", new { kind = "bind", @operator = operatorId, subject, justification = "has an account in the directory" }, Cancel);
        reply.EnsureSuccessStatusCode();
        return (await reply.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString()!;
    }
}
