using System.Collections.Concurrent;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>
/// Holds back requests so that an endpoint is asked no more often than it was agreed with. One for each endpoint of the
/// process, whoever asks. Source: the generic cell rate algorithm, ITU-T I.371.
/// </summary>
internal sealed class RequestRate(double perSecond, TimeProvider clock)
{
    private static readonly ConcurrentDictionary<(Uri Endpoint, double PerSecond, TimeProvider Clock), RequestRate> Known = new();

    private readonly Lock _lock = new();
    private readonly TimeSpan _each = TimeSpan.FromSeconds(1 / perSecond);
    // A tenth of a second's worth may go at once, so that what belongs together is not torn apart.
    private readonly TimeSpan _burst = TimeSpan.FromSeconds(0.1);
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    /// <summary>The rate of an endpoint, shared by all that ask it.</summary>
    public static RequestRate For(Uri endpoint, double perSecond, TimeProvider clock) =>
        Known.GetOrAdd((endpoint, perSecond, clock), key => new RequestRate(key.PerSecond, key.Clock));

    /// <summary>Takes room for requests and waits until it is their turn.</summary>
    /// <param name="urgent">They count, and do not wait: signed transactions go before everything.</param>
    /// <exception cref="RateLimitedException">The turn would come after <paramref name="patience"/>; nothing is taken.</exception>
    public async Task Take(int requests, bool urgent, TimeSpan patience, string name, CancellationToken cancel)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var free = _free > now ? _free : now;
            wait = free - now - _burst;
            if (!urgent && wait > patience) throw new RateLimitedException(name, wait);
            _free = free + _each * requests;
        }

        if (!urgent && wait > TimeSpan.Zero) await Task.Delay(wait, clock, cancel);
    }
}
