using System.Text.Json.Nodes;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Notifying.Silences;

/// <summary>Mutes the notifications of alerts that satisfy every matcher, for a time. Never their state.</summary>
public sealed record Silence(
    Guid Id, IReadOnlyList<Matcher> Matchers, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Where it stands at a time.</summary>
    public SilenceState StateAt(DateTimeOffset at) =>
        at < StartsAt ? SilenceState.Pending : at < EndsAt ? SilenceState.Active : SilenceState.Expired;

    internal JsonArray MatchersJson() => new([.. Matchers.Select(m => new JsonObject
    {
        ["name"] = m.Name, ["value"] = m.Value, ["isRegex"] = m.Kind is MatchKind.Regex or MatchKind.NotRegex,
        ["isEqual"] = m.Kind is MatchKind.Equal or MatchKind.Regex,
    })]);

    /// <summary>Matchers as Alertmanager's API writes them.</summary>
    /// <exception cref="FormatException">A matcher is not complete, or its expression is malformed.</exception>
    public static IReadOnlyList<Matcher> ReadMatchers(JsonNode? json)
    {
        if (json is not JsonArray list) throw new FormatException("matchers must be a list");
        return [.. list.Select(item =>
        {
            if (item is not JsonObject o || o["name"] is not JsonValue name || o["value"] is not JsonValue value)
                throw new FormatException("a matcher has a name and a value");
            var equal = o["isEqual"]?.GetValue<bool>() ?? true;
            var regex = o["isRegex"]?.GetValue<bool>() ?? false;
            return new Matcher((equal, regex) switch
            {
                (true, false) => MatchKind.Equal,
                (false, false) => MatchKind.NotEqual,
                (true, true) => MatchKind.Regex,
                _ => MatchKind.NotRegex,
            }, name.ToString(), value.ToString());
        })];
    }
}

/// <summary>Where a silence stands.</summary>
public enum SilenceState
{
    /// <summary>It has not begun.</summary>
    Pending,

    /// <summary>It mutes.</summary>
    Active,

    /// <summary>It is over.</summary>
    Expired,
}

/// <summary>What is asked for when a silence is made or changed.</summary>
/// <param name="Id">The one to change; null makes a new one.</param>
/// <param name="Matchers">Conditions; at least one that an empty value does not satisfy.</param>
/// <param name="StartsAt">From when; a time in the past means now.</param>
/// <param name="EndsAt">Until when.</param>
/// <param name="CreatedBy">By whom, as they call themselves.</param>
/// <param name="Comment">Why.</param>
public sealed record SilenceRequest(
    Guid? Id, IReadOnlyList<Matcher> Matchers, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment);

/// <summary>What becomes of a request; pure.</summary>
public static class SilenceRules
{
    /// <summary>Why a request is refused; null where it is not.</summary>
    public static string? Refusal(SilenceRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Matchers.Count == 0) return "at least one matcher required";
        if (request.Matchers.All(m => m.Matches(""))) return "at least one matcher must not match the empty string";
        if (request.EndsAt < request.StartsAt) return "end time must not be before start time";
        if (request.EndsAt <= now) return "end time can't be in the past";
        if (string.IsNullOrWhiteSpace(request.Comment)) return "a comment must say why";
        return string.IsNullOrWhiteSpace(request.CreatedBy) ? "it must say by whom" : null;
    }

    /// <summary>
    /// Whether the existing silence may be changed in place: only its end and its words, and a start that has not come. Otherwise it
    /// ends now and a new one begins, so that history says what was muted when.
    /// </summary>
    public static bool CanChangeInPlace(Silence existing, SilenceRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(existing);
        ArgumentNullException.ThrowIfNull(request);
        if (existing.MatchersJson().ToJsonString() != (existing with { Matchers = request.Matchers }).MatchersJson().ToJsonString()) return false;
        return existing.StateAt(now) switch
        {
            // Clients send the start back in milliseconds.
            SilenceState.Active => (existing.StartsAt - request.StartsAt).Duration() < TimeSpan.FromMilliseconds(1),
            SilenceState.Pending => request.StartsAt >= now,
            _ => false,
        };
    }
}
