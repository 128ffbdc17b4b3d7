using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api;

/// <summary>What is watched: overview and alerts.</summary>
internal static class WatchEndpoints
{
    private const int OpenShown = 50;
    private const int TransitionsShown = 300;

    public static void MapWatch(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api").WithTags("watch");
        api.MapGet("/overview", ShowOverview).Needs(Permission.Read).Produces<Overview>();
        api.MapGet("/alerts", Alerts).Needs(Permission.Read).Produces<AlertShape[]>();
    }

    private static async Task<IResult> ShowOverview(
        OperationsStore store, LoadedPacks loaded, SamplingHealth sampling, LiveSeriesOfPacks series, RuleHealth rules,
        IncidentList incidents, RunShaping runs, IdentityOptions identity, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var cursors = await store.Cursors(cancel);
        var alerts = await store.ActiveAlerts(cancel);
        var open = await incidents.Query("open", OpenShown, cancel);
        var active = await runs.Active(OpenShown, cancel);
        return Results.Ok(new Overview(
            identity.Environment, identity.EnvironmentKind,
            [.. loaded.Packs.Select(p => p.Shape(cursors, sampling.Of(p.Pack.Name), series.Of(p.Pack.Name), now))],
            [.. loaded.Refused.Select(f => f.Shape())],
            [.. alerts.Where(a => a.State == "firing").Select(a => a.Shape(rules))],
            [.. open.Select(i => i.Shape([.. active.Where(r => r.IncidentId == i.Id).Select(r => r.Id)]))],
            active));
    }

    /// <summary>Pending and firing ones, then the latest ends of others.</summary>
    private static async Task<IResult> Alerts(OperationsStore store, RuleHealth rules, CancellationToken cancel)
    {
        var active = await store.ActiveAlerts(cancel);
        var ended = (await store.RecentAlertTransitions(TransitionsShown, cancel))
            .DistinctBy(t => t.AlertId)
            .Where(t => t.State is AlertTransitionState.Resolved or AlertTransitionState.Retracted && active.All(a => a.AlertId != t.AlertId));
        return Results.Ok(active.Select(a => a.Shape(rules)).Concat(ended.Select(t => t.Shape(rules))));
    }
}
