using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quarterdeck.Chains.Tests.Evm.Endpoints;

/// <summary>An RPC endpoint in front of a real node that can be told to misbehave in the ways endpoints do.</summary>
internal sealed class MisbehavingProxy : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _node = new();
    private readonly Uri _behind;
    private readonly Task _serving;
    private int _requests;

    public MisbehavingProxy(Uri behind)
    {
        _behind = behind;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Endpoint.ToString());
        _listener.Start();
        _serving = Serve();
    }

    public Uri Endpoint { get; }

    /// <summary>HTTP requests that arrived.</summary>
    public int Requests => _requests;

    /// <summary>Answers come after this time.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The connection is cut without an answer.</summary>
    public bool Resets { get; set; }

    /// <summary>The answer ends in the middle.</summary>
    public bool Truncates { get; set; }

    /// <summary>HTTP 429 with this Retry-After.</summary>
    public int? LimitsForSeconds { get; set; }

    /// <summary>HTTP status instead of an answer.</summary>
    public int? Status { get; set; }

    /// <summary>What it answers instead, whatever is asked.</summary>
    public string? Body { get; set; }

    /// <summary>Knows no block above this height.</summary>
    public ulong? StaleHead { get; set; }

    /// <summary>Changes each answer before it goes out: (request, result) → result.</summary>
    public Func<JsonObject, JsonNode?, JsonNode?>? Lie { get; set; }

    private async Task Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Answer(context);
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            using var reader = new StreamReader(context.Request.InputStream);
            var request = JsonNode.Parse(await reader.ReadToEndAsync())!;
            if (Delay > TimeSpan.Zero) await Task.Delay(Delay);
            if (Resets)
            {
                context.Response.Abort();
                return;
            }

            if (LimitsForSeconds is { } seconds)
            {
                context.Response.StatusCode = 429;
                context.Response.Headers["Retry-After"] = seconds.ToString(CultureInfo.InvariantCulture);
                context.Response.Close();
                return;
            }

            if (Status is { } status)
            {
                context.Response.StatusCode = status;
                context.Response.Close();
                return;
            }

            var body = Encoding.UTF8.GetBytes(Body ?? (await Forward(request)).ToJsonString());
            if (Truncates)
            {
                context.Response.ContentLength64 = body.Length;
                await context.Response.OutputStream.WriteAsync(body.AsMemory(0, body.Length / 2));
                context.Response.Abort();
                return;
            }

            await context.Response.OutputStream.WriteAsync(body);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The caller went away, as losers of a race do.
        }
    }

    private async Task<JsonNode> Forward(JsonNode request)
    {
        using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _node.PostAsync(_behind, content);
        var reply = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        if (request is JsonArray requests && reply is JsonArray replies)
        {
            foreach (var one in replies) Change(requests.Single(r => (long)r!["id"]! == (long)one!["id"]!)!.AsObject(), one!.AsObject());
        }
        else
        {
            Change(request.AsObject(), reply.AsObject());
        }

        return reply;
    }

    private void Change(JsonObject request, JsonObject reply)
    {
        if (!reply.ContainsKey("result")) return;
        if (StaleHead is { } head)
        {
            if ((string)request["method"]! == "eth_blockNumber") reply["result"] = $"0x{head:x}";
            if (reply["result"] is JsonObject block && block["parentHash"] is not null && Convert.ToUInt64((string)block["number"]!, 16) > head) reply["result"] = null;
        }

        if (Lie is not null) reply["result"] = Lie(request, reply["result"]?.DeepClone());
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _node.Dispose();
    }
}
