namespace Quarterdeck.Primitives;

/// <summary>One block of one chain: where a fact was read, so that a reorganisation can take the fact back.</summary>
/// <param name="Number">Height; genesis is 0.</param>
/// <param name="Hash">The block's own hash.</param>
/// <param name="ParentHash">The hash of the block below.</param>
/// <param name="Time">The block's own timestamp, as the chain states it; UTC, whole seconds on EVM chains.</param>
public readonly record struct BlockRef(ulong Number, Hash32 Hash, Hash32 ParentHash, DateTimeOffset Time)
{
    /// <inheritdoc/>
    public override string ToString() => $"#{Number} {Hash}";
}
