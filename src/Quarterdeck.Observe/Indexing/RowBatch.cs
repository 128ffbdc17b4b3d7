using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>Rows of several tables, as they go to COPY, with what else the logs told.</summary>
internal sealed class RowBatch(int tables) : IDisposable
{
    private readonly CopyBuffer?[] _buffers = new CopyBuffer?[tables];
    private readonly (ulong Range, long Rows)[] _counting = new (ulong, long)[tables];
    private readonly List<(int Table, ulong Range, long Rows)> _counted = [];
    private List<(int Table, int At, ulong Block, Hash32 Hash)>? _timeless;

    /// <summary>Rows in all tables.</summary>
    public int Rows { get; private set; }

    /// <summary>Logs of a watched event whose data is malformed: they are in no table.</summary>
    public int Undecodable { get; set; }

    /// <summary>Bytes in all buffers.</summary>
    public long Bytes => _buffers.Sum(b => (long)(b?.Length ?? 0));

    /// <summary>Contracts that were announced.</summary>
    public List<Announcement> Announced { get; } = [];

    /// <summary>Rows whose log came without the block's time.</summary>
    public IReadOnlyList<(int Table, int At, ulong Block, Hash32 Hash)> Timeless => _timeless ?? [];

    /// <summary>How many rows each table has of each range of blocks.</summary>
    public IEnumerable<(int Table, ulong Range, long Rows)> Counts =>
        _counted.Concat(_counting.Index().Where(c => c.Item.Rows > 0).Select(c => (c.Index, c.Item.Range, c.Item.Rows)));

    /// <summary>The rows of a table.</summary>
    public CopyBuffer Of(int table) => _buffers[table] ??= new CopyBuffer();

    /// <summary>The rows of a table; null where there are none.</summary>
    public CopyBuffer? Written(int table) => _buffers[table] is { Length: > 0 } rows ? rows : null;

    /// <summary>Counts a row whose block time stands there.</summary>
    public void Added(int table, int timeAt, scoped in LogFields log)
    {
        Rows++;
        ref var counting = ref _counting[table];
        var range = log.BlockNumber / RowCounts.Range;
        if (range != counting.Range)
        {
            if (counting.Rows > 0) _counted.Add((table, counting.Range, counting.Rows));
            counting = (range, 0);
        }

        counting.Rows++;
        if (log.BlockTime == 0) (_timeless ??= []).Add((table, timeAt, log.BlockNumber, log.BlockHash));
    }

    /// <summary>Fills in the times that were missing.</summary>
    public void SetTimes(IReadOnlyDictionary<ulong, BlockRef> blocks)
    {
        foreach (var (table, at, block, _) in Timeless)
            _buffers[table]!.Patch(at, EventRowWriter.Time(blocks[block].Time.ToUnixTimeSeconds()));
        _timeless = null;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer?.Dispose();
    }
}

/// <summary>A contract that a factory announced.</summary>
internal sealed record Announcement(string Factory, Address Address, ulong Block, Hash32 BlockHash, int LogIndex);
