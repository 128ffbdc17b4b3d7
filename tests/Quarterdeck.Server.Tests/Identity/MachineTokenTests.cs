using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Hostile;

namespace Quarterdeck.Server.Tests.Identity;

/// <summary>A server with a file of programs' tokens.</summary>
public sealed class ProgramsFixture : ServerFixture
{
    internal const string Grafana = "grafana-0123456789abcdef0123456789";
    private readonly string _file = Path.GetTempFileName();

    protected override string? Tokens => _file;

    public override async ValueTask InitializeAsync()
    {
        var until = TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(_file, $"# programs\ngrafana read sha256:{Convert.ToHexStringLower(Token.Hash(Grafana))} {until}\n");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        File.Delete(_file);
        await base.DisposeAsync();
    }
}

/// <summary>Tokens from the server's environment are of the kind that others are: hashed, scoped, ending, listed and recorded.</summary>
public sealed class MachineTokenTests(ProgramsFixture server) : IClassFixture<ProgramsFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task A_programs_token_opens_what_is_made_for_programs_and_is_listed_with_its_end()
    {
        using var client = server.Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ProgramsFixture.Grafana);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/query?query=1", Cancel)).StatusCode);
        foreach (var path in new[] { "/api/plans/0x00/approvals", "/api/tokens", "/api/operators/requests", "/api/runs" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync(path, new { }, Cancel)).StatusCode);

        using var auditor = await server.As("compliance");
        var listed = Assert.Single(await auditor.GetFromJsonAsync<JsonElement[]>("/api/tokens/programs", Cancel) ?? []);
        Assert.Equal("grafana", listed.GetProperty("name").GetString());
        Assert.Equal("read", listed.GetProperty("permissions").EnumerateArray().Single().GetString());
        Assert.InRange(listed.GetProperty("expiresAt").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddDays(28), TimeProvider.System.GetUtcNow().AddDays(31));
        Assert.DoesNotContain(ProgramsFixture.Grafana, listed.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_was_started_with_is_recorded_without_a_secret()
    {
        Assert.Equal(1, await Crew.Entries(server, "token.configure", "system:server"));
        var entries = await server.Store.Query<string>("select convert_from(entry, 'UTF8') from audit.inbox", cancel: Cancel);
        Assert.DoesNotContain(entries, e => e.Contains(ProgramsFixture.Grafana, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("grafana read sha256:HASH", "NAME PERMISSIONS SECRET EXPIRES")]
    [InlineData("grafana read sha256:HASH 2020-01-01", "is over")]
    [InlineData("grafana read sha256:HASH 2999-01-01", "400 days")]
    [InlineData("grafana read sha256:HASH soon", "is not a date")]
    [InlineData("grafana plans.approve sha256:HASH SOON", "cannot be allowed 'plans.approve'")]
    [InlineData("grafana operators.manage sha256:HASH SOON", "cannot be allowed")]
    [InlineData("grafana read the-secret-itself-in-the-file SOON", "neither sha256:HEX")]
    [InlineData("grafana read env:SHORT SOON", "shorter than 24")]
    public async Task A_line_that_would_give_too_much_or_for_ever_stops_the_start_and_its_secret_is_not_repeated(string line, string says)
    {
        var file = Path.GetTempFileName();
        var soon = TimeProvider.System.GetUtcNow().AddDays(10).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(file, line.Replace("HASH", new string('a', 64), StringComparison.Ordinal).Replace("SOON", soon, StringComparison.Ordinal), Cancel);
        var refused = await Assert.ThrowsAsync<FormatException>(() => MachineTokens.Load(file, name => name == "SHORT" ? "short-secret" : null, TimeProvider.System, Cancel));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-itself", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short-secret", refused.Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task After_its_end_it_opens_nothing()
    {
        var clock = new SetClock();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"grafana read sha256:{Convert.ToHexStringLower(Token.Hash("a token"))} 2026-01-10", Cancel);
        var tokens = await MachineTokens.Load(file, _ => null, clock, Cancel);
        Assert.NotNull(tokens.Recognise("a token"));
        Assert.Null(tokens.Recognise("another token"));
        clock.Advance(TimeSpan.FromDays(9));
        Assert.Null(tokens.Recognise("a token"));
        File.Delete(file);
    }
}
