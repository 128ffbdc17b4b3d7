using System.Text.Json.Nodes;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics.Querying;

/// <summary>Reads samples that are older than what is in memory back from the database.</summary>
internal sealed class SeriesHistory(OperationsStore store, SeriesQueryOptions options)
{
    /// <summary>
    /// The samples that the selectors reach in <paramref name="pack"/> before <paramref name="beforeMs"/>, as a source. As many rows as
    /// <see cref="SeriesQueryOptions.MaximalSamples"/> are read at most.
    /// </summary>
    /// <exception cref="QueryTooLargeException">There are more.</exception>
    public async Task<ISeriesSource> Load(string pack, IReadOnlyList<SelectorReach> reaches, long beforeMs, CancellationToken cancel)
    {
        var memory = new SeriesMemory();
        var wanted = reaches.Where(r => r.FromMs < beforeMs).ToList();
        if (wanted.Count == 0) return memory;
        var spans = new Dictionary<long, (Labels Labels, long From, long To)>();
        foreach (var (id, labels) in await Known(pack, wanted.Select(r => r.Matchers), cancel))
        {
            foreach (var reach in wanted)
            {
                if (!reach.Matchers.All(m => m.Matches(labels))) continue;
                var to = Math.Min(reach.ToMs, beforeMs - 1);
                spans[id] = spans.TryGetValue(id, out var known)
                    ? (labels, Math.Min(known.From, reach.FromMs), Math.Max(known.To, to))
                    : (labels, reach.FromMs, to);
            }
        }

        if (spans.Count == 0) return memory;
        var rows = await store.Query<StoredPoint>(
            """
            SELECT series_id, at, value FROM metrics.samples
            WHERE series_id = ANY(@ids) AND at >= @from AND at < @until
            ORDER BY series_id, at LIMIT @limit
            """,
            new
            {
                ids = spans.Keys.ToArray(),
                from = Time(spans.Values.Min(s => s.From)),
                until = Time(spans.Values.Max(s => s.To) + 1),
                limit = options.MaximalSamples + 1,
            }, cancel);
        if (rows.Count > options.MaximalSamples) throw new QueryTooLargeException();
        foreach (var row in rows)
            memory.Append(spans[row.SeriesId].Labels, row.At.ToUnixTimeMilliseconds(), row.Value ?? Staleness.Marker);
        return memory;
    }

    /// <summary>The label sets that satisfy one of the matcher lists and have samples between the times; any where there is no list.</summary>
    public async Task<IReadOnlyList<Labels>> Series(
        string pack, IReadOnlyList<IReadOnlyList<Matcher>> sets, long fromMs, long toMs, CancellationToken cancel)
    {
        var known = await Known(pack, sets.Count == 0 ? [[]] : sets, cancel);
        var ids = known.Where(k => sets.Count == 0 || sets.Any(s => s.All(m => m.Matches(k.Labels)))).ToDictionary(k => k.Id, k => k.Labels);
        if (ids.Count == 0) return [];
        var present = await store.Query<long>(
            """
            SELECT s.id FROM unnest(@ids) s(id)
            WHERE EXISTS (SELECT FROM metrics.samples m WHERE m.series_id = s.id AND m.at >= @from AND m.at < @until)
            """, new { ids = ids.Keys.ToArray(), from = Time(fromMs), until = Time(toMs + 1) }, cancel);
        return [.. present.Select(id => ids[id])];
    }

    // Names are compared in the database where every list has one; the other conditions here, with the same code as live.
    private async Task<List<(long Id, Labels Labels)>> Known(
        string pack, IEnumerable<IReadOnlyList<Matcher>> sets, CancellationToken cancel)
    {
        var names = sets.Select(s => s.FirstOrDefault(m => m is { Kind: MatchKind.Equal, Name: Labels.MetricName })?.Value).Distinct().ToList();
        var all = names.Contains(null);
        var rows = await store.Query<StoredSeries>(
            "SELECT id, name, labels FROM metrics.series WHERE pack = @pack AND (@all OR name = ANY(@names))",
            new { pack, all, names = names.OfType<string>().ToArray() }, cancel);
        return [.. rows.Select(r => (r.Id, SeriesLabels.Parse(r.Name, r.Labels)))];
    }

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(ms, DateTimeOffset.UnixEpoch.ToUnixTimeMilliseconds(), 253_402_300_799_000));

    private sealed record StoredSeries(long Id, string Name, JsonNode Labels);

    private sealed record StoredPoint(long SeriesId, DateTimeOffset At, double? Value);
}
