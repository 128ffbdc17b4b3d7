using System.Buffers;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>How a transport behaves; the defaults suit public endpoints.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>Longest wait for one answer. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest answer that is taken, in bytes. Default 512 MiB; log queries are the large ones.</summary>
    public int MaxAnswerBytes { get; init; } = 512 << 20;

    /// <summary>
    /// Most requests for each second, all connections of the process to this endpoint together; those of a batch count each, and
    /// signed transactions never wait. Null for no limit of our own.
    /// </summary>
    public double? MaxRequestsPerSecond { get; init; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>JSON-RPC to one endpoint, over HTTP (http, https) or one kept WebSocket (ws, wss). Safe for concurrent use.</summary>
public sealed class JsonRpcTransport : IJsonRpc, IAsyncDisposable
{
    private readonly RpcMethods _allowed;
    private readonly HttpChannel? _http;
    private readonly WebSocketChannel? _socket;
    private readonly RequestRate? _rate;
    private readonly TimeSpan _patience;
    private long _id;

    /// <summary>Connects lazily: nothing is sent before the first request.</summary>
    /// <exception cref="ArgumentException">The endpoint is neither http(s) nor ws(s).</exception>
    public JsonRpcTransport(Uri endpoint, RpcMethods allowed, JsonRpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        options ??= new JsonRpcOptions();
        (Endpoint, _allowed, _patience) = (endpoint, allowed, options.Timeout);
        if (options.MaxRequestsPerSecond is { } most) _rate = RequestRate.For(endpoint, most, options.Clock);
        Name = Redacted(endpoint);
        switch (endpoint.Scheme)
        {
            case "http" or "https": _http = new HttpChannel(endpoint, Name, options); break;
            case "ws" or "wss": _socket = new WebSocketChannel(endpoint, Name, options); break;
            default:
                throw new ArgumentException($"'{Name}' is not an RPC endpoint: write http://, https://, ws:// or wss://.", nameof(endpoint));
        }
    }

    /// <summary>Where to.</summary>
    public Uri Endpoint { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>True for ws and wss: <see cref="Subscribe"/> works.</summary>
    public bool CanSubscribe => _socket is not null;

    /// <inheritdoc/>
    public async Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel)
    {
        _allowed.Require(request.Method);
        using var body = await Exchange([request], batch: false, cancel);
        return body.Read(Name, (bytes, answers) =>
        {
            if (answers is not [var answer, ..]) throw new JsonException("it is an empty batch");
            if (answer.Error is { } error) throw Classified(error);
            return read(bytes[answer.Result]);
        });
    }

    /// <inheritdoc/>
    public async Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel)
    {
        foreach (var request in requests) _allowed.Require(request.Method);
        if (requests.Count == 0) return [];
        var firstId = Interlocked.Add(ref _id, requests.Count) - requests.Count + 1;
        using var body = await Exchange(requests, batch: true, cancel, firstId);
        return body.Read(Name, (bytes, answers) =>
        {
            // A node that refuses the batch as a whole answers with one error.
            if (answers is [{ Error: { } refused }] && requests.Count > 1) throw Classified(refused);
            var own = bytes.ToArray();
            var replies = new RpcReply[requests.Count];
            foreach (var answer in answers)
            {
                var index = answer.Id is { } id ? id - firstId : -1;
                if (index < 0 || index >= replies.Length) continue;
                if (answer.Error is { } error && Classified(error) is TransientException limited) throw limited;
                replies[index] = new RpcReply(answer.Error is null ? own.AsMemory()[answer.Result] : default, answer.Error);
            }

            if (Array.IndexOf(replies, null) is >= 0 and var missing)
                throw new TransientException($"{Name} left {requests[missing].Method} of a batch of {requests.Count} unanswered.");
            return replies;
        });
    }

    /// <summary>Follows <c>eth_subscribe</c> until cancelled. Notifications that arrive in between are kept, not dropped.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is not a WebSocket.</exception>
    /// <exception cref="TransientException">The connection was lost: subscribe again and catch up what was missed.</exception>
    public IAsyncEnumerable<JsonElement> Subscribe(IReadOnlyList<object?> parameters, CancellationToken cancel = default) =>
        _socket?.Subscribe(parameters, cancel) ??
        throw new InvalidOperationException($"{Name} is not a WebSocket endpoint: subscriptions need ws:// or wss://.");

    private async Task<RpcBody> Exchange(IReadOnlyList<RpcRequest> requests, bool batch, CancellationToken cancel, long firstId = 0)
    {
        if (_rate is not null) await _rate.Take(requests.Count, requests[0].Method == "eth_sendRawTransaction", _patience, Name, cancel);
        if (firstId == 0) firstId = Interlocked.Increment(ref _id);
        var output = new ArrayBufferWriter<byte>(512);
        RpcMessages.Write(output, requests, firstId, batch);
        return _http is not null
            ? await _http.Exchange(output.WrittenMemory, cancel)
            : await _socket!.Exchange(output.WrittenMemory, firstId, requests.Count, cancel);
    }

    private Exception Classified(RpcException error) =>
        error.Code is -32005 or 429 || error.Code == -32029 ||
        error.Message.Contains("rate limit", StringComparison.OrdinalIgnoreCase) || error.Message.Contains("too many requests", StringComparison.OrdinalIgnoreCase)
            ? new RateLimitedException(Name, null)
            : error;

    internal static string Redacted(Uri endpoint) =>
        $"{endpoint.Scheme}://{endpoint.Host}{(endpoint.IsDefaultPort ? "" : $":{endpoint.Port}")}{(endpoint.PathAndQuery.Length > 1 ? "/…" : "")}";

    /// <summary>Closes the connections; requests under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_socket is not null) await _socket.DisposeAsync();
    }
}
