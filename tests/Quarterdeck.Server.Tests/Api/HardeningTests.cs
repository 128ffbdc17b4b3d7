using System.Net;

namespace Quarterdeck.Server.Tests.Api;

public sealed class HardeningTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/api/me")]
    [InlineData("/incidents/inc_1")]
    public async Task Every_answer_forbids_inline_scripts_and_frames(string path)
    {
        using var client = server.Stranger();
        var reply = await client.GetAsync(path);

        var policy = reply.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task A_request_under_a_foreign_host_name_is_refused()
    {
        using var client = server.Stranger();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/auth/methods");
        request.Headers.Host = "rebound.example";

        Assert.Equal(HttpStatusCode.BadRequest, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task An_unknown_endpoint_is_a_problem_and_not_the_console()
    {
        using var client = server.Stranger();
        var reply = await client.GetAsync("/api/nothing");

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_body_that_is_not_json_is_the_callers_fault()
    {
        using var client = server.Stranger();
        using var body = new StringContent("{", System.Text.Encoding.UTF8, "application/json");

        var reply = await client.PostAsync("/api/auth/link", body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
    }
}
