using System.Collections.Concurrent;

namespace Quarterdeck.Observe.Metrics;

/// <summary>The live series of each pack. A pack's names are its own: two packs may both have <c>up</c>.</summary>
public sealed class LiveSeriesOfPacks(TimeSpan horizon)
{
    private readonly ConcurrentDictionary<string, LiveSeries> _packs = new(StringComparer.Ordinal);

    /// <summary>The series of a pack; empty in a process that does not watch it.</summary>
    public LiveSeries Of(string pack) => _packs.GetOrAdd(pack, _ => new LiveSeries(horizon));
}
