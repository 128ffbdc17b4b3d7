namespace Quarterdeck.Observe.Indexing;

/// <summary>How many rows were written in the last 60 seconds, to the second. Safe for concurrent use.</summary>
internal sealed class EventsOfLastMinute(TimeProvider clock)
{
    private const int Seconds = 60;
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[Seconds];
    private readonly long _start = clock.GetTimestamp();
    private long _second;

    /// <summary>Rows of the last 60 seconds.</summary>
    public long Sum
    {
        get
        {
            lock (_lock)
            {
                Advance();
                return _counts.Sum();
            }
        }
    }

    /// <summary>Counts rows that were written now.</summary>
    public void Add(long events)
    {
        lock (_lock)
        {
            Advance();
            _counts[_second % Seconds] += events;
        }
    }

    private void Advance()
    {
        var now = (long)clock.GetElapsedTime(_start).TotalSeconds;
        if (now - _second >= Seconds) Array.Clear(_counts);
        else while (_second < now) _counts[++_second % Seconds] = 0;
        _second = now;
    }
}
