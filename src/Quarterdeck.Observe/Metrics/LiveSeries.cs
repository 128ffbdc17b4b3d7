using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// The recent samples of one pack, in memory, for rules and queries. Filled by the sampler, and from the database after a
/// restart or a reorganisation; what is older than the horizon is forgotten here and stays in the database.
/// </summary>
public sealed class LiveSeries(TimeSpan horizon) : ISeriesSource
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Labels, long> _current = [];
    private SeriesMemory _memory = new();
    private long _lastDrop;
    private long _since = long.MaxValue;
    private long _blocks;

    /// <summary>How far back queries can see.</summary>
    public TimeSpan Horizon => horizon;

    /// <summary>
    /// From when on everything is here, Unix milliseconds; <see cref="long.MaxValue"/> in a process that does not watch the pack.
    /// What is older is in the database.
    /// </summary>
    public long SinceMs
    {
        get
        {
            lock (_gate) return _since;
        }
    }

    /// <summary>How many blocks were sampled whole, formulas too: what tells rules that there is a new one to be evaluated at.</summary>
    internal long BlocksSampled => Interlocked.Read(ref _blocks);

    /// <summary>Says that a block is sampled whole.</summary>
    internal void BlockIsSampled() => Interlocked.Increment(ref _blocks);

    /// <summary>Adds a round. A series that failed, or that the source no longer has, ends with a staleness marker.</summary>
    public void Append(SamplingRound round)
    {
        ArgumentNullException.ThrowIfNull(round);
        var at = round.At.ToUnixTimeMilliseconds();
        lock (_gate)
        {
            _since = Math.Min(_since, at);
            foreach (var sample in round.Samples)
            {
                _memory.Append(sample.Labels, at, sample.Value, sample.Exact);
                _current[sample.Labels] = at;
            }

            foreach (var failure in round.Failures)
            {
                if (_current.Remove(failure.Labels)) _memory.Append(failure.Labels, at, Staleness.Marker);
            }

            var oldest = at - (long)horizon.TotalMilliseconds;
            if (oldest - _lastDrop < 60_000) return;
            _lastDrop = oldest;
            _memory.DropBefore(oldest);
            _since = Math.Max(_since, oldest);
        }
    }

    /// <summary>Adds what a rule recorded.</summary>
    public void Write(VectorSample sample)
    {
        lock (_gate) _memory.Append(sample.Labels, sample.TimeMs, sample.Value, sample.Exact);
    }

    /// <summary>Forgets everything: this process no longer watches the pack, and another one may.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            (_memory, _since, _lastDrop) = (new SeriesMemory(), long.MaxValue, 0);
            _current.Clear();
        }
    }

    /// <summary>Replaces everything: after a restart, and after a reorganisation took samples back.</summary>
    /// <param name="from">The samples are complete from here on.</param>
    /// <param name="samples">In ascending time.</param>
    public void Reset(DateTimeOffset from, IEnumerable<(DateTimeOffset At, Sample Sample)> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var memory = new SeriesMemory();
        lock (_gate)
        {
            _current.Clear();
            foreach (var (time, sample) in samples)
            {
                var at = time.ToUnixTimeMilliseconds();
                memory.Append(sample.Labels, at, sample.Value, sample.Exact);
                _current[sample.Labels] = at;
            }

            _memory = memory;
            _since = from.ToUnixTimeMilliseconds();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<SeriesWindow> Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs)
    {
        lock (_gate) return _memory.Select(matchers, fromMs, toMs);
    }
}
