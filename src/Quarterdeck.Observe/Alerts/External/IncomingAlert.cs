using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Alerts.External;

/// <summary>An alert as it is sent in.</summary>
/// <param name="Labels">Its identity; one with an empty value is none.</param>
/// <param name="Annotations">What is said of it.</param>
/// <param name="StartsAt">Since when; null means now.</param>
/// <param name="EndsAt">Until when; null means until nothing is heard for the resolve timeout.</param>
/// <param name="GeneratorUrl">Where it comes from.</param>
public sealed record IncomingAlert(
    Labels Labels, Labels Annotations, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, string GeneratorUrl)
{
    /// <summary>Why it cannot be taken; null where it can.</summary>
    public string? Refusal
    {
        get
        {
            if (Labels.Count == 0) return "at least one label pair required";
            if (Labels.FirstOrDefault(l => !LabelNames.IsLegacyLabelName(l.Name)) is { Name: { } bad }) return $"invalid label set: invalid name \"{bad}\"";
            return EndsAt < StartsAt ? "start time must be before end time" : null;
        }
    }
}

/// <summary>What is known of an alert from outside.</summary>
/// <param name="StartsAt">Since when.</param>
/// <param name="EndsAt">Until when.</param>
/// <param name="TimedOut">Whether the end is only assumed.</param>
/// <param name="Firing">Whether it fires.</param>
public sealed record ExternalSpan(DateTimeOffset StartsAt, DateTimeOffset EndsAt, bool TimedOut, bool Firing);

/// <summary>Merges what is known with what arrives; pure. Duplicates and late arrivals change nothing.</summary>
public static class ExternalMerge
{
    /// <summary>What is known afterwards; null where the arrival is about a time that is over and is ignored.</summary>
    public static ExternalSpan? Merge(ExternalSpan? known, IncomingAlert incoming, DateTimeOffset now, TimeSpan resolveTimeout)
    {
        ArgumentNullException.ThrowIfNull(incoming);
        var timedOut = incoming.EndsAt is null;
        var ends = incoming.EndsAt ?? now + resolveTimeout;
        var starts = incoming.StartsAt ?? (incoming.EndsAt is { } end && end < now ? end : now);
        var firing = ends > now;
        if (known is null) return firing ? new ExternalSpan(starts, ends, timedOut, true) : null;
        if (known.Firing)
        {
            // The end of an earlier time says nothing about this one.
            if (!firing && ends < known.StartsAt) return null;
            var earliest = starts < known.StartsAt ? starts : known.StartsAt;
            // An end that somebody told beats one that is assumed.
            var keep = firing && timedOut && !known.TimedOut && known.EndsAt > ends;
            return new ExternalSpan(earliest, keep ? known.EndsAt : ends, keep ? known.TimedOut : timedOut, firing);
        }

        // The same time as the one whose end was told: a message that came late or twice.
        if (!firing || (!known.TimedOut && incoming.StartsAt is not null && starts <= known.StartsAt)) return null;
        return new ExternalSpan(starts, ends, timedOut, true);
    }
}
