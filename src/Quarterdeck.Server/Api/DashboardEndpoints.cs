using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api;

/// <summary>The packs' boards: the panels that Grafana's generated files hold, with the same queries, units and places.</summary>
internal static class DashboardEndpoints
{
    public static void MapDashboards(this IEndpointRouteBuilder app)
    {
        var boards = app.MapGroup("/api/dashboards").WithTags("dashboards");
        boards.MapGet("", (LoadedPacks packs) => Results.Ok(packs.Packs.SelectMany(p => p.Pack.Dashboards.Select(d => d.Summary(p.Pack.Name)))))
            .Needs(Permission.Read).Produces<DashboardSummaryShape[]>();
        boards.MapGet("/{pack}", OfPack).Needs(Permission.Read).Produces<DashboardShape[]>();
    }

    private static async Task<IResult> OfPack(string pack, LoadedPacks packs, OperationsStore store, CancellationToken cancel)
    {
        if (packs.Packs.FirstOrDefault(p => p.Pack.Name == pack)?.Pack is not { } own) return Problem.NotFound("pack", pack).Answer();
        var oldest = (await store.Query<OldestSample>("SELECT min(at) AS at FROM metrics.samples", null, cancel)).Single();
        return Results.Ok(own.Dashboards.Select(d => d.Shape(own, oldest.At)));
    }

    private sealed record OldestSample(DateTimeOffset? At);
}
