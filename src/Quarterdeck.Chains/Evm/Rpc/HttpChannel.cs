using System.Net;
using System.Net.Http.Headers;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>JSON-RPC over HTTP POST.</summary>
internal sealed class HttpChannel(Uri endpoint, string name, JsonRpcOptions options) : IDisposable
{
    // The system proxy is not asked: endpoints are named by the environment, and localhost is the usual one in development.
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        MaxConnectionsPerServer = 64,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<RpcBody> Exchange(ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return await Post(request, either.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new TransientException($"{name} did not answer within {options.Timeout.TotalSeconds:0.#} s.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TransientException($"{name} cannot be reached: {e.Message}", e);
        }
    }

    private async Task<RpcBody> Post(ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ReadOnlyMemoryContent(request) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            throw new RateLimitedException(name, RetryAfter(answer.Headers.RetryAfter));
        var body = await ReadBody(answer, cancel);
        if (answer.IsSuccessStatusCode || LooksLikeJson(body)) return body;
        body.Dispose();
        var status = (int)answer.StatusCode;
        if (status >= 500 || status == 408) throw new TransientException($"{name} answered HTTP {status} {answer.ReasonPhrase}.");
        throw new RpcException(-status, $"{name} answered HTTP {status} {answer.ReasonPhrase}. Check the URL and its key.");
    }

    private async Task<RpcBody> ReadBody(HttpResponseMessage answer, CancellationToken cancel)
    {
        var expected = answer.Content.Headers.ContentLength ?? 0;
        var body = new RpcBody((int)Math.Min(expected + 1, 64 << 20));
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            int count;
            while ((count = await stream.ReadAsync(body.Free, cancel)) > 0) body.Advance(count, options.MaxAnswerBytes, name);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? value) =>
        value?.Delta ?? (value?.Date is { } date ? TimeSpan.FromTicks(Math.Max(0, (date - options.Clock.GetUtcNow()).Ticks)) : null);

    // Some nodes send a JSON-RPC error with status 400 or 500; it says more than the status.
    private static bool LooksLikeJson(RpcBody body) =>
        body.Written.TrimStart(" \r\n\t"u8) is [(byte)'{' or (byte)'[', ..] && body.Written.IndexOf("\"jsonrpc\""u8) >= 0;

    public void Dispose() => _client.Dispose();
}
