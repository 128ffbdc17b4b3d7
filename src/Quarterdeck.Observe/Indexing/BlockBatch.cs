using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>Blocks that follow one another, with the pack's logs in them.</summary>
internal sealed record BlockBatch(IReadOnlyList<BlockRef> Blocks, IReadOnlyList<EvmLog> Logs)
{
    /// <summary>The newest block.</summary>
    public BlockRef Head => Blocks[^1];
}
