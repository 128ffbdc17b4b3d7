using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>
/// What is signed ahead: the exact effects that a runbook has under one alert, for so many uses until then. As with a plan, its
/// canonical bytes are RFC 8785 JSON and its name is their SHA-256.
/// </summary>
/// <param name="Alert">The name of the alert rule under which alone it may be used.</param>
/// <param name="Policy">The terms that its signers fulfil: those of the plan, in the strictest hour of the day.</param>
/// <param name="Uses">How many plans it may carry; 1 to 100.</param>
/// <param name="Effects">See <see cref="StandingEffects"/>.</param>
public sealed record StandingGrant(
    string Environment, string Pack, string Runbook, Hash32 RunbookHash, string Alert, string Requester, string Reason, PolicyTerms Policy,
    int Uses, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, Hash32 Nonce, JsonObject Effects)
{
    private const string Tag = "quarterdeck/standing/v1";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private byte[]? _canonical;

    /// <summary>The most uses that can be signed at once.</summary>
    public const int MostUses = 100;

    /// <summary>The longest time for which can be signed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    /// <summary>The bytes that are hashed, stored and signed.</summary>
    public byte[] Canonical => _canonical ??= Write();

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public Hash32 Hash => new(SHA256.HashData(Canonical));

    /// <summary>The calls that it allows, as the plan of today has them.</summary>
    public IReadOnlyList<PlannedCall> Calls => PlanDocument.ReadCalls(Effects);

    /// <summary>Reads stored bytes back.</summary>
    /// <exception cref="FormatException">The bytes are no standing approval, or not in canonical form.</exception>
    public static StandingGrant Read(byte[] canonical)
    {
        try
        {
            var root = JsonNode.Parse(canonical)!.AsObject();
            if (Text(root, "tag") != Tag) throw new FormatException($"A standing approval carries the tag {Tag}.");
            using var policy = JsonDocument.Parse(root["policy"]!.ToJsonString());
            var grant = new StandingGrant(
                Text(root, "environment"), Text(root, "pack"), Text(root, "runbook"), Hash32.Parse(Text(root, "runbookHash")),
                Text(root, "alert"), Text(root, "requester"), Text(root, "reason"), PlanDocument.ReadPolicy(policy.RootElement),
                root["uses"]!.GetValue<int>(), Time(root, "createdAt"), Time(root, "expiresAt"), Hash32.Parse(Text(root, "nonce")),
                (JsonObject)root["effects"]!.DeepClone());
            return grant.Canonical.AsSpan().SequenceEqual(canonical)
                ? grant
                : throw new FormatException("The stored standing approval is not in canonical form.");
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
                                            or NullReferenceException or OverflowException or ArgumentException or InvalidCastException)
        {
            throw new FormatException("The stored bytes are no standing approval.", problem);
        }
    }

    private byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["tag"] = Tag,
        ["environment"] = Environment,
        ["pack"] = Pack,
        ["runbook"] = Runbook,
        ["runbookHash"] = RunbookHash.ToString(),
        ["alert"] = Alert,
        ["requester"] = Requester,
        ["reason"] = Reason,
        ["policy"] = PlanDocument.Policy(Policy),
        ["uses"] = Uses,
        ["createdAt"] = CreatedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        ["expiresAt"] = ExpiresAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        ["nonce"] = Nonce.ToString(),
        ["effects"] = Effects.DeepClone(),
    });

    private static string Text(JsonObject parent, string name) =>
        parent[name]?.GetValue<string>() ?? throw new FormatException($"'{name}' is missing from the standing approval.");

    private static DateTimeOffset Time(JsonObject parent, string name) => DateTimeOffset.ParseExact(
        Text(parent, name), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

/// <summary>
/// What a plan does, without what differs from run to run: who asked and when, its nonce, and what a simulation showed. Whatever
/// else a plan holds, also what a later version adds, is an effect. The database has the same function (approvals.effects).
/// </summary>
internal static class StandingEffects
{
    private static readonly string[] Differs =
        ["run", "stage", "requester", "policy", "createdAt", "expiresAt", "nonce", "simulation", "notCovered"];

    public static JsonObject Of(Plan plan)
    {
        var effects = JsonNode.Parse(plan.Canonical)!.AsObject();
        foreach (var name in Differs) effects.Remove(name);
        foreach (var (_, value) in effects)
        {
            if (value is not JsonArray items) continue;
            foreach (var item in items.OfType<JsonObject>()) item.Remove("forecast");
        }

        return effects;
    }

    public static bool Same(JsonObject a, JsonObject b) =>
        CanonicalJson.Serialize(a).AsSpan().SequenceEqual(CanonicalJson.Serialize(b));
}

/// <summary>What is signed for a standing approval.</summary>
public static class StandingSignature
{
    private static readonly byte[] Tag = "quarterdeck/standing-approval/v1"u8.ToArray();

    /// <summary>What a passkey signs: SHA-256 of tag ‖ the grant's random nonce ‖ its hash.</summary>
    public static byte[] Challenge(StandingGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return SHA256.HashData([.. Tag, .. grant.Nonce.ToArray(), .. grant.Hash.ToArray()]);
    }
}
