using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Packs;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api;

/// <summary>How far the event tables of each pack and chain are filled, at what rate, and how its endpoints do.</summary>
internal static class IndexingEndpoints
{
    public static void MapIndexing(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/indexing", Show).Needs(Permission.Read).WithTags("watch").Produces<IndexingShape[]>();

    private static async Task<IResult> Show(
        OperationsStore store, LoadedPacks loaded, ChainHealth watching, TimeProvider clock, CancellationToken cancel)
    {
        var cursors = await store.Cursors(cancel);
        var states = watching.Chains;
        var now = clock.GetUtcNow();
        return Results.Ok(
            from pack in loaded.Packs
            from chain in pack.Environment.Chains.Values.Where(c => c.Id.Namespace == "eip155")
            select Shape(
                pack, chain, cursors.FirstOrDefault(c => c.Pack == pack.Pack.Name && c.Chain == chain.Name),
                states.FirstOrDefault(s => s.Pack == pack.Pack.Name && s.Chain == chain.Name), now));
    }

    private static IndexingShape Shape(BoundPack pack, EnvironmentChain chain, ChainCursor? cursor, ChainState? state, DateTimeOffset now) => new(
        pack.Pack.Name, chain.Name, chain.Id.ToString(), State(cursor, state), (long?)state?.Head?.Number, cursor?.BlockNumber, cursor?.FirstBlock,
        cursor?.Finalised, (long?)state?.BlockLag, cursor is null ? null : Math.Max(0, (now - cursor.BlockTime).TotalSeconds), state?.Events ?? 0,
        state?.EventsPerMinute ?? 0, state?.CommitTime?.TotalMilliseconds, state?.Undecodable ?? 0, state?.Reorganisations ?? 0,
        state?.DeepestReorganisation ?? 0, state?.Gaps ?? 0, state?.Failure, state?.Backfill?.Shape(),
        [.. (state?.Endpoints ?? []).Select(e => e.Shape())],
        [.. pack.Pack.Index.Where(t => pack.Contract(t.RootContract)?.Chain == chain.Name)
            .Select(t => new IndexedTableShape(t.Table, t.Contract, t.Event, (long?)t.Start))]);

    // Another replica may be the one that indexes: then only its cursor is known here.
    private static string State(ChainCursor? cursor, ChainState? state) => state switch
    {
        null => cursor is null ? "waiting" : "elsewhere",
        { Failure: not null } => "failing",
        { Backfill: not null } => "filling",
        { Indexed: not null } => "following",
        _ => "waiting",
    };

    public static EndpointHealthShape Shape(this EndpointHealth endpoint) => new(
        endpoint.Name, endpoint.Usable, (long?)endpoint.Head, (long)endpoint.HeadLag, endpoint.Latency.TotalMilliseconds,
        endpoint.Fault.ToString().ToLowerInvariant(), endpoint.LastError);

    public static BackfillShape Shape(this BackfillProgress backfill) => new(
        backfill.Phase.ToString().ToLowerInvariant(), (long)backfill.From, (long)backfill.To, (long)backfill.At, Math.Round(backfill.Done, 4),
        backfill.Events, Math.Round(backfill.EventsPerSecond), Math.Round(backfill.BlocksPerSecond, 1),
        backfill.Remaining is { } left ? Math.Ceiling(left.TotalSeconds) : null, backfill.BatchSize, backfill.Concurrency);
}
