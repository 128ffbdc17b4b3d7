using System.Net;
using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Cli.Tests.Api;

public sealed class ServerApiTests
{
    [Fact]
    public async Task Signing_in_signs_the_servers_own_message_and_later_requests_carry_the_token()
    {
        var key = DevKey.Account(1);
        using var server = new ScriptedServer();
        server.On("POST", "/api/auth/wallet/challenge", body => (200, $$"""{"message":"sign in, {{body.GetProperty("address").GetString()}}"}"""));
        server.On("POST", "/api/auth/wallet", body =>
        {
            var message = body.GetProperty("message").GetString()!;
            var signer = EcdsaSignature.Parse(body.GetProperty("signature").GetString()!).Recover(Eip191.Hash(message));
            return signer == key.Address && message == $"sign in, {key.Address}" ? (200, """{"token":"qds_1"}""") : (401, "{}");
        });
        server.On("GET", "/api/alerts", _ => (200, "[]"));
        using var api = new ServerApi(server.Url, TimeSpan.FromSeconds(5));

        await api.SignIn(key, CancellationToken.None);
        await api.Get<AlertShape[]>("/api/alerts", CancellationToken.None);

        Assert.Equal("Bearer qds_1", server.LastAuthorization);
    }

    [Fact]
    public async Task A_refusal_is_told_in_the_servers_words_with_its_remedy()
    {
        using var server = new ScriptedServer();
        server.On("POST", "/api/runs", _ => (409, """{"title":"Already proposed","detail":"Run run_1 is open.","remedy":"Abort it first."}"""));
        using var api = new ServerApi(server.Url, TimeSpan.FromSeconds(5));

        var refused = await Assert.ThrowsAsync<ApiException>(() => api.Post("/api/runs", new { }, CancellationToken.None));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal("Already proposed Run run_1 is open. Abort it first.", refused.Message);
    }

    [Fact]
    public async Task A_server_that_is_killed_and_comes_back_is_asked_again()
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        using var api = new ServerApi(url, TimeSpan.FromSeconds(30));

        var asked = api.Get<AlertShape[]>("/api/alerts", CancellationToken.None);
        await Task.Delay(150);
        Assert.False(asked.IsCompleted);
        using var server = new ScriptedServer(url);
        server.On("GET", "/api/alerts", _ => (200, """[{"pack":"musd","name":"A","state":"firing","severity":"critical","block":"12"}]"""));

        Assert.Equal(12u, Assert.Single(await asked).Block);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_named_when_the_patience_is_over()
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        using var api = new ServerApi(url, TimeSpan.FromMilliseconds(200));

        var exception = await Assert.ThrowsAsync<CommandException>(() => api.Get<AlertShape[]>("/api/alerts", CancellationToken.None));

        Assert.StartsWith($"The server at {url} does not answer: ", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("Is './quarterdeck up' running?", exception.Message, StringComparison.Ordinal);
    }
}

/// <summary>Answers requests by script, on a real socket.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, Func<JsonElement, (int Status, string Body)>> _answers = [];

    public ScriptedServer(Uri? url = null)
    {
        Url = url ?? new Uri($"http://127.0.0.1:{FreePort.Next()}");
        _listener.Prefixes.Add($"http://127.0.0.1:{Url.Port}/");
        _listener.Start();
        _ = Serve();
    }

    public Uri Url { get; }

    public string? LastAuthorization { get; private set; }

    public void On(string method, string path, Func<JsonElement, (int Status, string Body)> answer) => _answers[$"{method} {path}"] = answer;

    public void Dispose() => _listener.Close();

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            LastAuthorization = context.Request.Headers["Authorization"];
            var text = await new StreamReader(context.Request.InputStream).ReadToEndAsync();
            var body = JsonDocument.Parse(text.Length > 0 ? text : "{}").RootElement;
            // A request may come in before its answer is scripted.
            var (status, answer) = _answers.TryGetValue($"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}", out var script)
                ? script(body)
                : (503, "{}");
            context.Response.StatusCode = status;
            context.Response.Close(Encoding.UTF8.GetBytes(answer), willBlock: false);
        }
    }
}
