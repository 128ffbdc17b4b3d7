using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Identity;

public sealed class SignInTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_one_time_link_works_once()
    {
        var token = await server.LinkFor("viewer");
        using var client = server.Stranger();

        var first = await client.PostAsJsonAsync("/api/auth/link", new { token });
        var second = await client.PostAsJsonAsync("/api/auth/link", new { token });

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
        Assert.Equal("application/problem+json", second.Content.Headers.ContentType?.MediaType);
        Assert.Contains("new one", await second.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_newer_link_ends_the_older_one()
    {
        var older = await server.LinkFor("viewer");
        await server.LinkFor("viewer");
        using var client = server.Stranger();

        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = older });

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task The_session_cookie_is_out_of_reach_of_scripts_and_other_sites()
    {
        using var client = server.Stranger();
        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = await server.LinkFor("viewer") });

        var cookie = Assert.Single(reply.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("quarterdeck=qds_", cookie);
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);
        Assert.Contains("path=/", cookie);
    }

    [Fact]
    public async Task No_secret_is_stored_in_the_clear()
    {
        var link = await server.LinkFor("viewer");
        using var client = server.Stranger();
        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = link });
        var session = (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;

        var tables = await server.Store.Query<string>(
            """
            SELECT s::text FROM identity.sessions s UNION ALL SELECT l::text FROM identity.links l
            UNION ALL SELECT convert_from(entry, 'UTF8') FROM audit.inbox
            """);

        Assert.NotEmpty(tables);
        Assert.DoesNotContain(tables, row => row.Contains(link, StringComparison.Ordinal) || row.Contains(session, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wallet_signs_in_with_the_message_that_the_server_gave_and_only_once()
    {
        using var key = new TestKey();
        await Enrol("operator", key.Address);
        using var client = server.Stranger();
        var challenge = await client.PostAsJsonAsync("/api/auth/wallet/challenge", new { address = key.Address.ToString() });
        var message = (await challenge.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;
        Assert.Contains("wants you to sign in with your Ethereum account:\n" + key.Address, message);
        var proof = new { message, signature = key.SignMessage(message) };

        var first = await client.PostAsJsonAsync("/api/auth/wallet", proof);
        var replay = await client.PostAsJsonAsync("/api/auth/wallet", proof);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(ServerFixture.Named("operator"), (await first.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("operator").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, replay.StatusCode);
    }

    [Fact]
    public async Task A_wallet_cannot_sign_in_with_a_message_of_its_own()
    {
        using var key = new TestKey();
        await Enrol("approver", key.Address);
        using var client = server.Stranger();
        var message = SignInMessage.Write(
            "evil.example", "https://evil.example", key.Address.ToString(), "Sign in.", 1, DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(5));

        var reply = await client.PostAsJsonAsync("/api/auth/wallet", new { message, signature = key.SignMessage(message) });

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task A_wallet_that_nobody_enrolled_is_refused_in_the_same_words_as_a_wrong_signature()
    {
        using var enrolled = new TestKey();
        using var stranger = new TestKey();
        await Enrol("compliance", enrolled.Address);

        var unknown = await Prove(stranger.Address, stranger);
        var wrong = await Prove(enrolled.Address, stranger);

        Assert.Equal(unknown, wrong);
        Assert.Contains("does not prove an operator", unknown);
    }

    [Fact]
    public async Task One_wallet_belongs_to_one_operator()
    {
        using var key = new TestKey();
        await Enrol("responder", key.Address);
        using var other = await server.As("admin");
        var challenge = await other.PostAsJsonAsync("/api/auth/wallet/enrol/challenge", new { address = key.Address.ToString() });
        var message = (await challenge.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;

        var reply = await other.PostAsJsonAsync("/api/auth/wallet/enrol", new { message, signature = key.SignMessage(message) });

        Assert.Equal(HttpStatusCode.Conflict, reply.StatusCode);
    }

    [Fact]
    public async Task A_message_for_enrolment_does_not_sign_in()
    {
        using var key = new TestKey();
        await Enrol("council", key.Address);
        using var client = await server.As("council");
        var challenge = await client.PostAsJsonAsync("/api/auth/wallet/enrol/challenge", new { address = key.Address.ToString() });
        var message = (await challenge.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;

        var reply = await client.PostAsJsonAsync("/api/auth/wallet", new { message, signature = key.SignMessage(message) });

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_every_session()
    {
        using var phone = await server.As("operator");
        using var laptop = await server.As("operator");

        Assert.Equal(HttpStatusCode.NoContent, (await laptop.PostAsync("/api/auth/signout-everywhere", null)).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await phone.GetAsync("/api/me")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await laptop.GetAsync("/api/me")).StatusCode);
    }

    [Fact]
    public async Task A_removed_operator_is_out_at_once()
    {
        var operators = server.Get<Operators>();
        await operators.Add(Actor.Cli("test"), "leaver", ["viewer"], "a test needs one", CancellationToken.None);
        var made = Assert.IsType<Outcome<string>.Done>(await server.Get<Links>().Make(Actor.Cli("test"), "leaver", CancellationToken.None));
        using var client = server.Stranger();
        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = made.Value });
        var token = (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString();
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/me")).StatusCode);
        using var admin = await server.As("admin");

        var removed = await admin.PostAsJsonAsync("/api/operators/leaver/remove", new { reason = "left the company" });

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/me")).StatusCode);
    }

    [Fact]
    public async Task A_state_change_by_cookie_needs_the_proof_of_origin()
    {
        using var client = server.Stranger();
        var signedIn = await client.PostAsJsonAsync("/api/auth/link", new { token = await server.LinkFor("viewer") });
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        var me = await client.GetFromJsonAsync<JsonElement>("/api/me");

        var without = await client.PostAsync("/api/auth/signout", null);
        client.DefaultRequestHeaders.Add(Gate.CsrfHeader, me.GetProperty("csrf").GetString());
        var with = await client.PostAsync("/api/auth/signout", null);

        Assert.Equal(HttpStatusCode.Forbidden, without.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, with.StatusCode);
    }

    [Fact]
    public async Task A_state_change_from_another_site_is_refused()
    {
        using var client = await server.As("viewer");
        client.DefaultRequestHeaders.Add("Origin", "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync("/api/auth/signout", null)).StatusCode);
    }

    private async Task Enrol(string role, Address address) => await server.Store.Act(
        Actor.Cli("test"), "a test needs it",
        act => server.Get<Wallets>().Add(act, ServerFixture.Named(role), address, "Test wallet"), CancellationToken.None);

    private async Task<string> Prove(Address address, TestKey signer)
    {
        using var client = server.Stranger();
        var challenge = await client.PostAsJsonAsync("/api/auth/wallet/challenge", new { address = address.ToString() });
        var message = (await challenge.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;
        var reply = await client.PostAsJsonAsync("/api/auth/wallet", new { message, signature = signer.SignMessage(message) });
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
        return await reply.Content.ReadAsStringAsync();
    }
}
