using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Quarterdeck.Server.Api;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Hostile;

namespace Quarterdeck.Server.Tests.Identity;

/// <summary>Every path that tries a credential: after so many failures it waits, says how long, and lets others go on.</summary>
public sealed class LockoutTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    private static readonly Dictionary<string, Func<ServerFixture, HttpClient, Member, Task<HttpResponseMessage>>> Paths = new()
    {
        ["a passkey's assertion"] = (_, client, _) => client.PostAsJsonAsync("/api/auth/passkey/signin", new { challenge = "AAAA", credential = new { id = "x" } }),
        ["a wallet's signature"] = (_, client, _) => client.PostAsJsonAsync("/api/auth/wallet", new { message = "let me in", signature = "0x" + new string('1', 130) }),
        ["a wallet that nobody enrolled, over the right message"] = async (_, client, _) =>
        {
            using var key = new TestKey();
            return await Crew.TrySignIn(client, key);
        },
        ["a one-time link"] = (_, client, _) => client.PostAsJsonAsync("/api/auth/link", new { token = Token.New("qdl_") }),
        ["a recovery link of two halves"] = (_, client, _) => client.PostAsJsonAsync("/api/auth/link", new { token = $"{Token.New("qdl_")}.{Token.New("qdh_")}" }),
        ["the first administrator's link with a letter changed"] = async (s, client, _) =>
            await client.PostAsJsonAsync("/api/auth/link", new { token = (await s.LinkFor("admin"))[..^1] + "!" }),
        ["an API token"] = (_, client, _) => Bearer(client, Token.New(ApiTokens.Prefix)),
        ["a session's token"] = (_, client, _) => Bearer(client, Token.New("qds_")),
        ["a session's cookie"] = (_, client, _) =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
            request.Headers.Add("Cookie", "quarterdeck=" + Token.New("qds_"));
            return client.SendAsync(request);
        },
        ["a key file's signature over a plan"] = async (s, _, person) =>
            await person.Approve(await Crew.Submit(s, Crew.Draft("system:alerts")), "0x" + new string('1', 128) + "1b"),
        ["a signature that breaks the glass"] = async (s, _, person) =>
        {
            var plan = await Crew.Submit(s, Crew.Draft("system:alerts", breakGlass: ["approver"]));
            return await person.Client.PostAsJsonAsync($"/api/plans/{plan.Hash}/break-glass",
                new { kind = "wallet", signature = "0x" + new string('1', 128) + "1b", reason = "the vault is being drained" });
        },
        ["a wallet to be added"] = (_, _, person) => person.Client.PostAsJsonAsync("/api/auth/wallet/enrol", new { message = "mine", signature = "0x" + new string('1', 130) }),
        ["a passkey to be added"] = (_, _, person) => person.Client.PostAsJsonAsync("/api/auth/passkey/register", new { challenge = "AAAA", credential = new { id = "x" } }),
    };

    public static TheoryData<string> Names => [.. Paths.Keys];

    private static Task<HttpResponseMessage> Bearer(HttpClient client, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client.SendAsync(request);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task After_so_many_failures_the_path_waits_and_who_is_in_goes_on(string path)
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "approver");
        using var client = server.Stranger();
        for (var i = 0; i < server.Get<IdentityOptions>().FailuresAllowed; i++)
        {
            var refused = await Paths[path](server, client, person);
            Assert.True(refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"attempt {i + 1}: {(int)refused.StatusCode}");
        }

        var locked = await Paths[path](server, client, person);
        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(16));
        Assert.True(await Crew.Entries(server, "signin.locked") > 0);

        Assert.Equal(HttpStatusCode.OK, (await person.Client.GetAsync("/api/me", Cancel)).StatusCode);
        server.Get<FailureWindow>().Forget();
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await Paths[path](server, client, person)).StatusCode);
    }

    [Fact]
    public async Task A_session_that_is_over_is_no_guess_and_locks_nobody_out()
    {
        server.Get<FailureWindow>().Forget();
        using var person = await Crew.Join(server, "viewer");
        await person.Client.PostAsync("/api/auth/signout-everywhere", null, Cancel);
        for (var i = 0; i < 15; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await person.Client.GetAsync("/api/me", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_browser_with_a_cookie_that_was_never_given_here_is_told_to_forget_it()
    {
        server.Get<FailureWindow>().Forget();
        using var client = server.Stranger();
        var reply = await Paths["a session's cookie"](server, client, null!);
        Assert.Contains("quarterdeck=; expires=Thu, 01 Jan 1970", reply.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        server.Get<FailureWindow>().Forget();
    }

    [Fact]
    public async Task While_an_address_must_wait_a_right_proof_from_it_does_not_hold_either()
    {
        server.Get<FailureWindow>().Forget();
        using var client = server.Stranger();
        var link = await server.LinkFor("viewer");
        for (var i = 0; i < server.Get<IdentityOptions>().FailuresAllowed; i++) await client.PostAsJsonAsync("/api/auth/link", new { token = "qdl_wrong" }, Cancel);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.PostAsJsonAsync("/api/auth/link", new { token = link }, Cancel)).StatusCode);
        server.Get<FailureWindow>().Forget();
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsJsonAsync("/api/auth/link", new { token = link }, Cancel)).StatusCode);
    }

    [Fact]
    public void Every_route_that_tries_or_makes_a_credential_has_a_limit_for_each_minute()
    {
        var routes = ((IEndpointRouteBuilder)server.App).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("POST") == true)
            .ToLookup(e => "/" + e.RoutePattern.RawText!.Trim('/'), e => e.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName);
        var credential = routes.Select(r => r.Key).Where(r => r.StartsWith("/api/auth/", StringComparison.Ordinal)).Concat(
        [
            "/api/plans/{hash}/approvals", "/api/plans/{hash}/break-glass", "/api/standing/{hash}/approvals", "/api/operators/requests",
            "/api/operators/requests/{id}/approve", "/api/operators/{id}/links", "/api/tokens",
        ]).ToList();
        Assert.True(credential.Count >= 15);
        Assert.All(credential, route => Assert.Equal(AuthEndpoints.RateLimit, Assert.Single(routes[route])));
    }
}
