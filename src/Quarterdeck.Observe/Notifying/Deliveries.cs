using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>One notification to one channel, and what came of it.</summary>
/// <param name="Id">Its id in the outbox.</param>
/// <param name="Plan">The plan that named the receiver.</param>
/// <param name="Receiver">Receiver.</param>
/// <param name="Channel">Channel.</param>
/// <param name="AlertNames">Names of the alerts in it, each once.</param>
/// <param name="Firing">How many alerts it tells as firing.</param>
/// <param name="Resolved">How many it tells as ended.</param>
/// <param name="State">waiting, sent, failed or superseded.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Error">Why it was not accepted last; null where it was.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="NextAttemptAt">When it is tried again, while it waits.</param>
/// <param name="FinishedAt">When it was sent or given up.</param>
public sealed record NotificationDelivery(
    string Id, string Plan, string Receiver, string Channel, string[] AlertNames, int Firing, int Resolved, string State, int Attempts,
    string? Error, DateTimeOffset CreatedAt, DateTimeOffset NextAttemptAt, DateTimeOffset? FinishedAt);

/// <summary>What a channel did of late, over all replicas.</summary>
/// <param name="Plan">Plan.</param>
/// <param name="Receiver">Receiver.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Sent">Accepted in the last day.</param>
/// <param name="Failed">Given up in the last day.</param>
/// <param name="Waiting">Waiting now.</param>
/// <param name="LastSentAt">When one was accepted last, ever.</param>
public sealed record ChannelRecord(
    string Plan, string Receiver, string Channel, long Sent, long Failed, long Waiting, DateTimeOffset? LastSentAt);

/// <summary>Reads where notifications went.</summary>
public static class DeliveryQueries
{
    /// <summary>The newest first.</summary>
    public static Task<IReadOnlyList<NotificationDelivery>> Deliveries(this OperationsStore store, int limit, CancellationToken cancel) =>
        store.Query<NotificationDelivery>(
            """
            SELECT o.id, o.plan, o.receiver, o.channel,
                   ARRAY(SELECT DISTINCT a->'labels'->>'alertname' FROM jsonb_array_elements(o.notification->'alerts') a
                         WHERE a->'labels'->>'alertname' IS NOT NULL ORDER BY 1) AS alert_names,
                   cardinality(o.firing) AS firing, cardinality(o.resolved) AS resolved, o.state, o.attempts, o.error,
                   o.created_at, o.next_attempt_at, o.finished_at
            FROM notifying.outbox o ORDER BY o.created_at DESC, o.id DESC LIMIT @limit
            """, new { limit }, cancel);

    /// <summary>One row for each channel that has ever been told something.</summary>
    public static Task<IReadOnlyList<ChannelRecord>> ChannelRecords(this OperationsStore store, CancellationToken cancel) =>
        store.Query<ChannelRecord>(
            """
            SELECT plan, receiver, channel,
                   count(*) FILTER (WHERE state = 'sent' AND finished_at > @since) AS sent,
                   count(*) FILTER (WHERE state = 'failed' AND finished_at > @since) AS failed,
                   count(*) FILTER (WHERE state = 'waiting') AS waiting,
                   max(finished_at) FILTER (WHERE state = 'sent') AS last_sent_at
            FROM notifying.outbox GROUP BY plan, receiver, channel
            """, new { since = store.Clock.GetUtcNow().AddDays(-1) }, cancel);
}
