using System.Text.Json.Nodes;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>Something that is to be told once, though no alert fires: what a runbook says to people.</summary>
/// <param name="Pack">Whose notification plan finds the receivers.</param>
/// <param name="Key">Its identity: the same thing is queued once.</param>
/// <param name="To">A receiver's name, as a runbook writes it (<c>#ops</c>, <c>@oncall</c>, <c>ops</c>); what names none goes by the plan's routes.</param>
/// <param name="Name">What stands where an alert has its name.</param>
/// <param name="Severity">info, warning or critical.</param>
/// <param name="Text">What is said.</param>
public sealed record Announcement(string Pack, string Key, string To, string Name, string Severity, string Text)
{
    internal Labels Labels => Labels.Of("alertname", Name, "severity", Severity, "pack", Pack);
}

/// <summary>Puts announcements into the outbox, in the transaction of what they tell: sent, retried and told elsewhere as notifications of alerts are.</summary>
public sealed class Announcements(NotificationPlans plans)
{
    /// <summary>Who would be told, by name; empty where nobody is configured.</summary>
    public IReadOnlyList<string> Receivers(Announcement said)
    {
        ArgumentNullException.ThrowIfNull(said);
        return plans.For(said.Pack) is { } found ? [.. Of(found.Plan, said).Select(receiver => receiver.Name)] : [];
    }

    /// <summary>Queues it for every channel of the receivers.</summary>
    public async Task Queue(ActScope act, Announcement said, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(said);
        if (plans.For(said.Pack) is not { } found) return;
        foreach (var receiver in Of(found.Plan, said))
        {
            var alert = new NotifiedAlert(said.Key, said.Labels, Labels.Of("summary", said.Text), true, act.Now, null);
            var notification = new GroupNotification($"said/{said.Key}", receiver.Name, Labels.Of("alertname", said.Name), [alert]);
            foreach (var channel in receiver.Channels)
            {
                var id = Id.New("ntf", clock);
                await act.Execute(
                    """
                    INSERT INTO notifying.outbox (id, plan, group_key, receiver, channel, notification, firing, resolved, created_at, next_attempt_at)
                    VALUES (@id, @plan, @groupKey, @receiver, @channel, @notification, '{}', '{}', @now, @now)
                    """,
                    new
                    {
                        id,
                        plan = found.Name,
                        groupKey = $"said/{said.Key}",
                        receiver = receiver.Name,
                        channel = channel.Name,
                        notification = (JsonNode)notification.ToJson(),
                        now = act.Now,
                    });
                act.Record("notification.queue", id, new JsonObject { ["receiver"] = receiver.Name, ["channel"] = channel.Name, ["said"] = said.Key });
            }
        }

        act.Signal(Signals.Notifications);
    }

    private static IEnumerable<Receiver> Of(NotificationPlan plan, Announcement said)
    {
        var name = said.To.Trim().TrimStart('#', '@');
        var named = plan.Receivers.Values.FirstOrDefault(receiver => string.Equals(receiver.Name, name, StringComparison.OrdinalIgnoreCase));
        return named is not null ? [named] : plan.Root.Match(said.Labels).Select(route => plan.Receivers[route.Receiver]).Distinct();
    }
}
