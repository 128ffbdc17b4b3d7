using Quarterdeck.Observe.Notifying;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;
using Route = Quarterdeck.Packs.Notifications.Route;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>Who is told, how, and what came of it.</summary>
/// <param name="Plans">The plans in force; empty where nobody is told.</param>
/// <param name="Findings">What is wrong with the plans' files.</param>
/// <param name="Deliveries">The latest notifications, newest first.</param>
internal sealed record NotificationsShape(
    IReadOnlyList<NotificationPlanShape> Plans, IReadOnlyList<FindingShape> Findings, IReadOnlyList<DeliveryShape> Deliveries);

/// <param name="Name">The pack, or <c>server</c>.</param>
internal sealed record NotificationPlanShape(
    string Name, IReadOnlyList<ReceiverShape> Receivers, IReadOnlyList<NotificationRouteShape> Routes, IReadOnlyList<InhibitionShape> Inhibitions,
    IReadOnlyList<NotificationHoursShape> Hours);

internal sealed record ReceiverShape(string Name, string? Fallback, IReadOnlyList<ChannelShape> Channels);

/// <param name="Kind">webhook, slack, pagerduty or opsgenie. Addresses and keys are never shown.</param>
/// <param name="Failing">Whether it refuses now.</param>
internal sealed record ChannelShape(
    string Name, string Kind, bool SendResolved, bool Failing, long SentToday, long FailedToday, long Waiting, DateTimeOffset? LastSentAt);

/// <param name="Depth">0 for the root.</param>
/// <param name="Matchers">What enters here, as Alertmanager writes it; empty for everything.</param>
/// <param name="Muted">Whether nobody is told on this route at this time, by its hours.</param>
internal sealed record NotificationRouteShape(
    int Depth, string Receiver, IReadOnlyList<string> Matchers, IReadOnlyList<string>? GroupBy, double WaitSeconds, double RepeatSeconds,
    IReadOnlyList<string> MuteHours, IReadOnlyList<string> ActiveHours, bool Muted);

/// <summary>While the source fires, the target is not told, where the labels are equal.</summary>
internal sealed record InhibitionShape(IReadOnlyList<string> Source, IReadOnlyList<string> Target, IReadOnlyList<string> Equal);

/// <summary>Named hours, and whether it is within them now.</summary>
internal sealed record NotificationHoursShape(string Name, bool Now);

internal sealed record DeliveryShape(
    string Id, string Plan, string Receiver, string Channel, IReadOnlyList<string> Alerts, int Firing, int Resolved, string State, int Attempts,
    string? Error, DateTimeOffset CreatedAt, DateTimeOffset? NextAttemptAt, DateTimeOffset? FinishedAt);

/// <summary>The notification plans as the API shows them.</summary>
internal static class NotificationShaping
{
    public static NotificationPlanShape Shape(
        this NotificationPlan plan, string name, IReadOnlyList<ChannelRecord> records, IReadOnlyList<FailingChannel> failing, DateTimeOffset now) => new(
        name,
        [.. plan.Receivers.Values.Select(r => new ReceiverShape(r.Name, r.Fallback, [.. r.Channels.Select(c => Shape(c, r, name, records, failing))]))],
        [.. Routes(plan.Root, 0, plan, now)],
        [.. plan.Inhibitions.Select(i => new InhibitionShape(Texts(i.Source), Texts(i.Target), i.Equal))],
        [.. plan.Intervals.Select(i => new NotificationHoursShape(i.Key, i.Value.Any(t => t.Contains(now))))]);

    public static DeliveryShape Shape(this NotificationDelivery d) => new(
        d.Id, d.Plan, d.Receiver, d.Channel, d.AlertNames, d.Firing, d.Resolved, d.State, d.Attempts, d.Error, d.CreatedAt,
        d.State == "waiting" ? d.NextAttemptAt : null, d.FinishedAt);

    private static ChannelShape Shape(
        ChannelDefinition channel, Receiver receiver, string plan, IReadOnlyList<ChannelRecord> records, IReadOnlyList<FailingChannel> failing)
    {
        var record = records.FirstOrDefault(r => r.Plan == plan && r.Receiver == receiver.Name && r.Channel == channel.Name);
        return new ChannelShape(
            channel.Name, Kind(channel), channel.SendResolved, failing.Any(f => f.Receiver == receiver.Name && f.Channel == channel.Name),
            record?.Sent ?? 0, record?.Failed ?? 0, record?.Waiting ?? 0, record?.LastSentAt);
    }

    private static string Kind(ChannelDefinition channel) => channel switch
    {
        WebhookChannel => "webhook",
        SlackChannel => "slack",
        PagerDutyChannel => "pagerduty",
        OpsGenieChannel => "opsgenie",
        _ => "other",
    };

    private static IEnumerable<NotificationRouteShape> Routes(Route route, int depth, NotificationPlan plan, DateTimeOffset now) =>
        route.Routes.SelectMany(child => Routes(child, depth + 1, plan, now)).Prepend(new NotificationRouteShape(
            depth, route.Receiver, Texts(route.Matchers), route.GroupBy, route.GroupWait.TotalSeconds, route.RepeatInterval.TotalSeconds,
            route.MuteTimes, route.ActiveTimes, !plan.IsActive(route, now)));

    private static string[] Texts(IReadOnlyList<Matcher> matchers) => [.. matchers.Select(m => m.ToString())];
}
