using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Hostile;

/// <summary>Walks every route of the server with what a hostile page or caller would send.</summary>
public sealed class EveryRouteTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task Every_change_by_cookie_without_its_proof_of_origin_is_refused()
    {
        var routes = Changes().Where(r => r.Guarded).ToList();
        Assert.True(routes.Count > 30, $"{routes.Count} routes");
        foreach (var role in new[] { "admin", "operator", "approver", "compliance", "responder" })
        {
            using var client = server.Stranger();
            var (cookie, csrf) = await Cookie(client, role);
            foreach (var (method, path, _) in routes)
            {
                foreach (var proof in new[] { null, "", "x", csrf[..^1], Token.Csrf(Token.New("qds_")) })
                {
                    using var request = Request(method, path);
                    request.Headers.Add("Cookie", cookie);
                    if (proof is not null) request.Headers.TryAddWithoutValidation(Gate.CsrfHeader, proof);
                    var reply = await client.SendAsync(request, Cancel);
                    Assert.True(reply.StatusCode == HttpStatusCode.Forbidden, $"{method} {path} with '{proof}': {(int)reply.StatusCode}");
                    Assert.Contains("proof of origin", await reply.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
                }

                if (role != "admin") break;
            }
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://localhost.evil.example")]
    [InlineData("https://127.0.0.1")]
    public async Task Every_change_that_another_site_sends_is_refused(string origin)
    {
        using var client = await server.As("admin");
        foreach (var (method, path, _) in Changes())
        {
            using var request = Request(method, path);
            request.Headers.TryAddWithoutValidation("Origin", origin);
            var reply = await client.SendAsync(request, Cancel);
            Assert.True(reply.StatusCode == HttpStatusCode.Forbidden, $"{method} {path}: {(int)reply.StatusCode}");
            Assert.Contains("another site", await reply.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_answer_of_every_route_has_the_headers_that_keep_a_browser_safe()
    {
        using var client = server.Stranger();
        foreach (var (method, path) in Endpoints().SelectMany(e => Methods(e).Select(m => (m, e.RoutePattern.RawText!))))
        {
            using var request = Request(method, path);
            using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
            Assert.True(reply.Headers.TryGetValues("Content-Security-Policy", out var policy), $"{method} {path} has no policy");
            var said = policy.Single();
            Assert.Contains("default-src 'none'; script-src 'self';", said, StringComparison.Ordinal);
            Assert.DoesNotContain("'unsafe-eval'", said, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe-inline", said.Split("style-src")[0], StringComparison.Ordinal);
            foreach (var part in new[] { "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'" }) Assert.Contains(part, said, StringComparison.Ordinal);
            Assert.Equal(("nosniff", "no-referrer", "same-origin"), (One(reply, "X-Content-Type-Options"), One(reply, "Referrer-Policy"), One(reply, "Cross-Origin-Opener-Policy")));
            Assert.False(reply.Headers.Contains("Server"), $"{method} {path} names the server");
            if (path.StartsWith("/api", StringComparison.Ordinal)) Assert.True(reply.Headers.CacheControl?.NoStore, $"{method} {path} may be stored");
        }
    }

    [Theory]
    [InlineData(true, "__Host-quarterdeck=secret")]
    [InlineData(false, "quarterdeck=secret")]
    public void Over_tls_the_sessions_cookie_is_bound_to_the_host_and_no_other_is_read(bool tls, string begins)
    {
        var context = new DefaultHttpContext { Request = { Scheme = tls ? "https" : "http" } };
        SessionCookie.Give(context, new NewSession("secret", "alice", DateTimeOffset.UnixEpoch));
        var cookie = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith(begins, cookie, StringComparison.Ordinal);
        Assert.Equal(tls, cookie.Contains("secure", StringComparison.Ordinal));
        foreach (var part in new[] { "path=/", "samesite=strict", "httponly" }) Assert.Contains(part, cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("domain=", cookie, StringComparison.Ordinal);
        context.Request.Headers.Cookie = tls ? "quarterdeck=planted" : "__Host-quarterdeck=planted";
        Assert.Null(SessionCookie.Read(context.Request));
    }

    [Fact]
    public async Task What_a_caller_writes_cannot_forge_a_line_of_the_log()
    {
        using var viewer = await server.As("viewer");
        var refused = await viewer.PostAsync(
            "/api/plans/0x00%0D%0A12:00:00%20fail:%20the%20vault%20is%20empty%1B%5B2J/approvals", new StringContent("{}", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var admin = await server.As("admin");
        await admin.PostAsJsonAsync("/api/operators/requests", new
        {
            kind = "join",
            @operator = "forger",
            name = "Eve\r\n\u202e\u001b[2Jalice approved",
            roles = new[] { "viewer" },
            justification = "why",
        }, Cancel);
        var subjects = await server.Store.Query<string>("select convert_from(entry, 'UTF8')::jsonb ->> 'subject' from audit.inbox", cancel: Cancel);
        Assert.True(subjects.Any(s => s.Contains("the%20vault%20is%20empty", StringComparison.Ordinal)), string.Join('\n', subjects.TakeLast(20)));
        Assert.DoesNotContain(subjects, s => s.Any(char.IsControl));
        var names = await server.Store.Query<string>("select name from identity.requests where operator_id = 'forger'", cancel: Cancel);
        Assert.DoesNotContain(Assert.Single(names), c => char.IsControl(c) || c == '\u202e');
    }

    private async Task<(string Cookie, string Csrf)> Cookie(HttpClient client, string role)
    {
        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = await server.LinkFor(role) }, Cancel);
        var cookie = reply.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
        request.Headers.Add("Cookie", cookie);
        var me = await (await client.SendAsync(request, Cancel)).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return (cookie, me.GetProperty("csrf").GetString()!);
    }

    private static string One(HttpResponseMessage reply, string name) => reply.Headers.GetValues(name).Single();

    private static HttpRequestMessage Request(string method, string path)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), Regex.Replace(path, @"\{[^}]+\}", "1"));
        if (method is "POST" or "PUT" or "PATCH") request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        return request;
    }

    private IEnumerable<(string Method, string Path, bool Guarded)> Changes() => Endpoints().SelectMany(e => Methods(e)
        .Where(m => m is not ("GET" or "HEAD")).Select(m => (m, e.RoutePattern.RawText!, e.Metadata.GetMetadata<Demand>()?.Permission is not null)));

    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];

    private IEnumerable<RouteEndpoint> Endpoints() =>
        server.Get<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();
}
