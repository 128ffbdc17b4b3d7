using System.Text.Json.Nodes;
using Quarterdeck.Observe.Notifying.Channels;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>Sends what waits: claims rows, sends outside any transaction, and writes down what came of it.</summary>
internal sealed class Outbox(
    OperationsStore store, NotificationPlans plans, ChannelSender sender, NotifyingOptions options, NotifyingHealth health)
{
    private const int AtOnce = 16;
    private static readonly Actor Notifier = Actor.System("notifying");

    /// <summary>One round; how many were tried.</summary>
    public async Task<int> Deliver(CancellationToken cancel)
    {
        var claim = Guid.NewGuid().ToString("N");
        var now = store.Clock.GetUtcNow();
        var rows = await store.Ingest(FactSource.Clock(now), write => write.Query<Row>(
            """
            UPDATE notifying.outbox o SET claim = @claim, claimed_until = @until, attempts = attempts + 1
            WHERE id IN (SELECT id FROM notifying.outbox
                         WHERE state = 'waiting' AND next_attempt_at <= @now AND coalesce(claimed_until < @now, true)
                         ORDER BY next_attempt_at LIMIT @limit FOR UPDATE SKIP LOCKED)
            RETURNING id, plan, group_key, receiver, channel, notification, firing, resolved, created_at, attempts, fallback_told
            """, new { claim, until = now + options.Timeout * 2, now, limit = AtOnce }), cancel);
        await Task.WhenAll(rows.Select(row => One(row, claim, cancel)));
        return rows.Count;
    }

    private async Task One(Row row, string claim, CancellationToken cancel)
    {
        var receiver = plans.All.GetValueOrDefault(row.Plan)?.Receivers.GetValueOrDefault(row.Receiver);
        var channel = receiver?.Channels.FirstOrDefault(c => c.Name == row.Channel);
        var delivery = channel is null
            ? new Delivery.Refused("the channel is no longer in the plan")
            : await sender.Send(channel, GroupNotification.FromJson(row.Notification), cancel);
        health.Note(row.Receiver, row.Channel, delivery is Delivery.Sent);
        switch (delivery)
        {
            case Delivery.Sent:
                await Sent(row, claim, cancel);
                break;
            case Delivery.Later later:
                var now = store.Clock.GetUtcNow();
                await Failed(row, claim, later.Why, final: now - row.CreatedAt >= options.GiveUpAfter,
                    now + (later.After is { } after && after > options.PauseAfter(row.Attempts) ? after : options.PauseAfter(row.Attempts)), cancel);
                break;
            case Delivery.Refused refused:
                await Failed(row, claim, refused.Why, final: true, store.Clock.GetUtcNow(), cancel);
                break;
        }
    }

    private Task Sent(Row row, string claim, CancellationToken cancel) => store.Act(Notifier, "A notification was accepted.", async act =>
    {
        await act.Execute(
            "UPDATE notifying.outbox SET state = 'sent', finished_at = @now, claim = NULL, error = NULL WHERE id = @id AND claim = @claim AND state = 'waiting'",
            new { now = act.Now, row.Id, claim });
        await act.Execute(
            """
            INSERT INTO notifying.log (plan, group_key, channel, firing, resolved, told_at)
            SELECT @plan, @groupKey, @channel, @firing, @resolved, @now
            WHERE EXISTS (SELECT FROM notifying.groups WHERE plan = @plan AND group_key = @groupKey)
            ON CONFLICT (plan, group_key, channel) DO UPDATE SET firing = excluded.firing, resolved = excluded.resolved, told_at = excluded.told_at
            """, new { row.Plan, row.GroupKey, row.Channel, row.Firing, row.Resolved, now = act.Now });
        act.Record("notification.sent", row.Id, new JsonObject { ["receiver"] = row.Receiver, ["channel"] = row.Channel, ["attempts"] = row.Attempts });
    }, cancel);

    private Task Failed(Row row, string claim, string why, bool final, DateTimeOffset next, CancellationToken cancel) =>
        store.Act(Notifier, "A notification was not accepted.", async act =>
        {
            var tell = !row.FallbackTold && !row.IsFallback && (final || row.Attempts >= options.AttemptsBeforeFallback);
            await act.Execute(
                """
                UPDATE notifying.outbox SET state = @state, finished_at = @finished, next_attempt_at = @next, claim = NULL, claimed_until = NULL,
                    error = @why, fallback_told = fallback_told OR @tell
                WHERE id = @id AND claim = @claim AND state = 'waiting'
                """,
                new { state = final ? "failed" : "waiting", finished = final ? act.Now : (DateTimeOffset?)null, next, why, tell, row.Id, claim });
            act.Record(final ? "notification.failed" : "notification.retry", row.Id,
                new JsonObject { ["receiver"] = row.Receiver, ["channel"] = row.Channel, ["attempts"] = row.Attempts, ["why"] = why });
            if (tell) await TellAnother(act, row, why);
        }, cancel);

    // The failure of a channel is itself told, on another one, together with what could not be told.
    private async Task TellAnother(ActScope act, Row row, string why)
    {
        if (plans.All.GetValueOrDefault(row.Plan) is not { } plan) return;
        var other = plan.Receivers.GetValueOrDefault(plan.Receivers.GetValueOrDefault(row.Receiver)?.Fallback ?? "")
            ?? plan.Receivers.Values.FirstOrDefault(r => r.Name != row.Receiver && r.Channels.Count > 0)
            ?? plan.Receivers.GetValueOrDefault(row.Receiver);
        var lost = GroupNotification.FromJson(row.Notification);
        var failure = new NotifiedAlert($"ntf-failing-{row.Receiver}-{row.Channel}",
            Labels.Of("alertname", "NotificationChannelFailing", "severity", "critical", "receiver", row.Receiver, "channel", row.Channel, "pack", Metrics.PlatformSeries.Pack),
            Labels.Of("summary", $"The channel {row.Channel} of {row.Receiver} does not accept notifications: {why}."), true, row.CreatedAt, null);
        var notification = new GroupNotification($"{Row.FallbackKey}/{row.Receiver}/{row.Channel}", other?.Name ?? "", Labels.Of("alertname", "NotificationChannelFailing"),
            [failure, .. lost.Alerts]);
        foreach (var channel in (other?.Channels ?? []).Where(c => other!.Name != row.Receiver || c.Name != row.Channel))
        {
            var id = Id.New("ntf", store.Clock);
            await act.Execute(
                """
                INSERT INTO notifying.outbox (id, plan, group_key, receiver, channel, notification, firing, resolved, created_at, next_attempt_at)
                VALUES (@id, @plan, @groupKey, @receiver, @channel, @notification, '{}', '{}', @now, @now)
                """,
                new
                {
                    id,
                    row.Plan,
                    groupKey = $"{Row.FallbackKey}/{row.Receiver}/{row.Channel}",
                    receiver = other!.Name,
                    channel = channel.Name,
                    notification = (JsonNode)(notification with { Receiver = other.Name }).ToJson(),
                    now = act.Now,
                });
            act.Record("notification.fallback", id, new JsonObject { ["failed"] = row.Id, ["receiver"] = other.Name, ["channel"] = channel.Name });
        }

        act.Signal(Signals.Notifications);
    }

    private sealed record Row(
        string Id, string Plan, string GroupKey, string Receiver, string Channel, JsonNode Notification, string[] Firing, string[] Resolved,
        DateTimeOffset CreatedAt, int Attempts, bool FallbackTold)
    {
        public const string FallbackKey = "failing";

        public bool IsFallback => GroupKey.StartsWith(FallbackKey + "/", StringComparison.Ordinal);
    }
}
