using System.Collections.Concurrent;

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
            Sent = known.Sent + (sent ? 1 : 0), Failed = known.Failed + (sent ? 0 : 1), FailedInARow = sent ? 0 : known.FailedInARow + 1,
        });
}

/// <summary>One channel's counts.</summary>
/// <param name="Receiver">Receiver.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Sent">Attempts that were accepted.</param>
/// <param name="Failed">Attempts that were not.</param>
/// <param name="FailedInARow">Failures since the last success.</param>
public sealed record ChannelHealth(string Receiver, string Channel, long Sent, long Failed, long FailedInARow);
