using System.Collections.Concurrent;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>The newest round of each pack, and how many reads failed since the process started: what /metrics and the overview show.</summary>
public sealed class SamplingHealth
{
    private readonly ConcurrentDictionary<string, PackHealth> _packs = new(StringComparer.Ordinal);

    /// <summary>The newest round of a pack, with everything that is known now; null before the first.</summary>
    public PackHealth? Of(string pack) => _packs.GetValueOrDefault(pack);

    /// <summary>The packs that were sampled by this process.</summary>
    public IEnumerable<string> Packs => _packs.Keys;

    internal void Note(string pack, SamplingRound round)
    {
        var before = _packs.GetValueOrDefault(pack) ?? PackHealth.None;
        var current = new Dictionary<Labels, Observation>(before.Current);
        foreach (var sample in round.Samples) current[sample.Labels] = new Observation(sample, round.At, round.Block?.Number);
        foreach (var failure in round.Failures) current.Remove(failure.Labels);
        var failing = new Dictionary<Labels, string>(before.Failing);
        foreach (var sample in round.Samples) failing.Remove(sample.Labels);
        foreach (var failure in round.Failures) failing[failure.Labels] = failure.Why;
        _packs[pack] = new PackHealth(round.At, current, failing, before.FailedReads + round.Failures.Count);
    }
}

/// <summary>What is known of a pack's metrics now.</summary>
/// <param name="At">Time of the newest round.</param>
/// <param name="Current">Series that have a value.</param>
/// <param name="Failing">Series that have none, and why.</param>
/// <param name="FailedReads">Reads that failed since the process started.</param>
public sealed record PackHealth(
    DateTimeOffset At, IReadOnlyDictionary<Labels, Observation> Current, IReadOnlyDictionary<Labels, string> Failing, long FailedReads)
{
    internal static PackHealth None { get; } =
        new(DateTimeOffset.MinValue, new Dictionary<Labels, Observation>(), new Dictionary<Labels, string>(), 0);
}

/// <summary>A value, when it was read, and at which block.</summary>
public sealed record Observation(Sample Sample, DateTimeOffset At, ulong? Block);
