using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>What became of an effect.</summary>
internal abstract record EffectOutcome
{
    private EffectOutcome()
    {
    }

    /// <summary>It came about.</summary>
    public sealed record Done(JsonObject Output) : EffectOutcome;

    /// <summary>It was refused, or failed in a way that is known; it is not tried again.</summary>
    public sealed record Failed(string Why, JsonObject? Evidence = null) : EffectOutcome;

    /// <summary>It is known that nothing came about: it may be made again under the same approval.</summary>
    public sealed record NotDone(string Why) : EffectOutcome;

    /// <summary>It may have come about or not, and nothing tells but a person.</summary>
    public sealed record Unknown(string Why) : EffectOutcome;
}

/// <summary>What was known right before an effect, kept with its intent.</summary>
/// <param name="Key">The same for every attempt at the step.</param>
/// <param name="Before">The service's identity; null where it has none.</param>
/// <param name="Xid">The transaction id at the target, once it is known and before it is committed; null until then.</param>
internal sealed record EffectTrace(string Key, string? Before, string? Xid)
{
    /// <summary>The verb that takes it back; null where none does.</summary>
    public Services.ServiceVerb? Undo { get; init; }

    public JsonObject ToJson()
    {
        var trace = new JsonObject { ["key"] = Key, ["before"] = Before, ["xid"] = Xid };
        if (Undo is { } undo) trace["undo"] = new JsonObject { ["verb"] = undo.Name, ["replicas"] = undo.Replicas };
        return trace;
    }

    public static EffectTrace Read(string json)
    {
        var node = JsonNode.Parse(json)!;
        return new EffectTrace((string)node["key"]!, (string?)node["before"], (string?)node["xid"]);
    }
}
