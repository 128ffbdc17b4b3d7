using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>
/// Several endpoints of one chain behind the face of one: the healthiest is asked, another when it fails or is slow. What
/// one endpoint alone must not decide is asked through <see cref="Agree"/>.
/// </summary>
public sealed class RpcEndpoints : IJsonRpc, IAsyncDisposable
{
    private readonly EndpointsOptions _options;
    private readonly Endpoint[] _endpoints;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _probeLock = new();
    private readonly Lock _spread = new();
    private long _probedAt = long.MinValue;
    private Task _probe = Task.CompletedTask;

    /// <summary>In the order of preference while nothing else is known.</summary>
    /// <exception cref="ArgumentException">None is given.</exception>
    public RpcEndpoints(IReadOnlyList<IJsonRpc> endpoints, EndpointsOptions? options = null)
    {
        if (endpoints.Count == 0) throw new ArgumentException("At least one endpoint is needed.", nameof(endpoints));
        _options = options ?? new EndpointsOptions();
        _endpoints = [.. endpoints.Select(e => new Endpoint(e, _options))];
        Members = endpoints;
    }

    /// <summary>The endpoints themselves, for what goes to all at once.</summary>
    public IReadOnlyList<IJsonRpc> Members { get; }

    /// <inheritdoc/>
    public string Name => string.Join(", ", _endpoints.Select(e => e.Name));

    /// <summary>The state of each endpoint.</summary>
    public IReadOnlyList<EndpointHealth> Health => [.. _endpoints.Select(e => e.Health(Highest))];

    internal IReadOnlyList<Endpoint> Endpoints => _endpoints;

    internal EndpointsOptions Options => _options;

    private ulong Highest => _endpoints.Max(e => e.Head ?? 0);

    /// <summary>
    /// The same endpoints, but an answer counts only when as many of them gave the same. Reads must be of a certain block
    /// (height or hash); the head itself is the highest that as many have.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not that many endpoints.</exception>
    public IJsonRpc Agree(int count) => new AgreeingRpc(this, count);

