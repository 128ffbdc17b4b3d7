using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Follow;

/// <summary>The known end of a chain: headers by height, lowest first, of which the last is the tip.</summary>
internal sealed class HeaderWindow
{
    private readonly List<BlockRef> _blocks;
    private readonly int _most;

    public HeaderWindow(IEnumerable<BlockRef> known, int most)
    {
        _blocks = [.. known.OrderBy(b => b.Number)];
        _most = most;
        for (var i = 1; i < _blocks.Count; i++)
        {
            var (below, above) = (_blocks[i - 1], _blocks[i]);
            if (above.Number == below.Number || above.Number == below.Number + 1 && above.ParentHash != below.Hash)
                throw new ArgumentException($"The known blocks are not of one chain: {below} and {above} do not fit together.", nameof(known));
        }
    }

    public bool IsEmpty => _blocks.Count == 0;

    public BlockRef Tip => _blocks[^1];

    public BlockRef Lowest => _blocks[0];

    public IReadOnlyList<BlockRef> Blocks => _blocks;

    public BlockRef? Find(ulong number)
    {
        // Heights are dense but for what a caller left out, so the place is at or below the difference.
        for (var i = (int)Math.Min((ulong)_blocks.Count - 1, number < Lowest.Number ? 0 : number - Lowest.Number); i >= 0; i--)
        {
            if (_blocks[i].Number == number) return _blocks[i];
            if (_blocks[i].Number < number) return null;
        }

        return null;
    }

    public void Extend(IReadOnlyList<BlockRef> blocks)
    {
        _blocks.AddRange(blocks);
        if (_blocks.Count > _most) _blocks.RemoveRange(0, _blocks.Count - _most);
    }

    /// <summary>Removes and returns what stands above the height.</summary>
    public List<BlockRef> RollBack(ulong height)
    {
        var first = _blocks.FindIndex(b => b.Number > height);
        if (first < 0) return [];
        var orphaned = _blocks[first..];
        _blocks.RemoveRange(first, _blocks.Count - first);
        return orphaned;
    }
}
