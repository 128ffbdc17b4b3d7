using System.Collections.Concurrent;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>How each channel does, in this process since it started.</summary>
public sealed class NotifyingHealth
{
    private readonly ConcurrentDictionary<(string Receiver, string Channel), ChannelHealth> _channels = new();

    /// <summary>All channels that were tried.</summary>
    public IReadOnlyList<ChannelHealth> Channels => [.. _channels.Values];

    internal void Note(string receiver, string channel, bool sent) => _channels.AddOrUpdate(
        (receiver, channel), _ => new ChannelHealth(receiver, channel, sent ? 1 : 0, sent ? 0 : 1, sent ? 0 : 1),
        (_, known) => known with
        {
            Sent = known.Sent + (sent ? 1 : 0),
            Failed = known.Failed + (sent ? 0 : 1),
            FailedInARow = sent ? 0 : known.FailedInARow + 1,
        });
}

/// <summary>Reads how channels do, over all replicas.</summary>
public static class ChannelQueries
{
    /// <summary>The channels that refuse now: something waits after three attempts, or was given up in the last ten minutes and nothing was accepted since.</summary>
    public static Task<IReadOnlyList<FailingChannel>> FailingChannels(this OperationsStore store, CancellationToken cancel) =>
        store.Query<FailingChannel>(
            """
            SELECT DISTINCT o.receiver, o.channel FROM notifying.outbox o
            WHERE (o.state = 'waiting' AND o.attempts >= 3)
               OR (o.state = 'failed' AND o.finished_at > @since
                   AND NOT EXISTS (SELECT FROM notifying.outbox s WHERE s.receiver = o.receiver AND s.channel = o.channel
                                   AND s.state = 'sent' AND s.finished_at > o.finished_at))
            """, new { since = store.Clock.GetUtcNow().AddMinutes(-10) }, cancel);
}

/// <summary>A channel that refuses.</summary>
public sealed record FailingChannel(string Receiver, string Channel);

/// <summary>One channel's counts.</summary>
/// <param name="Receiver">Receiver.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Sent">Attempts that were accepted.</param>
/// <param name="Failed">Attempts that were not.</param>
/// <param name="FailedInARow">Failures since the last success.</param>
public sealed record ChannelHealth(string Receiver, string Channel, long Sent, long Failed, long FailedInARow);
