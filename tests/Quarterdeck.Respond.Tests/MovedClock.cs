namespace Quarterdeck.Respond.Tests;

/// <summary>The real clock, put forward by hand: days pass at once, and timers that are shorter run as they do.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long _ahead;

    /// <summary>Puts the clock forward.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));
}
