using System.Collections.Concurrent;

namespace Quarterdeck.Server.Identity;

/// <summary>
/// Slows down guessing: after so many failed proofs from one network address it must wait. Counted by address, not by operator, so
/// that nobody can lock somebody else out. In memory: a secret here has 256 bits, this only keeps noise down.
/// </summary>
internal sealed class FailureWindow(IdentityOptions options, TimeProvider clock)
{
    private const int AddressesKept = 10_000;
    private readonly ConcurrentDictionary<string, byte> _good = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>How long the address must still wait; null where it need not.</summary>
    public TimeSpan? WaitOf(string address)
    {
        if (!_windows.TryGetValue(address, out var window)) return null;
        var left = window.Ends - clock.GetUtcNow();
        return window.Failures >= options.FailuresAllowed && left > TimeSpan.Zero ? left : null;
    }

    /// <summary>Counts a failed proof.</summary>
    public void Failed(string address)
    {
        var now = clock.GetUtcNow();
        if (_windows.Count >= AddressesKept)
        {
            foreach (var (old, window) in _windows) if (window.Ends <= now) _windows.TryRemove(old, out _);
        }

        _windows.AddOrUpdate(
            address, _ => new Window(1, now + options.FailureWindow),
            (_, was) => was.Ends <= now ? new Window(1, now + options.FailureWindow) : new Window(was.Failures + 1, now + options.FailureWindow));
    }

    /// <summary>A proof held: earlier failures are forgotten.</summary>
    public void Succeeded(string address) => _windows.TryRemove(address, out _);

    /// <summary>Every failure is forgotten: for whoever runs the server and locked themselves out, and for tests.</summary>
    public void Forget() => _windows.Clear();

    /// <summary>A token that was given or has held: it goes on while others from its address must wait.</summary>
    public void Remember(string token)
    {
        if (_good.Count >= AddressesKept) _good.Clear();
        _good.TryAdd(Convert.ToHexString(Token.Hash(token)), 0);
    }

    /// <summary>Whether the token has held in this process.</summary>
    public bool Remembers(string token) => _good.ContainsKey(Convert.ToHexString(Token.Hash(token)));

    private sealed record Window(int Failures, DateTimeOffset Ends);
}
