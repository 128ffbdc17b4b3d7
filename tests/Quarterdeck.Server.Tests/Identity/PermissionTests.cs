using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Identity;

/// <summary>Walks every route with every role: what may answer, answers; what may not, is refused by name of the permission.</summary>
public sealed class PermissionTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    /// <summary>Who may what, written down a second time on purpose: a change of one table alone fails.</summary>
    private static readonly Dictionary<string, string[]> May = new()
    {
        [Permission.Read] = ["viewer", "responder", "operator", "approver", "compliance", "admin", "council"],
        [Permission.OwnCredentials] = ["viewer", "responder", "operator", "approver", "compliance", "admin", "council"],
        [Permission.OwnIdentity] = ["viewer", "responder", "operator", "approver", "compliance", "admin", "council"],
        [Permission.RespondToIncidents] = ["responder", "operator", "approver"],
        [Permission.ProposeRuns] = ["responder", "operator"],
        [Permission.OperateRuns] = ["operator"],
        [Permission.ApprovePlans] = ["operator", "approver", "council"],
        [Permission.BreakGlass] = ["operator", "approver"],
        [Permission.ReviewBreakGlass] = ["operator", "approver", "compliance"],
        [Permission.RejectPlans] = ["operator", "approver", "council"],
        [Permission.RequestStanding] = ["operator", "approver"],
        [Permission.RevokeStanding] = ["responder", "operator", "approver", "compliance", "admin", "council"],
        [Permission.SilenceAlerts] = ["responder", "operator"],
        [Permission.SendAlerts] = ["operator"],
        [Permission.ReadAudit] = ["responder", "operator", "approver", "compliance", "admin"],
        [Permission.ExportAudit] = ["operator", "compliance"],
        [Permission.ManageOperators] = ["admin"],
        [Permission.ApproveOperators] = ["approver", "admin"],
        [Permission.ReviewAccess] = ["compliance", "admin"],
    };

    private static readonly string[] Roles = [.. Permission.Roles, "council"];

    [Fact]
    public void Every_endpoint_names_what_it_demands()
    {
        var unnamed = Endpoints().Where(e => e.Metadata.GetMetadata<Demand>() is null).Select(e => e.RoutePattern.RawText);

        Assert.Empty(unnamed);
    }

    [Fact]
    public void Only_these_endpoints_are_open_to_strangers()
    {
        var open = Endpoints().Where(e => e.Metadata.GetMetadata<Demand>() is { Permission: null }).Select(e => e.RoutePattern.RawText!)
            .Where(path => path.StartsWith("/api", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "/api/auth/link", "/api/auth/methods", "/api/auth/oidc/callback", "/api/auth/oidc/start", "/api/auth/passkey/options", "/api/auth/passkey/signin", "/api/auth/wallet",
                "/api/auth/wallet/challenge", "/api/{**rest}",
            ],
            open);
    }

    [Fact]
    public async Task Every_route_answers_exactly_the_roles_that_have_its_permission()
    {
        var wrong = new List<string>();
        foreach (var role in Roles)
        {
            foreach (var (method, path, permission) in Guarded())
            {
                using var client = await server.As(role);
                var refused = await Refused(client, method, path, permission);
                if (refused == May[permission].Contains(role)) wrong.Add($"{role} {method} {path}: {(refused ? "refused" : "answered")}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task No_guarded_route_answers_a_stranger()
    {
        using var client = server.Stranger();
        foreach (var (method, path, _) in Guarded())
        {
            using var request = Request(method, path);
            var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.True(reply.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} answered {reply.StatusCode}");
        }
    }

    private static async Task<bool> Refused(HttpClient client, string method, string path, string permission)
    {
        using var request = Request(method, path);
        using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (reply.StatusCode != HttpStatusCode.Forbidden) return false;
        var problem = await reply.Content.ReadFromJsonAsync<JsonElement>();
        return problem.GetProperty("detail").GetString()!.StartsWith($"It needs '{permission}';", StringComparison.Ordinal);
    }

    // Ids that exist nowhere: the question is only whether the gate opens.
    private static HttpRequestMessage Request(string method, string path)
    {
        var filled = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]+\}", "1");
        var request = new HttpRequestMessage(new HttpMethod(method), filled);
        if (method is "POST") request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        return request;
    }

    private List<(string Method, string Path, string Permission)> Guarded() =>
    [
        .. from endpoint in Endpoints()
           let demand = endpoint.Metadata.GetMetadata<Demand>()
           where demand?.Permission is not null
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
           select (method, endpoint.RoutePattern.RawText!, demand.Permission!),
    ];

    private IEnumerable<RouteEndpoint> Endpoints() =>
        server.Get<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();
}
