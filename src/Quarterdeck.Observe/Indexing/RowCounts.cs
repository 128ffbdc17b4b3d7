using Quarterdeck.Store;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// How many rows of each table belong to each range of blocks. Kept in the transactions that write the rows, so a difference
/// means that someone else removed or added some.
/// </summary>
/// <param name="pack">Pack.</param>
/// <param name="chain">The pack's name of the chain.</param>
/// <param name="tables">The tables, by their number in a <see cref="RowBatch"/>.</param>
internal sealed class RowCounts(string pack, string chain, IReadOnlyList<EventTableDefinition> tables)
{
    /// <summary>Blocks that are counted together.</summary>
    public const ulong Range = 1000;

    /// <summary>Stands for the contracts that factories announced.</summary>
    public const string Announced = "(announced)";

    /// <summary>Counts rows that the same transaction adds.</summary>
    public async Task Add(IngestScope write, IReadOnlyList<RowBatch> batches, CancellationToken cancel)
    {
        var counts = batches.SelectMany(b => b.Counts).GroupBy(c => (c.Table, c.Range), c => c.Rows).ToList();
        if (counts.Count == 0) return;
        await write.Execute(
            """
            INSERT INTO indexing.row_counts AS c (pack, chain, table_name, range, rows)
            SELECT @pack, @chain, * FROM unnest(@names, @ranges, @rows)
            ON CONFLICT (pack, chain, table_name, range) DO UPDATE SET rows = c.rows + excluded.rows
            """,
            new
            {
                pack,
                chain,
                names = counts.Select(c => tables[c.Key.Table].Table).ToArray(),
                ranges = counts.Select(c => (long)c.Key.Range).ToArray(),
                rows = counts.Select(c => c.Sum()).ToArray(),
            }, cancel);
    }

    /// <summary>Removes the rows of orphaned blocks, and from the counts. Returns how many event rows there were.</summary>
    public Task<long> TakeBack(IngestScope write, long from, byte[][] hashes, CancellationToken cancel) =>
        Remove(write, "block_number >= @from AND block_hash = ANY(@hashes)", from, hashes, cancel);

    /// <summary>Removes all rows from a block on. What should be there below still is in the counts, so a gap there is still found.</summary>
    public async Task TakeBackFrom(IngestScope write, long from, CancellationToken cancel)
    {
        await Remove(write, "block_number >= @from", from, [], cancel);
        await write.Execute(
            "DELETE FROM indexing.row_counts WHERE pack = @pack AND chain = @chain AND range >= @above",
            new { pack, chain, above = (from + (long)Range - 1) / (long)Range }, cancel);
    }

    private async Task<long> Remove(IngestScope write, string which, long from, byte[][] hashes, CancellationToken cancel)
    {
        long removed = 0;
        foreach (var (name, _) in Sources())
        {
            var table = tables.FirstOrDefault(t => t.Table == name);
            var rows = await write.Query<long>(
                $"""
                WITH gone AS (
                    DELETE FROM {table?.QualifiedName ?? "indexing.announced"}
                    WHERE {(table is null ? "pack = @pack AND " : "")}chain = @chain AND {which} RETURNING block_number / {Range} AS range),
                counted AS (SELECT range, count(*) AS n FROM gone GROUP BY range),
                corrected AS (
                    UPDATE indexing.row_counts c SET rows = rows - n FROM counted
                    WHERE c.pack = @pack AND c.chain = @chain AND c.table_name = @name AND c.range = counted.range)
                SELECT coalesce(sum(n), 0)::bigint FROM counted
                """, new { pack, chain, name, from, hashes }, cancel);
            if (table is not null) removed += rows[0];
        }

        return removed;
    }

    /// <summary>Makes the counts of some ranges what the tables hold now; to the end where no last range is given.</summary>
    public async Task Recount(IngestScope write, long firstRange, long? lastRange, CancellationToken cancel)
    {
        var last = lastRange ?? long.MaxValue / (long)Range - 1;
        await write.Execute(
            "DELETE FROM indexing.row_counts WHERE pack = @pack AND chain = @chain AND range BETWEEN @firstRange AND @last",
            new { pack, chain, firstRange, last }, cancel);
        var (from, to) = (firstRange * (long)Range, (last + 1) * (long)Range - 1);
        foreach (var (name, rows) in Sources())
        {
            await write.Execute(
                $"""
                INSERT INTO indexing.row_counts (pack, chain, table_name, range, rows)
                SELECT @pack, @chain, @name, block_number / {Range}, count(*) FROM {rows}
                WHERE block_number BETWEEN @from AND @to GROUP BY 4
                """, new { pack, chain, name, from, to }, cancel);
        }
    }

    /// <summary>The ranges in which a table holds another number of rows than was written, lowest first.</summary>
    public async Task<IReadOnlyList<long>> Wrong(OperationsStore store, CancellationToken cancel)
    {
        var wrong = new SortedSet<long>();
        foreach (var source in Sources()) wrong.UnionWith(await Wrong(store, source, cancel));
        return [.. wrong];
    }

    /// <summary>The same for announced contracts alone.</summary>
    public Task<IReadOnlyList<long>> WrongAnnounced(OperationsStore store, CancellationToken cancel) => Wrong(store, Sources().Last(), cancel);

    // One statement sees one state, whatever is committed meanwhile.
    private Task<IReadOnlyList<long>> Wrong(OperationsStore store, (string Name, string Rows) source, CancellationToken cancel) => store.Query<long>(
        $"""
        SELECT range FROM (SELECT block_number / {Range} AS range, count(*) AS found FROM {source.Rows} GROUP BY 1) held
        FULL JOIN (SELECT range, rows FROM indexing.row_counts WHERE pack = @pack AND chain = @chain AND table_name = @name) written USING (range)
        WHERE coalesce(found, 0) <> coalesce(rows, 0) ORDER BY range
        """, new { pack, chain, name = source.Name }, cancel);

    private IEnumerable<(string Name, string Rows)> Sources() =>
    [
        .. tables.Select(t => (t.Table, $"(SELECT block_number FROM {t.QualifiedName} WHERE chain = @chain) held")),
        (Announced, "(SELECT block_number FROM indexing.announced WHERE pack = @pack AND chain = @chain) held"),
    ];
}