    /// <inheritdoc/>
    public Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel) => Race(
        async (endpoint, token) =>
        {
            var result = await endpoint.Rpc.Send(request, json =>
                (Value: read(json), IsMissing: IsMissingBlock(request, json), Head: HeadIn(request, json)), token);
            if (result.Head is { } head) endpoint.Showed(head);
            return result;
        },
        // A lagging endpoint says null for a block that others have, and shows a head that others have left behind.
        result => result.IsMissing || result.Head is { } head && head + _options.MostHeadLag < Highest,
        result => result.Value, cancel);

    /// <inheritdoc/>
    public Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel) => Race(
        (endpoint, token) => endpoint.Rpc.SendBatch(requests, token),
        replies => replies.Where((reply, i) => reply.Error is { } error ? LacksState(error) : IsMissingBlock(requests[i], reply.Json.Span)).Any(),
        replies => replies, cancel);

    /// <summary>
    /// Asks one endpoint: the usable one with the fewest such requests under way. For bulk reads, which are spread over all
    /// and are neither hedged nor asked elsewhere when they fail.
    /// </summary>
    /// <exception cref="TransientException">It failed, or none is usable.</exception>
    public async Task<T> Spread<T>(Func<IJsonRpc, CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ask);
        ProbeWhenDue();
        var ordered = Ordered();
        var usable = ordered.Where(e => !e.IsResting && e.Fault is not (EndpointFault.Lagging or EndpointFault.WrongChain)).ToList();
        Endpoint chosen;
        lock (_spread)
        {
            chosen = (usable.Count > 0 ? usable : ordered).MinBy(e => e.Spread)!;
            chosen.Spread++;
        }

        try
        {
            return await Ask(chosen, (endpoint, token) => ask(endpoint.Rpc, token), cancel);
        }
        finally
        {
            lock (_spread) chosen.Spread--;
        }
    }

    /// <summary>Asks all endpoints for their head, so that those that lag are passed over.</summary>
    public async Task Probe(CancellationToken cancel = default)
    {
        lock (_probeLock) _probedAt = _options.Clock.GetTimestamp();
        await Task.WhenAll(_endpoints.Where(e => !e.IsResting && e.Fault != EndpointFault.WrongChain).Select(e => ProbeOne(e, cancel)));
        var highest = Highest;
        foreach (var endpoint in _endpoints)
            if (endpoint.Head is { } head) endpoint.Lags(Behind(highest, head) > _options.MostHeadLag, Behind(highest, head));
    }

    // A head may have moved past the highest one since that was read.
    private static ulong Behind(ulong highest, ulong head) => highest > head ? highest - head : 0;

    private async Task ProbeOne(Endpoint endpoint, CancellationToken cancel)
    {
        try
        {
            await Ask(endpoint, async (e, token) =>
            {
                e.Showed(await e.Rpc.Send(new RpcRequest("eth_blockNumber"), RpcJson.UInt64, token));
                return true;
            }, cancel);
        }
        catch (Exception e) when (e is TransientException or RpcException or WrongChainException)
        {
            // Noted with the endpoint's health by Ask.
        }
    }

    /// <summary>One request to one endpoint, with its chain checked and the outcome noted.</summary>
    internal async Task<T> Ask<T>(Endpoint endpoint, Func<Endpoint, CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        var start = _options.Clock.GetTimestamp();
        try
        {
            await endpoint.RequireChain(cancel);
            var result = await ask(endpoint, cancel);
            endpoint.Answered(start);
            return result;
        }
        catch (RateLimitedException e)
        {
            endpoint.Failed(EndpointFault.RateLimited, e);
            throw;
        }
        catch (TransientException e)
        {
            endpoint.Failed(EndpointFault.Unreachable, e);
            throw;
        }
        catch (RpcException e) when (e.Code is <= -400 and > -600)
        {
            // HTTP said 401, 403 or 404: this endpoint's key or URL is wrong, another's may be right.
            endpoint.Failed(EndpointFault.Unreachable, e);
            throw new TransientException(e.Message, e);
        }
        catch (RpcException e) when (!LacksState(e))
        {
            endpoint.Answered(start);
            throw;
        }
    }

    private async Task<TResult> Race<T, TResult>(
        Func<Endpoint, CancellationToken, Task<T>> ask, Func<T, bool> isPoor, Func<T, TResult> select, CancellationToken cancel)
    {
        ProbeWhenDue();
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var waiting = new Queue<Endpoint>(Ordered());
        var running = new Dictionary<Task<T>, Endpoint>();
        List<Exception> errors = [];
        (bool Any, T Value) poor = default;
        void Start()
        {
            var endpoint = waiting.Dequeue();
            running[Ask(endpoint, ask, losers.Token)] = endpoint;
        }

        try
        {
            while (waiting.Count > 0 || running.Count > 0)
            {
                if (running.Count == 0) Start();
                if (await FirstDone(running.Keys, waiting.Count > 0, cancel) is not { } done)
                {
                    // Slow: another is asked beside it, and the first good answer counts.
                    foreach (var slow in running.Values) slow.WasSlow(_options.HedgeAfter!.Value);
                    Start();
                    continue;
                }

                running.Remove(done);
                try
                {
                    var value = await done;
                    if (!isPoor(value)) return select(value);
                    poor = (true, value);
                }
                catch (Exception e) when (e is TransientException or WrongChainException || e is RpcException error && LacksState(error))
                {
                    errors.Add(e);
                }
            }
        }
        finally
        {
            await losers.CancelAsync();
            Forget(running.Keys);
        }

        if (poor.Any) return select(poor.Value);
        throw Summary(errors);
    }

    // The task that ended first; null where hedging says to start another.
    private async Task<Task<T>?> FirstDone<T>(IReadOnlyCollection<Task<T>> running, bool canHedge, CancellationToken cancel)
    {
        if (!canHedge || _options.HedgeAfter is not { } patience) return await Task.WhenAny(running);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var delay = Task.Delay(patience, _options.Clock, enough.Token);
        var first = await Task.WhenAny([.. running, delay]);
        await enough.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        return first as Task<T>;
    }

    // What loses the race is cancelled; its end is of no interest but must be seen.
    private static void Forget(IEnumerable<Task> running)
    {
        foreach (var task in running) _ = task.ContinueWith(static t => t.Exception, TaskContinuationOptions.ExecuteSynchronously);
    }

    private static Exception Summary(List<Exception> errors)
    {
        if (errors.Count == 1) return errors[0];
        if (errors.Count > 0 && errors.TrueForAll(e => e is WrongChainException)) return errors[0];
        if (errors.OfType<RpcException>().FirstOrDefault() is { } answered) return answered;
        return new TransientException($"No endpoint answered: {string.Join(" ", errors.Select(e => e.Message))}", errors[^1]);
    }

    // A node that has not the state or block asked for says so with an error; another may have it.
    private static bool LacksState(RpcException error) =>
        !error.IsRevert && (error.Message.Contains("not found", StringComparison.OrdinalIgnoreCase) && error.Code != -32601 ||
        error.Message.Contains("unknown block", StringComparison.OrdinalIgnoreCase) ||
        error.Message.Contains("missing trie node", StringComparison.OrdinalIgnoreCase) ||
        error.Message.Contains("BlockOutOfRange", StringComparison.OrdinalIgnoreCase) ||
        error.Message.Contains("pruned", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The endpoints to ask, best first. One that asked for fewer requests is left alone unless there is no other; one that
    /// serves another chain is asked only where all do, so that the error says so.
    /// </summary>
    internal List<Endpoint> Ordered()
    {
        var highest = Highest;
        var ordered = _endpoints
            .Select((endpoint, place) => (Endpoint: endpoint, Place: place))
            .OrderBy(e => e.Endpoint.Fault == EndpointFault.WrongChain)
            .ThenBy(e => e.Endpoint.IsResting)
            .ThenBy(e => e.Endpoint.Head is { } head && Behind(highest, head) > _options.MostHeadLag)
            // Latencies within the same power of two count as equal, so that noise does not move all requests to and fro.
            .ThenBy(e => (int)Math.Log2(Math.Max(1, e.Endpoint.Latency.TotalMilliseconds)))
            .ThenBy(e => e.Place)
            .Select(e => e.Endpoint).ToList();
        var polite = ordered.Where(e => e.Fault != EndpointFault.WrongChain && !(e.IsResting && e.Fault == EndpointFault.RateLimited)).ToList();
        if (polite.Count > 0) return polite;
        if (ordered.Where(e => e is { IsResting: true, Fault: EndpointFault.RateLimited }).Select(e => e.RestsUntil).Min() is { } until)
            throw new RateLimitedException(Name, until - _options.Clock.GetUtcNow());
        return ordered;
    }

    private static bool IsMissingBlock(RpcRequest request, ReadOnlySpan<byte> json) =>
        json.SequenceEqual("null"u8) && request.Method.StartsWith("eth_getBlockBy", StringComparison.Ordinal);

    private static ulong? HeadIn(RpcRequest request, ReadOnlySpan<byte> json) => request switch
    {
        { Method: "eth_blockNumber" } => RpcJson.UInt64(json),
        { Method: "eth_getBlockByNumber", Parameters: ["latest", ..] } => LogsReader.Block(json)?.Number,
        _ => null,
    };

    private void ProbeWhenDue()
    {
        if (_endpoints.Length == 1) return;
        lock (_probeLock)
        {
            var now = _options.Clock.GetTimestamp();
            if (!_probe.IsCompleted || _probedAt != long.MinValue && _options.Clock.GetElapsedTime(_probedAt, now) < _options.ProbeInterval) return;
            _probedAt = now;
            _probe = Probe(_closing.Token);
            Forget([_probe]);
        }
    }

    /// <summary>Closes the endpoints that can be closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested) return;
        await _closing.CancelAsync();
        await _probe.ContinueWith(static _ => { }, TaskScheduler.Default);
        foreach (var endpoint in Members)
            if (endpoint is IAsyncDisposable disposable) await disposable.DisposeAsync();
    }
}
