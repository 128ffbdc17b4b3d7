using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>JSON-RPC over one WebSocket that is opened when needed and again after it was lost.</summary>
internal sealed class WebSocketChannel(Uri endpoint, string name, JsonRpcOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private Connection? _connection;
    private long _subscriptionId = 1L << 52;

    public async Task<RpcBody> Exchange(ReadOnlyMemory<byte> request, long firstId, int count, CancellationToken cancel)
    {
        var connection = await Open(cancel);
        return await connection.Exchange(request, firstId, count, cancel);
    }

    public async IAsyncEnumerable<JsonElement> Subscribe(
        IReadOnlyList<object?> parameters, [EnumeratorCancellation] CancellationToken cancel)
    {
        var connection = await Open(cancel);
        var output = new ArrayBufferWriter<byte>();
        var id = Interlocked.Increment(ref _subscriptionId);
        RpcMessages.Write(output, [new RpcRequest("eth_subscribe", parameters)], id, batch: false);
        using var body = await connection.Exchange(output.WrittenMemory, id, 1, cancel);
        var key = body.Read(name, (bytes, answers) =>
            answers[0].Error is { } error ? throw error : JsonElement.Parse(bytes[answers[0].Result]).ToString());
        var notifications = connection.Notifications(key);
        await foreach (var notification in notifications.ReadAllAsync(cancel)) yield return notification;
    }

    private async Task<Connection> Open(CancellationToken cancel)
    {
        if (_connection is { IsOpen: true } open) return open;
        await _opening.WaitAsync(cancel);
        try
        {
            if (_connection is { IsOpen: true } other) return other;
            if (_connection is not null) await _connection.DisposeAsync();
            _connection = null;
            _connection = await Connection.Open(endpoint, name, options, cancel);
            return _connection;
        }
        finally
        {
            _opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        _opening.Dispose();
    }

    private sealed class Connection : IAsyncDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly SemaphoreSlim _sending = new(1, 1);
        private readonly CancellationTokenSource _closing = new();
        private readonly ConcurrentDictionary<long, TaskCompletionSource<RpcBody>> _waiting = new();
        private readonly ConcurrentDictionary<string, Channel<JsonElement>> _subscriptions = new();
        private readonly string _name;
        private readonly JsonRpcOptions _options;
        private Task _receiving = Task.CompletedTask;
        private volatile bool _lost;

        private Connection(string name, JsonRpcOptions options) => (_name, _options) = (name, options);

        public bool IsOpen => !_lost && _socket.State == WebSocketState.Open;

        public static async Task<Connection> Open(Uri endpoint, string name, JsonRpcOptions options, CancellationToken cancel)
        {
            var connection = new Connection(name, options);
            using var deadline = new CancellationTokenSource(options.Timeout, options.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
            try
            {
                connection._socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
                connection._socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
                await connection._socket.ConnectAsync(endpoint, either.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                connection._socket.Dispose();
                throw new TransientException($"{name} cannot be reached: {e.Message}", e);
            }

            connection._receiving = connection.Receive();
            return connection;
        }

        public async Task<RpcBody> Exchange(ReadOnlyMemory<byte> request, long firstId, int count, CancellationToken cancel)
        {
            // A batch is answered in one message; whichever of its ids is seen first finds it.
            var waiting = new TaskCompletionSource<RpcBody>(TaskCreationOptions.RunContinuationsAsynchronously);
            for (var i = 0; i < count; i++) _waiting[firstId + i] = waiting;
            try
            {
                await _sending.WaitAsync(cancel);
                try
                {
                    await _socket.SendAsync(request, WebSocketMessageType.Text, true, _closing.Token);
                }
                finally
                {
                    _sending.Release();
                }

                if (_lost) throw Lost(null);
                return await waiting.Task.WaitAsync(_options.Timeout, _options.Clock, cancel);
            }
            catch (TimeoutException e)
            {
                throw new TransientException($"{_name} did not answer within {_options.Timeout.TotalSeconds:0.#} s.", e);
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException
                && !cancel.IsCancellationRequested && e is not RpcRefusedException)
            {
                throw Lost(e);
            }
            finally
            {
                for (var i = 0; i < count; i++) _waiting.TryRemove(firstId + i, out _);
            }
        }

        public ChannelReader<JsonElement> Notifications(string key)
        {
            var channel = Subscription(key);
            if (_lost) channel.Writer.TryComplete(Lost(null));
            return channel.Reader;
        }

        private Channel<JsonElement> Subscription(string key) => _subscriptions.GetOrAdd(key, _ => Channel.CreateUnbounded<JsonElement>());

        private async Task Receive()
        {
            Exception? cause = null;
            try
            {
                while (true)
                {
                    var body = await ReceiveMessage();
                    if (body is null) break;
                    Dispatch(body);
                }
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or JsonException or TransientException)
            {
                cause = e;
            }

            _lost = true;
            foreach (var waiting in _waiting.Values) waiting.TrySetException(Lost(cause));
            foreach (var subscription in _subscriptions.Values) subscription.Writer.TryComplete(Lost(cause));
        }

        private async Task<RpcBody?> ReceiveMessage()
        {
            var body = new RpcBody(16 << 10);
            try
            {
                while (true)
                {
                    var part = await _socket.ReceiveAsync(body.Free, _closing.Token);
                    if (part.MessageType == WebSocketMessageType.Close)
                    {
                        body.Dispose();
                        return null;
                    }

                    body.Advance(part.Count, _options.MaxAnswerBytes, _name);
                    if (part.EndOfMessage) return body;
                }
            }
            catch
            {
                body.Dispose();
                throw;
            }
        }

        private void Dispatch(RpcBody body)
        {
            if (TryNotification(body.Written, out var key, out var value))
            {
                body.Dispose();
                Subscription(key).Writer.TryWrite(value);
                return;
            }

            foreach (var answer in RpcMessages.Read(body.Written))
                if (answer.Id is { } id && _waiting.TryGetValue(id, out var waiting) && waiting.TrySetResult(body)) return;
            body.Dispose();
        }

        private static bool TryNotification(ReadOnlySpan<byte> message, out string key, out JsonElement value)
        {
            (key, value) = ("", default);
            // Answers never carry "method"; only short messages are parsed to find out.
            if (message[..Math.Min(message.Length, 256)].IndexOf("\"method\""u8) < 0) return false;
            var root = JsonElement.Parse(message);
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("params", out var parameters) ||
                !parameters.TryGetProperty("subscription", out var subscription) || !parameters.TryGetProperty("result", out value))
                return false;
            key = subscription.ToString();
            return true;
        }

        private TransientException Lost(Exception? cause) =>
            new($"The connection to {_name} was lost{(cause is null ? "" : $": {cause.Message}")}", cause!);

        public async ValueTask DisposeAsync()
        {
            _lost = true;
            await _closing.CancelAsync();
            _socket.Dispose();
            await _receiving;
            _closing.Dispose();
        }
    }
}
