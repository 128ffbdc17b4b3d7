using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Forks;

/// <summary>A JSON-RPC endpoint on the loopback address that hands requests on to another, and may refuse or change them on the way.</summary>
public abstract class RpcDoor : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;

    /// <param name="target">The endpoint behind it.</param>
    protected RpcDoor(Uri target)
    {
        _http = new HttpClient { BaseAddress = target, Timeout = TimeSpan.FromSeconds(60) };
        (_listener, Endpoint) = Listen();
        _loop = Task.Run(Serve);
    }

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; }

    /// <summary>The methods that were handed on, with how often.</summary>
    public ConcurrentDictionary<string, int> Passed { get; } = new(StringComparer.Ordinal);

    /// <summary>One request, not a batch.</summary>
    protected abstract Task<JsonNode> Answer(JsonObject request, CancellationToken cancel);

    /// <summary>Hands on and returns the whole answer.</summary>
    protected async Task<JsonNode> Pass(JsonNode request, CancellationToken cancel)
    {
        foreach (var one in request is JsonArray batch ? batch : [request.DeepClone()])
            Passed.AddOrUpdate((string?)one?["method"] ?? "", 1, (_, count) => count + 1);
        using var content = new StringContent(request.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync((Uri?)null, content, cancel);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancel))
            ?? throw new DevnetException($"{_http.BaseAddress} answers nothing.");
    }

    /// <summary>A JSON-RPC error.</summary>
    protected static JsonObject Refuse(JsonObject request, int code, string message) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = request["id"]?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
    };

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Close();
        await _loop;
        _http.Dispose();
        _closing.Dispose();
        GC.SuppressFinalize(this);
    }

    // Another may take the port between its choice and our listening.
    private static (HttpListener, Uri) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            var endpoint = new Uri($"http://127.0.0.1:{FreePort.Next()}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(endpoint.ToString());
            try
            {
                listener.Start();
                return (listener, endpoint);
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                listener.Close();
            }
        }
    }

    private async Task Serve()
    {
        while (!_closing.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => Reply(context));
        }
    }

    private async Task Reply(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream);
            var request = JsonNode.Parse(await reader.ReadToEndAsync(_closing.Token));
            var answer = request switch
            {
                JsonArray batch => new JsonArray([.. await Task.WhenAll(batch.Select(one => Answer((JsonObject)one!, _closing.Token)))]),
                JsonObject one => await Answer(one, _closing.Token),
                _ => throw new JsonException("Neither a request nor a batch."),
            };
            context.Response.ContentType = "application/json";
            // With its length it is one write: in chunks the last one would wait for the other side's delayed acknowledgement, 40 ms.
            var bytes = System.Text.Encoding.UTF8.GetBytes(answer.ToJsonString());
            context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes, _closing.Token);
            context.Response.Close();
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException or IOException or OperationCanceledException or HttpListenerException or DevnetException)
        {
            // Whoever asked sees a lost connection, as from an endpoint that is down.
            context.Response.Abort();
        }
    }
}
