using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>Which block a read is of: a tag, a height, or one certain block by its hash (EIP-1898).</summary>
public readonly record struct BlockId
{
    private readonly string? _tag;

    private BlockId(string? tag, ulong? number, Hash32? hash) => (_tag, Number, Hash) = (tag, number, hash);

    /// <summary>The height; null for a tag or hash.</summary>
    public ulong? Number { get; }

    /// <summary>The hash; null for a tag or height.</summary>
    public Hash32? Hash { get; }

    /// <summary>The head. Also what <c>default</c> means.</summary>
    public static BlockId Latest => new("latest", null, null);

    /// <summary>The head with what waits in the pool on top.</summary>
    public static BlockId Pending => new("pending", null, null);

    /// <summary>The latest justified block.</summary>
    public static BlockId Safe => new("safe", null, null);

    /// <summary>The latest block that cannot be taken back.</summary>
    public static BlockId Finalized => new("finalized", null, null);

    /// <summary>Genesis.</summary>
    public static BlockId Earliest => new("earliest", null, null);

    /// <summary>The block at a height, on whatever branch is canonical when the node answers.</summary>
    public static BlockId At(ulong number) => new(null, number, null);

    /// <summary>One certain block; a node refuses it once it is orphaned.</summary>
    public static BlockId Of(Hash32 hash) => new(null, null, hash);

    /// <summary>A height.</summary>
    public static implicit operator BlockId(ulong number) => At(number);

    /// <summary>One certain block.</summary>
    public static implicit operator BlockId(Hash32 hash) => Of(hash);

    /// <summary>One certain block.</summary>
    public static implicit operator BlockId(BlockRef block) => Of(block.Hash);

    /// <summary>The JSON-RPC parameter.</summary>
    internal object Parameter => Hash is { } hash
        ? new Dictionary<string, object?> { ["blockHash"] = hash, ["requireCanonical"] = true }
        : Number is { } number ? Hex.Quantity(number) : _tag ?? "latest";

    /// <inheritdoc/>
    public override string ToString() => Hash?.ToString() ?? Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? _tag ?? "latest";
}
