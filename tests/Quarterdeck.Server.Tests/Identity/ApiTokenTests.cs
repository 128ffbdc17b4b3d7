using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Identity;

public sealed class ApiTokenTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_token_does_what_its_scopes_say_and_nothing_else()
    {
        using var owner = await server.As("operator");
        using var client = await With(owner, ["read"]);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/alerts")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/audit")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/me")).StatusCode);
    }

    [Theory]
    [InlineData("identity.own")]
    [InlineData("operators.manage")]
    [InlineData("operators.approve")]
    [InlineData("access.review")]
    [InlineData("audit.export")]
    public async Task Nobody_gives_a_token_what_makes_access_or_what_they_have_not(string scope)
    {
        using var admin = await server.As("admin");
        var reply = await admin.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read", scope } });
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task A_token_cannot_make_another()
    {
        using var owner = await server.As("operator");
        using var client = await With(owner, [.. Permission.Scopes.Intersect(Permission.Of(["operator"]))]);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read" } })).StatusCode);
    }

    [Fact]
    public async Task A_revoked_an_expired_and_an_invented_token_open_nothing()
    {
        using var owner = await server.As("operator");
        using var revoked = await With(owner, ["read"]);
        var id = (await owner.GetFromJsonAsync<JsonElement>("/api/tokens"))[0].GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync($"/api/tokens/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await revoked.GetAsync("/api/alerts")).StatusCode);

        using var expired = await With(owner, ["read"]);
        await using (var connection = new NpgsqlConnection(server.Admin))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var end = new NpgsqlCommand(
                "update identity.tokens set created_at = now() - interval '2 days', expires_at = now() - interval '1 day'", connection);
            await end.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await expired.GetAsync("/api/alerts")).StatusCode);
        expired.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.New(ApiTokens.Prefix));
        Assert.Equal(HttpStatusCode.Unauthorized, (await expired.GetAsync("/api/alerts")).StatusCode);
    }

    [Fact]
    public async Task A_token_ends_with_its_operator_and_its_secret_is_nowhere()
    {
        await server.Get<Operators>().Add(Actor.Cli("test"), "tokenist", ["operator"], "a test needs one", CancellationToken.None);
        var made = (Respond.Outcome<(string Id, string Token, DateTimeOffset ExpiresAt)>.Done)await server.Get<ApiTokens>().Make(
            new SignedIn("tokenist", "tokenist", ["operator"], "ses_x", "t", false), "ci", ["read"], null, CancellationToken.None);
        var rows = await server.Store.Query<string>(
            "SELECT t::text FROM identity.tokens t UNION ALL SELECT convert_from(entry, 'UTF8') FROM audit.inbox");
        Assert.DoesNotContain(rows, r => r.Contains(made.Value.Token, StringComparison.Ordinal));

        using var client = server.Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Value.Token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/alerts")).StatusCode);
        await server.Get<Operators>().Remove(Actor.Cli("test"), "tokenist", "left", CancellationToken.None);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/alerts")).StatusCode);
    }

    [Fact]
    public async Task A_token_lasts_90_days_at_most()
    {
        using var owner = await server.As("operator");
        var reply = await owner.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read" }, days = 91 });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
    }

    private async Task<HttpClient> With(HttpClient owner, string[] scopes)
    {
        var reply = await owner.PostAsJsonAsync("/api/tokens", new { label = "test", scopes });
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        var client = server.Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        return client;
    }
}
