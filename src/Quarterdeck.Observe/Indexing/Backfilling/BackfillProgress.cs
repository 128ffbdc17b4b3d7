namespace Quarterdeck.Observe.Indexing.Backfilling;

/// <summary>What a backfill reads.</summary>
public enum BackfillPhase
{
    /// <summary>Which contracts factories announced.</summary>
    Announcements,

    /// <summary>The events themselves.</summary>
    Events,
}

/// <summary>How far a backfill is.</summary>
/// <param name="From">Its first block.</param>
/// <param name="To">Its last block.</param>
/// <param name="At">The last block that is committed.</param>
/// <param name="Events">Rows committed.</param>
/// <param name="Undecodable">Logs of watched events whose data is malformed.</param>
/// <param name="EventsPerSecond">Over the last ten seconds.</param>
/// <param name="BlocksPerSecond">Over the last ten seconds.</param>
/// <param name="Remaining">Time left at that rate; null while there is none.</param>
/// <param name="BatchSize">Blocks in one request now.</param>
/// <param name="Concurrency">Requests that may be under way now.</param>
/// <param name="Failure">Why the last request failed; null where it did not.</param>
public sealed record BackfillProgress(
    ulong From, ulong To, ulong At, long Events, long Undecodable, double EventsPerSecond, double BlocksPerSecond, TimeSpan? Remaining, int BatchSize,
    int Concurrency, string? Failure)
{
    /// <summary>What is read.</summary>
    public BackfillPhase Phase { get; init; } = BackfillPhase.Events;

    /// <summary>Rows of the last commit.</summary>
    public long Committed { get; init; }

    /// <summary>0 to 1.</summary>
    public double Done => To == From ? 1 : (At - From + 1.0) / (To - From + 1.0);
}

/// <summary>Keeps the rate over the last ten seconds.</summary>
internal sealed class BackfillRate(ulong from, ulong to, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly Queue<(long Time, ulong Block, long Events)> _marks = new([(clock.GetTimestamp(), from == 0 ? 0 : from - 1, 0L)]);
    private ulong _at;
    private long _events, _undecodable, _committed;

    public void Advance(ulong at, long events, long undecodable)
    {
        (_at, _events, _undecodable, _committed) = (at, _events + events, _undecodable + undecodable, events);
        _marks.Enqueue((clock.GetTimestamp(), at, _events));
        while (_marks.Count > 2 && clock.GetElapsedTime(_marks.Peek().Time) > Window) _marks.Dequeue();
    }

    public BackfillProgress Now(int batchSize, int concurrency, string? failure)
    {
        var oldest = _marks.Peek();
        var seconds = Math.Max(clock.GetElapsedTime(oldest.Time).TotalSeconds, 1e-3);
        var blocks = (_at - oldest.Block) / seconds;
        return new BackfillProgress(
            from, to, _at, _events, _undecodable, (_events - oldest.Events) / seconds, blocks,
            blocks > 0 ? TimeSpan.FromSeconds(Math.Min((to - _at) / blocks, 1e9)) : null, batchSize, concurrency, failure)
        {
            Committed = _committed,
        };
    }
}
