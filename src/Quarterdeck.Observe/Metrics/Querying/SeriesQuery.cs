using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics.Querying;

/// <summary>Limits of queries that people ask.</summary>
public sealed class SeriesQueryOptions
{
    /// <summary>Samples of history that one query may load. Default: 5 million.</summary>
    public int MaximalSamples { get; set; } = 5_000_000;

    /// <summary>How long a query may take. Default: 2 minutes, as in Prometheus.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);
}

/// <summary>A query needs more samples than one query may load.</summary>
public sealed class QueryTooLargeException()
    : Exception("query processing would load too many samples into memory in query execution");

/// <summary>
/// Answers PromQL over one pack, or over all of them with the label <c>pack</c>: live samples where this process has them, and the
/// database behind them. In a process that does not watch a pack, all of it comes from the database.
/// </summary>
public sealed class SeriesQuery(OperationsStore store, LiveSeriesOfPacks live, WatchedPacks watched, SeriesQueryOptions options)
{
    private readonly SeriesHistory _history = new(store, options);

    /// <summary>The settings.</summary>
    public SeriesQueryOptions Options => options;

    /// <summary>The names that can be asked for: the packs, and the platform's own series.</summary>
    public IReadOnlyList<string> Packs => [.. watched.Packs.Select(p => p.Pack.Name), PlatformSeries.Pack];

    /// <summary>The value at one time, Unix milliseconds; null asks all packs.</summary>
    public async Task<PromValue> Instant(
        string? pack, PreparedQuery query, long timeMs, EvaluatorOptions evaluation, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var source = await Source(pack, QueryReach.Of(query.Expr, timeMs, timeMs, evaluation), cancel);
        return query.Instant(timeMs, source, evaluation, cancel);
    }

    /// <summary>The values from start to end in steps, Unix milliseconds; null asks all packs.</summary>
    public async Task<PromMatrix> Range(
        string? pack, PreparedQuery query, long startMs, long endMs, long stepMs, EvaluatorOptions evaluation, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var source = await Source(pack, QueryReach.Of(query.Expr, startMs, endMs, evaluation), cancel);
        return query.Range(startMs, endMs, stepMs, source, evaluation, cancel);
    }

    /// <summary>The label sets that satisfy one of the matcher lists (any where there is none) and have samples in the span, in order.</summary>
    public async Task<IReadOnlyList<Labels>> Series(
        string? pack, IReadOnlyList<IReadOnlyList<Matcher>> sets, long fromMs, long toMs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sets);
        if (pack is not null) return [.. (await SeriesOf(pack, sets, fromMs, toMs, cancel)).Order()];
        var found = new HashSet<Labels>();
        foreach (var name in Packs)
        {
            var rest = sets.Select(PackSeries.Split).Where(s => s.OfPack.TrueForAll(m => m.Matches(name))).Select(s => s.Others).ToList();
            if (sets.Count > 0 && rest.Count == 0) continue;
            foreach (var labels in await SeriesOf(name, [.. rest], fromMs, toMs, cancel)) found.Add(labels.With(PackSeries.Label, name));
        }

        return [.. found.Order()];
    }

    private async Task<HashSet<Labels>> SeriesOf(
        string pack, IReadOnlyList<IReadOnlyList<Matcher>> sets, long fromMs, long toMs, CancellationToken cancel)
    {
        var recent = live.Of(pack);
        var since = recent.SinceMs;
        var found = new HashSet<Labels>();
        if (fromMs < since)
            found.UnionWith(await _history.Series(pack, sets, fromMs, Math.Min(toMs, since == long.MaxValue ? toMs : since - 1), cancel));
        foreach (var matchers in sets.Count == 0 ? [[]] : sets)
            found.UnionWith(recent.Select(matchers, Math.Max(fromMs, since == long.MaxValue ? fromMs : since), toMs).Select(w => w.Labels));
        return found;
    }

    private async Task<ISeriesSource> Source(string? pack, IReadOnlyList<SelectorReach> reaches, CancellationToken cancel)
    {
        if (pack is not null) return await Of(pack, reaches, cancel);
        var sources = new Dictionary<string, ISeriesSource>(StringComparer.Ordinal);
        foreach (var name in Packs)
        {
            var own = reaches.Select(r => (Reach: r, Split: PackSeries.Split(r.Matchers)))
                .Where(r => r.Split.OfPack.TrueForAll(m => m.Matches(name)))
                .Select(r => r.Reach with { Matchers = r.Split.Others }).ToList();
            sources[name] = await Of(name, own, cancel);
        }

        return new PackSeries(sources);
    }

    private async Task<ISeriesSource> Of(string pack, IReadOnlyList<SelectorReach> reaches, CancellationToken cancel)
    {
        var recent = live.Of(pack);
        var since = recent.SinceMs;
        if (reaches.All(r => r.FromMs >= since)) return recent;
        return new JoinedSeries(await _history.Load(pack, reaches, since, cancel), recent, since);
    }
}
