using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>One endpoint and what is known of its health. Safe for concurrent use.</summary>
internal sealed class Endpoint(IJsonRpc rpc, EndpointsOptions options)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private TimeSpan _latency = TimeSpan.FromMilliseconds(50);
    private DateTimeOffset? _restsUntil;
    private EndpointFault _fault;
    private string? _lastError;
    private ulong? _head;
    private long _answers, _failures;
    private int _inARow;
    private long _failedAt = long.MinValue;
    private Task? _chainChecked;

    public IJsonRpc Rpc => rpc;

    /// <summary>Bulk requests under way; the owner's lock guards it.</summary>
    public int Spread { get; set; }

    public string Name => rpc.Name;

    public TimeSpan Latency => _latency;

    public ulong? Head => _head;

    public EndpointFault Fault => _fault;

    public bool IsResting => _restsUntil is { } until && options.Clock.GetUtcNow() < until;

    public DateTimeOffset? RestsUntil => _restsUntil;

    /// <summary>Asks once which chain it serves; a failure that may pass is asked again with the next request.</summary>
    /// <exception cref="WrongChainException">Another than configured.</exception>
    public async Task RequireChain(CancellationToken cancel)
    {
        if (options.Chain is not { } chain) return;
        Task check;
        lock (_lock)
        {
            if (_chainChecked is null or { IsCompletedSuccessfully: false, IsCompleted: true } && _fault != EndpointFault.WrongChain)
                _chainChecked = new EvmReader(rpc).RequireChain(chain, CancellationToken.None);
            check = _chainChecked!;
        }

        try
        {
            await check.WaitAsync(cancel);
        }
        catch (WrongChainException e)
        {
            lock (_lock) (_fault, _lastError) = (EndpointFault.WrongChain, e.Message);
            throw;
        }
    }

    /// <summary>It answered a request that was started at this timestamp. An answer that was under way before a failure forgives nothing.</summary>
    public void Answered(long start)
    {
        var after = options.Clock.GetElapsedTime(start);
        lock (_lock)
        {
            _answers++;
            _latency = _latency * 0.8 + after * 0.2;
            if (start < _failedAt) return;
            _inARow = 0;
            if (_fault is not (EndpointFault.WrongChain or EndpointFault.Lagging)) (_fault, _lastError, _restsUntil) = (EndpointFault.None, null, null);
        }
    }

    /// <summary>It was still silent after this time; what it would have taken is not known, so twice that is assumed.</summary>
    public void WasSlow(TimeSpan waited)
    {
        lock (_lock) _latency = _latency * 0.5 + waited;
    }

    public void Failed(EndpointFault fault, Exception error)
    {
        lock (_lock)
        {
            _failures++;
            _inARow++;
            _failedAt = options.Clock.GetTimestamp();
            if (_fault == EndpointFault.WrongChain) return;
            (_fault, _lastError) = (fault, error.Message);
            var rest = options.FirstRest * Math.Pow(2, Math.Min(_inARow - 1, 10));
            if (rest > LongestRest) rest = LongestRest;
            // What the endpoint itself asks for is kept to, however long.
            if (error is RateLimitedException { RetryAfter: { } asked } && asked > TimeSpan.Zero) rest = asked;
            _restsUntil = options.Clock.GetUtcNow() + rest;
        }
    }

    /// <summary>Takes note of a head it showed.</summary>
    public void Showed(ulong head)
    {
        lock (_lock) _head = head;
    }

    public void Lags(bool lags, ulong by)
    {
        lock (_lock)
        {
            if (lags && _fault == EndpointFault.None) (_fault, _lastError) = (EndpointFault.Lagging, $"{by} blocks behind");
            else if (!lags && _fault == EndpointFault.Lagging) (_fault, _lastError) = (EndpointFault.None, null);
        }
    }

    public void Lied(string what)
    {
        lock (_lock)
        {
            if (_fault != EndpointFault.WrongChain) (_fault, _lastError) = (EndpointFault.Disagreed, what);
            _failures++;
            _restsUntil = options.Clock.GetUtcNow() + LongestRest;
        }
    }

    public EndpointHealth Health(ulong highest)
    {
        lock (_lock)
        {
            var usable = !IsResting && _fault is not (EndpointFault.WrongChain or EndpointFault.Lagging);
            return new EndpointHealth(Name, usable, _head, _head is { } head && highest > head ? highest - head : 0, _latency, _answers, _failures, _fault, _lastError,
                IsResting ? _restsUntil : null);
        }
    }
}
