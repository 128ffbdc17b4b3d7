using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Hostile;

/// <summary>One operator tries to act alone by the less obvious routes.</summary>
public sealed class OtherRoutesTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task Removing_operators_does_not_lower_what_a_plan_asks_for()
    {
        using var admin = await server.As("admin");
        using var alone = await Crew.Join(server, "approver");
        using var bob = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await alone.Approve(plan)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PostAsJsonAsync($"/api/operators/{bob.Id}/remove", new { reason = "left" }, Cancel)).StatusCode);
        Assert.Equal("pending", await Crew.State(server, plan));
        Assert.Equal(HttpStatusCode.Conflict, (await alone.Approve(plan)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bob.Approve(plan)).StatusCode);
        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task A_token_that_its_owner_made_carries_no_role_of_its_own_and_signs_for_nobody_else()
    {
        using var alone = await Crew.Join(server, "approver");
        using var other = await Crew.Join(server, "approver");
        foreach (var scope in new[] { "operators.manage", "operators.approve", "plans.break-glass", "identity.own", "identity.credentials", "admin", "*" })
        {
            var refused = await alone.Client.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read", scope } }, Cancel);
            Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, $"{scope}: {(int)refused.StatusCode}");
        }

        var made = await (await alone.Client.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read", "plans.approve" } }, Cancel))
            .Content.ReadFromJsonAsync<JsonElement>(Cancel);
        using var token = server.Stranger();
        token.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("token").GetString());
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await alone.Approve(plan)).StatusCode);
        foreach (var signature in new[] { alone.Sign(plan), other.Sign(plan) })
        {
            var again = await token.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature }, Cancel);
            Assert.True(again.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.Forbidden, $"{(int)again.StatusCode}");
        }

        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task Recovery_of_a_colleague_gives_nobody_a_second_signature()
    {
        using var admin = await Crew.Join(server, "admin", "approver");
        using var colleague = await Crew.Join(server, "approver");
        var asked = await (await admin.Client.PostAsJsonAsync(
            "/api/operators/requests", new { kind = "recover", @operator = colleague.Id, justification = "lost the key" }, Cancel)).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var (request, half) = (asked.GetProperty("id").GetString()!, asked.GetProperty("half").GetString()!);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.Client.PostAsync($"/api/operators/requests/{request}/approve", null, Cancel)).StatusCode);
        using var stranger = server.Stranger();
        foreach (var link in new[] { half, $"{half}.{half}", $"{half}.", $".{half}", $"{half}.{Token.New("qdh_")}" })
            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsJsonAsync("/api/auth/link", new { token = link }, Cancel)).StatusCode);
        // The colleague goes on meanwhile: asking ends nothing.
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await colleague.Approve(plan)).StatusCode);
        var own = await colleague.Client.PostAsync($"/api/operators/requests/{request}/approve", null, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, own.StatusCode);
    }

    [Fact]
    public async Task A_second_account_whose_wallet_was_the_first_ones_is_not_made_even_after_the_first_gave_it_up()
    {
        using var alone = await Crew.Join(server, "approver");
        using var spare = new Identity.TestKey();
        await server.Store.Act(Actor.Cli("test"), "a test needs one", act => server.Get<Wallets>().Add(act, alone.Id, spare.Address, "spare"), Cancel);
        var me = await alone.Client.GetFromJsonAsync<JsonElement>("/api/me", Cancel);
        var credential = me.GetProperty("operator").GetProperty("credentials").EnumerateArray().First(c => c.GetProperty("address").GetString() == alone.Key.Address.ToString());
        Assert.Equal(HttpStatusCode.NoContent, (await alone.Client.DeleteAsync($"/api/credentials/{credential.GetProperty("id").GetString()}", Cancel)).StatusCode);

        using var second = await Crew.Join(server, "approver");
        var challenge = await (await second.Client.PostAsJsonAsync("/api/auth/wallet/enrol/challenge", new { address = alone.Key.Address.ToString() }, Cancel))
            .Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var message = challenge.GetProperty("message").GetString()!;
        var enrolled = await second.Client.PostAsJsonAsync("/api/auth/wallet/enrol", new { message, signature = alone.Key.SignMessage(message) }, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, enrolled.StatusCode);
    }

    [Fact]
    public async Task A_plan_whose_time_the_caller_claims_to_be_another_is_as_expired_as_the_servers_clock_says()
    {
        using var alone = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts", expires: DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60)));
        foreach (var header in new[] { "Date", "X-Date", "X-Quarterdeck-Now" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/plans/{plan.Hash}/approvals")
            {
                Content = JsonContent.Create(new { kind = "wallet", signature = alone.Sign(plan), approvedAt = "2020-01-01T00:00:00Z", now = "2020-01-01T00:00:00Z" }),
            };
            request.Headers.TryAddWithoutValidation(header, "Wed, 01 Jan 2020 00:00:00 GMT");
            Assert.Equal(HttpStatusCode.Conflict, (await alone.Client.SendAsync(request, Cancel)).StatusCode);
        }
    }
}
