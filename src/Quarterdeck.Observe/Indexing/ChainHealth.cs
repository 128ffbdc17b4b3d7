using System.Collections.Concurrent;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>How following each chain goes in this process: for the health page and metrics.</summary>
public sealed class ChainHealth(TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Pack, string Chain), ChainState> _states = new();
    private readonly ConcurrentDictionary<(string Pack, string Chain), RpcEndpoints> _endpoints = new();
    private readonly ConcurrentDictionary<(string Pack, string Chain), EventsOfLastMinute> _rates = new();

    /// <summary>The chains that this process follows.</summary>
    public IReadOnlyList<ChainState> Chains =>
    [
        .. _states.Values.OrderBy(s => s.Pack).ThenBy(s => s.Chain)
            .Select(s => s with
            {
                Endpoints = _endpoints.TryGetValue((s.Pack, s.Chain), out var endpoints) ? endpoints.Health : [],
                EventsPerMinute = _rates.TryGetValue((s.Pack, s.Chain), out var rate) ? rate.Sum : 0,
            }),
    ];

    internal void Watched(string pack, string chain, RpcEndpoints endpoints)
    {
        _endpoints[(pack, chain)] = endpoints;
        _rates.TryAdd((pack, chain), new EventsOfLastMinute(clock));
        Change(pack, chain, s => s with { Endpoint = endpoints.Name });
    }

    internal void Seen(string pack, string chain, BlockRef head) => Change(pack, chain, s => s with { Head = head });

    internal void Followed(string pack, string chain, BlockRef head, BlockRef indexed, int events, TimeSpan took)
    {
        Count(pack, chain, events);
        Change(pack, chain, s => s with
        {
            Head = head,
            Indexed = indexed,
            Failure = null,
            Backfill = null,
            Events = s.Events + events,
            CommitTime = took,
        });
    }

    internal void Filled(string pack, string chain, BackfillProgress progress)
    {
        if (progress.Phase != BackfillPhase.Events)
        {
            Change(pack, chain, s => s with { Backfill = progress, Failure = progress.Failure });
            return;
        }

        Count(pack, chain, progress.Committed);
        Change(pack, chain, s => s with { Backfill = progress, Failure = progress.Failure, Events = s.Events + progress.Committed });
    }

    internal void Reorganised(string pack, string chain, int depth) => Change(pack, chain, s => s with
    {
        Reorganisations = s.Reorganisations + 1,
        DeepestReorganisation = Math.Max(s.DeepestReorganisation, depth),
    });

    internal void Gap(string pack, string chain) => Change(pack, chain, s => s with { Gaps = s.Gaps + 1 });

    internal void Undecodable(string pack, string chain, long logs) => Change(pack, chain, s => s with { Undecodable = logs });

    internal void Failed(string pack, string chain, string why) => Change(pack, chain, s => s with { Failure = why });

    private void Count(string pack, string chain, long events)
    {
        if (_rates.TryGetValue((pack, chain), out var rate)) rate.Add(events);
    }

    private void Change(string pack, string chain, Func<ChainState, ChainState> change) => _states.AddOrUpdate(
        (pack, chain),
        _ => change(new ChainState(pack, chain, "", null, null, clock.GetUtcNow(), null)),
        (_, last) => change(last) with { At = clock.GetUtcNow() });
}

/// <summary>One chain as followed by this process.</summary>
/// <param name="Pack">Pack.</param>
/// <param name="Chain">The pack's name of it.</param>
/// <param name="Endpoint">Hosts and ports that are asked, without secrets.</param>
/// <param name="Head">The head as last seen; null before the first answer.</param>
/// <param name="Indexed">The newest block in the tables; null before the first.</param>
/// <param name="At">When this was noted.</param>
/// <param name="Failure">Why it does not advance; null where it does.</param>
public sealed record ChainState(
    string Pack, string Chain, string Endpoint, BlockRef? Head, BlockRef? Indexed, DateTimeOffset At, string? Failure)
{
    /// <summary>The state of each endpoint.</summary>
    public IReadOnlyList<EndpointHealth> Endpoints { get; init; } = [];

    /// <summary>How far the backfill is; null while none runs.</summary>
    public BackfillProgress? Backfill { get; init; }

    /// <summary>Rows written by this process since it started.</summary>
    public long Events { get; init; }

    /// <summary>Rows written in the last 60 seconds.</summary>
    public long EventsPerMinute { get; init; }

    /// <summary>Logs of watched events whose data is malformed, since the process started: they are in no table.</summary>
    public long Undecodable { get; init; }

    /// <summary>Gaps found in the tables and filled again, since the process started.</summary>
    public int Gaps { get; init; }

    /// <summary>Reorganisations since the process started.</summary>
    public int Reorganisations { get; init; }

    /// <summary>Blocks that the deepest of them took back.</summary>
    public int DeepestReorganisation { get; init; }

    /// <summary>From seeing the last block to its rows being committed; null before the first.</summary>
    public TimeSpan? CommitTime { get; init; }

    /// <summary>Blocks between the head and the tables; null before the first answer.</summary>
    public ulong? BlockLag => Head is not { } head ? null
        : Backfill is { Phase: BackfillPhase.Events } fill ? Behind(head.Number, fill.At)
        : Indexed is { } indexed ? Behind(head.Number, indexed.Number) : null;

    private static ulong? Behind(ulong head, ulong at) => head >= at ? head - at : null;
}
