using Quarterdeck.Observe.Notifying;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api;

/// <summary>Who is told of alerts, and where notifications went. Silences are Alertmanager's own API.</summary>
internal static class NotificationEndpoints
{
    private const int DeliveriesShown = 200;

    public static void MapNotifications(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/notifications", Show).WithTags("watch").Needs(Permission.Read).ForMachines().Produces<NotificationsShape>();

    private static async Task<IResult> Show(OperationsStore store, NotificationPlans plans, TimeProvider clock, CancellationToken cancel)
    {
        var records = await store.ChannelRecords(cancel);
        var failing = await store.FailingChannels(cancel);
        var deliveries = await store.Deliveries(DeliveriesShown, cancel);
        return Results.Ok(new NotificationsShape(
            [.. plans.All.Select(p => p.Value.Shape(p.Key, records, failing, clock.GetUtcNow()))],
            [.. plans.Findings.Select(f => f.Shape())],
            [.. deliveries.Select(d => d.Shape())]));
    }
}
