using Quarterdeck.Primitives;

namespace Quarterdeck.Chains;

/// <summary>
/// What happened to a chain's history since the last update. Whoever folds blocks into something handles each case: the
/// reorganisation is in the type.
/// </summary>
public abstract record ChainUpdate
{
    private ChainUpdate()
    {
    }

    /// <summary>Blocks on top of what was known, lowest first, without a gap.</summary>
    public sealed record Extended(IReadOnlyList<BlockRef> Blocks) : ChainUpdate;

    /// <summary>
    /// Known blocks are orphaned: <paramref name="Old"/>, lowest first, is taken back and <paramref name="New"/>, lowest
    /// first, stands in its place. Both begin above the same parent; New may be shorter or longer.
    /// </summary>
    public sealed record Reorganised(IReadOnlyList<BlockRef> Old, IReadOnlyList<BlockRef> New) : ChainUpdate;

    /// <summary>This block and all below will not be taken back.</summary>
    public sealed record Finalised(BlockRef Block) : ChainUpdate;
}
