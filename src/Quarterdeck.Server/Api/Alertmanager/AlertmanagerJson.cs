using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;

namespace Quarterdeck.Server.Api.Alertmanager;

/// <summary>The shapes of Alertmanager's API v2.</summary>
internal static class AlertmanagerJson
{
    /// <summary>Reads an alert as it is posted.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static IncomingAlert ReadAlert(JsonNode? json)
    {
        if (json is not JsonObject alert) throw new FormatException("an alert must be an object");
        var ends = Time(alert["endsAt"], "endsAt");
        // The zero time of Go means that it has not ended.
        if (ends is { Year: 1 }) ends = null;
        var starts = Time(alert["startsAt"], "startsAt");
        if (starts is { Year: 1 }) starts = null;
        // In a webhook the status says whether it ended, also where the clocks differ.
        if (ends is null && alert["status"]?.ToString() == "resolved") throw new FormatException("a resolved alert needs endsAt");
        return new IncomingAlert(Map(alert["labels"], "labels"), Map(alert["annotations"], "annotations"), starts, ends, alert["generatorURL"]?.ToString() ?? "");
    }

    /// <summary>Reads a silence as it is posted.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static SilenceRequest ReadSilence(JsonNode? json)
    {
        if (json is not JsonObject silence) throw new FormatException("a silence must be an object");
        var id = silence["id"]?.ToString();
        Guid? known = null;
        if (id is { Length: > 0 })
            known = Guid.TryParse(id, out var guid) ? guid : throw new FormatException($"'{id}' is not the id of a silence");
        IReadOnlyList<Matcher> matchers;
        try
        {
            matchers = Silence.ReadMatchers(silence["matchers"]);
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("isRegex and isEqual must be true or false");
        }

        return new SilenceRequest(known, matchers,
            Time(silence["startsAt"], "startsAt") ?? throw new FormatException("startsAt is missing"),
            Time(silence["endsAt"], "endsAt") ?? throw new FormatException("endsAt is missing"),
            silence["createdBy"]?.ToString() ?? "", silence["comment"]?.ToString() ?? "");
    }

    public static JsonObject Shape(Silence silence, DateTimeOffset now) => new()
    {
        ["id"] = silence.Id.ToString(),
        ["status"] = new JsonObject { ["state"] = silence.StateAt(now).ToString().ToLowerInvariant() },
        ["updatedAt"] = Text(silence.UpdatedAt),
        ["comment"] = silence.Comment,
        ["createdBy"] = silence.CreatedBy,
        ["startsAt"] = Text(silence.StartsAt),
        ["endsAt"] = Text(silence.EndsAt),
        ["matchers"] = new JsonArray([.. silence.Matchers.Select(m => new JsonObject
        {
            ["name"] = m.Name, ["value"] = m.Value, ["isRegex"] = m.Kind is MatchKind.Regex or MatchKind.NotRegex,
            ["isEqual"] = m.Kind is MatchKind.Equal or MatchKind.Regex,
        })]),
    };

    /// <summary>The matchers of <c>filter=</c>.</summary>
    public static bool TryFilters(HttpRequest request, out IReadOnlyList<Matcher> filters, out string problem)
    {
        (filters, problem) = ([], "");
        try
        {
            filters = [.. request.Query["filter"].OfType<string>().SelectMany(MatcherText.Parse)];
            return true;
        }
        catch (FormatException e)
        {
            problem = e.Message;
            return false;
        }
    }

    public static JsonObject Map(Labels labels) =>
        new(labels.Select(l => KeyValuePair.Create(l.Name, (JsonNode?)JsonValue.Create(l.Value))));

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static Labels Map(JsonNode? json, string what) => json switch
    {
        null => Labels.Empty,
        JsonObject map => Labels.From(map.Select(p => KeyValuePair.Create(p.Key, p.Value?.ToString() ?? ""))),
        _ => throw new FormatException($"{what} must be an object"),
    };

    private static DateTimeOffset? Time(JsonNode? json, string what)
    {
        if (json is null || json.ToString() is not { Length: > 0 } text) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw new FormatException($"{what} '{text}' is not a time");
    }
}
