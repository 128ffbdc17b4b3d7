using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Server.Tests;

/// <summary>A whole server over a fresh database on a free port, with no pack.</summary>
public class ServerFixture : PostgresFixture
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("quarterdeck-server-test-");

    internal WebApplication App { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    /// <summary>The team's identity provider, where it has one.</summary>
    internal virtual OidcSettings? Provider => null;

    /// <summary>The file of programs' tokens.</summary>
    protected virtual string? Tokens => null;

    /// <summary>The server's environment variables.</summary>
    protected virtual string? Variable(string name) => null;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var packs = _state.CreateSubdirectory("packs");
        var settings = new ServerSettings(
            Admin, Admin, [packs.FullName], "none", _state.FullName, "http://127.0.0.1:0", new Uri("http://localhost:8080"))
        {
            Provider = Provider,
            Tokens = Tokens,
        };
        App = await Composition.Build(settings, Variable);
        Get<IdentityOptions>().AttemptsPerMinute = 10_000;
        await App.StartAsync();
        Url = new Uri(App.Urls.First());
        var operators = App.Services.GetRequiredService<Operators>();
        foreach (var role in Permission.Roles.Append("council"))
            await operators.Add(Actor.Cli("test"), Named(role), [role], "a test needs one", CancellationToken.None);
    }

    public override async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        _state.Delete(recursive: true);
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public static string Named(string role) => role + "-person";

    internal T Get<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public async Task<string> LinkFor(string role) => await Get<Links>().Make(Actor.Cli("test"), Named(role), CancellationToken.None) switch
    {
        Outcome<string>.Done done => done.Value,
        _ => throw new InvalidOperationException("no link"),
    };

    /// <summary>A client without a session.</summary>
    public HttpClient Stranger() => new(new HttpClientHandler { UseCookies = false }) { BaseAddress = Url };

    /// <summary>A client that sends a bearer token of this role's person.</summary>
    public async Task<HttpClient> As(string role)
    {
        var client = Stranger();
        var reply = await client.PostAsJsonAsync("/api/auth/link", new { token = await LinkFor(role) });
        reply.EnsureSuccessStatusCode();
        var session = await reply.Content.ReadFromJsonAsync<JsonElement>();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("token").GetString());
        return client;
    }

    internal OperationsStore Store => Get<OperationsStore>();
}
