using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Evm.Follow;

/// <summary>How a follower behaves; the defaults suit Ethereum.</summary>
public sealed record FollowOptions
{
    /// <summary>Longest time between two looks at the head. Default 1 s; with <see cref="Heads"/> it is only the safety net.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A WebSocket whose newHeads wake the follower at once; null to poll only. It is a signal, never a source of facts.</summary>
    public JsonRpcTransport? Heads { get; init; }

    /// <summary>Where to start when no block is known: a height, or null for the head.</summary>
    public ulong? Start { get; init; }

    /// <summary>Known headers that are kept, which bounds the reorganisation that can be resolved. Default 512.</summary>
    public int Window { get; init; } = 512;

    /// <summary>Most blocks in one update, and headers in one request. Default 100.</summary>
    public int MostBlocks { get; init; } = 100;

    /// <summary>
    /// Depth at which a block counts as final where the node has no <c>finalized</c> tag; null to never say so. The node's own
    /// word is taken where it has one.
    /// </summary>
    public int? FinalityDepth { get; init; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>A reorganisation goes below every block that the follower knows, so it cannot say what to take back.</summary>
public sealed class ReorganisationTooDeepException : Exception
{
    /// <summary>Names the lowest known block.</summary>
    public ReorganisationTooDeepException(ulong lowest, string endpoint)
        : base($"{endpoint} has another block at height {lowest}, the lowest one known here: the chain was reorganised below it, or was replaced. "
            + "Remedy: index again from the start; on a devnet, './quarterdeck reset'.") => LowestKnown = lowest;

    /// <summary>Height of the lowest known block.</summary>
    public ulong LowestKnown { get; }
}
