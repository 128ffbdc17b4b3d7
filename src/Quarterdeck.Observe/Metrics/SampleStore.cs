using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Keeps one pack's samples in the database, and reads them back after a restart or a reorganisation.</summary>
internal sealed class SampleStore(OperationsStore store, string pack)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);
    private readonly Dictionary<Labels, long> _ids = [];
    private readonly HashSet<DateOnly> _days = [];
    private readonly Dictionary<Labels, (double? Value, Rational? Exact, DateTimeOffset At)> _written = [];

    /// <summary>Writes what changed since the last round, and what was not written for half a minute.</summary>
    /// <param name="lease">Held by the writer.</param>
    /// <param name="source">Where the values were read.</param>
    /// <param name="chain">The pack's name of the chain, where the round has a block.</param>
    /// <param name="round">What was read.</param>
    /// <param name="wake">Whether rules are woken; what rules themselves record wakes nobody.</param>
    /// <param name="cancel">Stops before the commit.</param>
    public async Task Write(Lease lease, FactSource source, string? chain, SamplingRound round, bool wake, CancellationToken cancel)
    {
        var due = new List<(Labels Labels, double? Value, Rational? Exact)>();
        foreach (var sample in round.Samples)
        {
            if (IsDue(sample.Labels, sample.Value, sample.Exact, round.At)) due.Add((sample.Labels, sample.Value, sample.Exact));
        }

        foreach (var failure in round.Failures)
        {
            if (_written.TryGetValue(failure.Labels, out var last) && last.Value is not null) due.Add((failure.Labels, null, null));
        }

        if (due.Count == 0 && !wake) return;
        await Prepare(round.At, cancel);
        await store.Ingest(source, async write =>
        {
            await write.RequireLease(lease, cancel);
            foreach (var (labels, _, _) in due)
            {
                if (!_ids.ContainsKey(labels)) _ids[labels] = await SeriesId(write, labels);
            }

            await using (var copy = await write.Connection.BeginTextImportAsync(
                "COPY metrics.samples (series_id, at, value, numerator, denominator, chain, block_number, block_hash) FROM STDIN", cancel))
            {
                foreach (var (labels, value, exact) in due)
                    await copy.WriteAsync(Row(_ids[labels], round, chain, value, exact), cancel);
            }

            if (wake) write.Signal(Signals.Samples);
        }, cancel);
        foreach (var (labels, value, exact) in due) _written[labels] = (value, exact, round.At);
    }

    /// <summary>The samples since a time, oldest first.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset At, Sample Sample)>> Since(DateTimeOffset from, CancellationToken cancel)
    {
        var rows = await store.Query<StoredSample>(
            """
            SELECT s.name, s.labels, m.at, m.value, m.numerator, m.denominator
            FROM metrics.samples m JOIN metrics.series s ON s.id = m.series_id
            WHERE s.pack = @pack AND m.at >= @from
            ORDER BY m.at
            """, new { pack, from }, cancel);
        return [.. rows.Select(r => (r.At, r.ToSample()))];
    }

    /// <summary>Deletes the samples whose block is no longer part of the chain, and forgets what was written last.</summary>
    public async Task TakeBack(Lease lease, string chain, long fromBlock, CancellationToken cancel)
    {
        await store.Ingest(FactSource.Clock(store.Clock.GetUtcNow()), async write =>
        {
            await write.RequireLease(lease, cancel);
            await write.Execute(
                """
                DELETE FROM metrics.samples m USING metrics.series s
                WHERE s.id = m.series_id AND s.pack = @pack AND m.chain = @chain AND m.block_number >= @fromBlock
                  AND NOT EXISTS (SELECT FROM indexing.blocks b
                                  WHERE b.pack = @pack AND b.chain = @chain AND b.hash = m.block_hash)
                """, new { pack, chain, fromBlock }, cancel);
        }, cancel);
        _written.Clear();
    }

    /// <summary>Makes the partition of the day where it is missing.</summary>
    private async Task Prepare(DateTimeOffset at, CancellationToken cancel)
    {
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        if (_days.Contains(day)) return;
        await store.Ingest(FactSource.Clock(at), write => write.Execute("SELECT metrics.prepare_day(@day)", new { day }), cancel);
        _days.Add(day);
    }

    private bool IsDue(Labels labels, double value, Rational? exact, DateTimeOffset at) =>
        !_written.TryGetValue(labels, out var last)
        || last.Value is not { } known || !known.Equals(value) || last.Exact != exact || at - last.At >= LongestSilence;

    private async Task<long> SeriesId(IngestScope write, Labels labels)
    {
        var id = await write.QueryFirstOrDefault<long?>(
            """
            WITH made AS (
                INSERT INTO metrics.series (pack, name, labels) VALUES (@pack, @name, @labels::jsonb)
                ON CONFLICT (pack, name, labels) DO NOTHING RETURNING id)
            SELECT id FROM made
            UNION ALL SELECT id FROM metrics.series WHERE pack = @pack AND name = @name AND labels = @labels::jsonb
            LIMIT 1
            """, new { pack, name = labels.Name, labels = SeriesLabels.Json(labels) });
        return id ?? throw new InvalidOperationException($"The series {labels} could not be made.");
    }

    private static ReadOnlyMemory<char> Row(long id, SamplingRound round, string? chain, double? value, Rational? exact)
    {
        var row = new StringBuilder(160);
        row.Append(id).Append('\t').Append(round.At.ToString("O", CultureInfo.InvariantCulture)).Append('\t');
        if (value is { } known) row.Append(Number(known)); else row.Append("\\N");
        row.Append('\t');
        if (exact is { } rational) row.Append(rational.Numerator).Append('\t').Append(rational.Denominator);
        else row.Append("\\N\t\\N");
        row.Append('\t');
        if (round.Block is not { } block || chain is null) return row.Append("\\N\t\\N\t\\N\n").ToString().AsMemory();
        EventColumnValue.AppendText(row, chain);
        row.Append('\t').Append(block.Number).Append('\t');
        EventColumnValue.AppendBytes(row, block.Hash.ToArray());
        return row.Append('\n').ToString().AsMemory();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private sealed record StoredSample(
        string Name, JsonNode Labels, DateTimeOffset At, double? Value, BigInteger? Numerator, BigInteger? Denominator)
    {
        public Sample ToSample() => new(
            SeriesLabels.Parse(Name, Labels), Value ?? Staleness.Marker,
            Numerator is { } n && Denominator is { } d ? new Rational(n, d) : null);
    }
}
