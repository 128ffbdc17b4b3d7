using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Follow;

/// <summary>
/// One look at the chain after another: compares the known blocks with the node's and says what changed. Each step either
/// returns updates and remembers them, or throws and changes nothing.
/// </summary>
internal sealed class ChainWalk(EvmReader reader, IReadOnlyList<BlockRef> known, FollowOptions options)
{
    private readonly HeaderWindow _window = new(known, options.Window);
    private BlockRef? _finalised;
    private bool _noFinalizedTag;
    private bool _finalityDue = true;

    public BlockRef? Head { get; private set; }

    /// <summary>The next thing that happened; null where nothing did.</summary>
    public async Task<ChainUpdate?> Step(CancellationToken cancel)
    {
        var head = (await reader.Head(cancel)).Ref;
        Head = head;
        if (await Advance(head, cancel) is { } update)
        {
            _finalityDue = true;
            return update;
        }

        // Asked for after the blocks were handed out, so that it delays none of them.
        if (!_finalityDue) return null;
        var finalised = await Finality(head, cancel);
        _finalityDue = false;
        return finalised;
    }

    private async Task<ChainUpdate?> Advance(BlockRef head, CancellationToken cancel)
    {
        if (_window.IsEmpty) return await Begin(head, cancel);
        var tip = _window.Tip;
        if (head.Hash == tip.Hash) return null;
        // An endpoint that lags shows a block we have; there is nothing to take back until another stands in its place.
        if (head.Number <= tip.Number && _window.Find(head.Number) is { } same && same.Hash == head.Hash) return null;
        if (head.Number > tip.Number)
        {
            var blocks = head.ParentHash == tip.Hash ? [head] : await Headers(tip.Number + 1, head.Number, cancel);
            if (blocks.Count == 0) return null;
            if (blocks[0].ParentHash == tip.Hash)
            {
                _window.Extend(blocks);
                return new ChainUpdate.Extended(blocks);
            }
        }

        return await Reorganise(head, cancel);
    }

    private async Task<ChainUpdate?> Begin(BlockRef head, CancellationToken cancel)
    {
        var start = options.Start ?? head.Number;
        if (start > head.Number) return null;
        var blocks = await Headers(start, head.Number, cancel);
        if (blocks.Count == 0) return null;
        _window.Extend(blocks);
        return new ChainUpdate.Extended(blocks);
    }

    private async Task<ChainUpdate?> Reorganise(BlockRef head, CancellationToken cancel)
    {
        var common = await CommonAncestor(head, cancel);
        var blocks = await Headers(common.Number + 1, head.Number, cancel);
        // The chain moved on between the two reads: the next step sees it whole.
        if (blocks.Count == 0 || blocks[0].ParentHash != common.Hash) return null;
        var orphaned = _window.RollBack(common.Number);
        if (_finalised is { } final && final.Number > common.Number) _finalised = common;
        _window.Extend(blocks);
        return orphaned.Count == 0 ? new ChainUpdate.Extended(blocks) : new ChainUpdate.Reorganised(orphaned, blocks);
    }

    // The highest known block that the node still has at its height, found from the top in growing steps.
    private async Task<BlockRef> CommonAncestor(BlockRef head, CancellationToken cancel)
    {
        var candidates = _window.Blocks.Where(b => b.Number < head.Number).Reverse().ToList();
        var (at, count) = (0, 4);
        while (at < candidates.Count)
        {
            var some = candidates.Skip(at).Take(count).ToList();
            var found = await reader.Blocks([.. some.Select(b => b.Number)], cancel);
            for (var i = 0; i < some.Count; i++)
                if (found[i]?.Hash == some[i].Hash) return some[i];
            at += some.Count;
            count = Math.Min(options.MostBlocks, count * 2);
        }

        throw new ReorganisationTooDeepException(_window.Lowest.Number, reader.Name);
    }

    /// <summary>Headers from a height upwards that are linked by parent hash; fewer where the node lacks some or they changed meanwhile.</summary>
    private async Task<List<BlockRef>> Headers(ulong from, ulong to, CancellationToken cancel)
    {
        var count = (int)Math.Min(to - from + 1, (ulong)options.MostBlocks);
        var found = await reader.Blocks([.. Enumerable.Range(0, count).Select(i => from + (ulong)i)], cancel);
        var linked = new List<BlockRef>(count);
        foreach (var block in found)
        {
            if (block is null || block.Number != from + (ulong)linked.Count) break;
            if (linked.Count > 0 && block.ParentHash != linked[^1].Hash) break;
            linked.Add(block.Ref);
        }

        return linked;
    }

    private async Task<ChainUpdate?> Finality(BlockRef head, CancellationToken cancel)
    {
        if (_window.IsEmpty || await FinalNumber(head, cancel) is not { } number) return null;
        // While catching up the tip may itself be final.
        var block = _window.Find(Math.Min(number, _window.Tip.Number));
        if (block is not { } final || _finalised is { } before && before.Number >= final.Number) return null;
        _finalised = final;
        return new ChainUpdate.Finalised(final);
    }

    private async Task<ulong?> FinalNumber(BlockRef head, CancellationToken cancel)
    {
        if (!_noFinalizedTag)
        {
            try
            {
                if (await reader.Block(BlockId.Finalized, cancel) is { } block)
                {
                    // Where our branch has another block at that height, the next step takes it back first.
                    return _window.Find(block.Number) is { } ours && ours.Hash != block.Hash ? null : block.Number;
                }
            }
            catch (RpcException)
            {
                _noFinalizedTag = true;
            }
        }

        return options.FinalityDepth is { } depth && head.Number >= (ulong)depth ? head.Number - (ulong)depth : null;
    }
}
