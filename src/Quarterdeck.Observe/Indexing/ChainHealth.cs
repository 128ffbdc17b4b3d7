using System.Collections.Concurrent;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>How following each chain goes in this process: for the health page and metrics.</summary>
public sealed class ChainHealth(TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Pack, string Chain), ChainState> _states = new();

    /// <summary>The chains that this process follows.</summary>
    public IReadOnlyList<ChainState> Chains => [.. _states.Values.OrderBy(s => s.Pack).ThenBy(s => s.Chain)];

    internal void Followed(string pack, string chain, string endpoint, BlockRef head, BlockRef indexed) =>
        _states[(pack, chain)] = new ChainState(pack, chain, endpoint, head, indexed, clock.GetUtcNow(), null);

    internal void Failed(string pack, string chain, string endpoint, string why) => _states.AddOrUpdate(
        (pack, chain),
        _ => new ChainState(pack, chain, endpoint, null, null, clock.GetUtcNow(), why),
        (_, last) => last with { Failure = why, At = clock.GetUtcNow() });
}

/// <summary>One chain as followed by this process.</summary>
/// <param name="Pack">Pack.</param>
/// <param name="Chain">The pack's name of it.</param>
/// <param name="Endpoint">Host and port that is asked, without secrets.</param>
/// <param name="Head">The head the endpoint states; null before the first answer.</param>
/// <param name="Indexed">The newest block in the tables; null before the first.</param>
/// <param name="At">When this was noted.</param>
/// <param name="Failure">Why it does not advance; null where it does.</param>
public sealed record ChainState(
    string Pack, string Chain, string Endpoint, BlockRef? Head, BlockRef? Indexed, DateTimeOffset At, string? Failure)
{
    /// <summary>Blocks between the head and the tables; null before the first answer.</summary>
    public ulong? BlockLag => Head is { } head && Indexed is { } indexed && head.Number >= indexed.Number ? head.Number - indexed.Number : null;
}
