using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Follow;

/// <summary>
/// Follows the head of an EVM chain. Reorganisations are found by parent hashes, also those that happened while nobody
/// followed; a node's own notices (<c>removed</c> logs) are not needed. Failures that may pass are retried for ever;
/// <see cref="LastFailure"/> shows them.
/// </summary>
/// <param name="reader">Where headers come from.</param>
/// <param name="known">Blocks that the caller has taken in already, as kept with its cursor; empty to start anew.</param>
/// <param name="options">Behaviour.</param>
public sealed class EvmFollower(EvmReader reader, IReadOnlyList<BlockRef> known, FollowOptions? options = null) : IAsyncEnumerable<ChainUpdate>
{
    private readonly FollowOptions _options = options ?? new FollowOptions();
    private volatile Exception? _lastFailure;

    /// <summary>Why the last look at the chain failed; null where it did not.</summary>
    public Exception? LastFailure => _lastFailure;

    /// <summary>The head as the endpoint last stated it; null before the first answer.</summary>
    public BlockRef? Head { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ReorganisationTooDeepException">No known block is on the node's chain.</exception>
    /// <exception cref="RpcException">The node refuses to answer.</exception>
    public async IAsyncEnumerator<ChainUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var cancel = cancellationToken;
        await using var signal = new HeadSignal(_options, cancel);
        var walk = new ChainWalk(reader, known, _options);
        var failures = 0;
        while (true)
        {
            ChainUpdate? update = null;
            try
            {
                update = await walk.Step(cancel);
                (Head, _lastFailure, failures) = (walk.Head, null, 0);
            }
            catch (TransientException e)
            {
                (_lastFailure, failures) = (e, failures + 1);
            }

            if (update is not null) yield return update;
            else if (failures > 0) await Task.Delay(Backoff(failures), _options.Clock, cancel);
            else await signal.Wait(cancel);
        }
    }

    private static TimeSpan Backoff(int failures) =>
        TimeSpan.FromMilliseconds(Math.Min(10_000, 100 * Math.Pow(2, Math.Min(failures, 10) - 1)));
}
