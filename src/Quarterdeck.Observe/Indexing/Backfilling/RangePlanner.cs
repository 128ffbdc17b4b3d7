namespace Quarterdeck.Observe.Indexing.Backfilling;

/// <summary>
/// Hands out block ranges, lowest first, of a size that makes answers of about <see cref="TargetBytes"/>: small where blocks
/// are full, large where they are empty, and never again as large as a node refused.
/// </summary>
internal sealed class RangePlanner(ulong from, ulong to, int? fixedSize)
{
    /// <summary>Nodes build an answer whole before they send it: beyond this their rate falls, and our memory grows.</summary>
    public const int TargetBytes = 640 << 10;

    private const int LargestSize = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private ulong _next = from;
    private double _size = fixedSize ?? 8;
    private int _most = fixedSize ?? LargestSize;

    /// <summary>Blocks in the next range.</summary>
    public int Size
    {
        get
        {
            lock (_lock) return (int)_size;
        }
    }

    /// <summary>The next range; null where all are handed out.</summary>
    public (ulong From, ulong To)? Next()
    {
        lock (_lock)
        {
            if (_next > to) return null;
            var range = (_next, Math.Min(to, _next + (ulong)_size - 1));
            _next = range.Item2 + 1;
            return range;
        }
    }

    /// <summary>A range was answered.</summary>
    public void Answered(ulong blocks, int bytes, TimeSpan took)
    {
        if (fixedSize is not null) return;
        lock (_lock)
        {
            var fitting = blocks * ((double)TargetBytes / Math.Max(bytes, 1));
            if (took > Patience) fitting = Math.Min(fitting, blocks / 2.0);
            // One answer is a sample: the size follows it in steps, down faster than up.
            _size = Math.Clamp(Math.Clamp(fitting, _size / 4, _size * 2), 1, _most);
        }
    }

    /// <summary>A range of so many blocks was refused, or its answer did not arrive: it is not tried again in that size.</summary>
    public void Refused(ulong blocks)
    {
        lock (_lock)
        {
            _most = (int)Math.Max(1, Math.Min((ulong)_most, blocks / 2));
            _size = Math.Min(_size, _most);
        }
    }
}
