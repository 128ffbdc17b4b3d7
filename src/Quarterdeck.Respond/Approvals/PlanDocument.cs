using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Respond.Approvals;

/// <summary>A plan's JSON. Amounts and block numbers are decimal strings, since RFC 8785 numbers are doubles.</summary>
internal static class PlanDocument
{
    private const string Tag = "quarterdeck/plan/v1";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>A time as plans carry it: UTC, whole milliseconds.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public static byte[] Write(Plan plan)
    {
        var document = Document(plan);
        if (plan.Safe is { } safe) document["safe"] = PlannedSafeDocument.Write(safe);
        if (plan.Actions.Count > 0) document["actions"] = new JsonArray([.. plan.Actions.Select(PlannedActionDocument.Write)]);
        return CanonicalJson.Serialize(document);
    }

    private static JsonObject Document(Plan plan) => new()
    {
        ["tag"] = Tag,
        ["environment"] = plan.Environment,
        ["pack"] = plan.Pack,
        ["runbook"] = plan.Runbook,
        ["runbookHash"] = plan.RunbookHash.ToString(),
        ["run"] = plan.Run,
        ["stage"] = plan.Stage,
        ["requester"] = plan.Requester,
        ["policy"] = Policy(plan.Policy),
        ["createdAt"] = Time(plan.CreatedAt),
        ["expiresAt"] = Time(plan.ExpiresAt),
        ["nonce"] = plan.Nonce.ToString(),
        ["calls"] = new JsonArray([.. plan.Calls.Select(Call)]),
        ["simulation"] = new JsonObject
        {
            ["block"] = plan.Simulation.BlockNumber.ToString(CultureInfo.InvariantCulture),
            ["blockHash"] = plan.Simulation.BlockHash.ToString(),
            ["method"] = plan.Simulation.Method,
        },
        ["notCovered"] = Texts(plan.NotCovered),
    };

    public static Plan Read(byte[] canonical)
    {
        try
        {
            using var document = JsonDocument.Parse(canonical);
            var root = document.RootElement;
            if (Text(root, "tag") != Tag) throw new FormatException($"A plan carries the tag {Tag}.");
            var policy = root.GetProperty("policy");
            var simulation = root.GetProperty("simulation");
            return new Plan(
                Text(root, "environment"), Text(root, "pack"), Text(root, "runbook"), Hash32.Parse(Text(root, "runbookHash")),
                Text(root, "run"), root.GetProperty("stage").GetInt32(), Text(root, "requester"),
                ReadPolicy(policy),
                ReadTime(root, "createdAt"), ReadTime(root, "expiresAt"), Hash32.Parse(Text(root, "nonce")),
                [.. root.GetProperty("calls").EnumerateArray().Select(ReadCall)],
                new PlanSimulation(
                    ulong.Parse(Text(simulation, "block"), NumberStyles.None, CultureInfo.InvariantCulture),
                    Hash32.Parse(Text(simulation, "blockHash")), Text(simulation, "method")),
                TextList(root, "notCovered"))
            {
                Safe = root.TryGetProperty("safe", out var safe) ? PlannedSafeDocument.Read(safe) : null,
                Actions = root.TryGetProperty("actions", out var actions) ? [.. actions.EnumerateArray().Select(PlannedActionDocument.Read)] : [],
            };
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
                                            or OverflowException or ArgumentException)
        {
            throw new FormatException("The stored bytes are not a plan.", problem);
        }
    }

    // What a policy does not use is left out, so that plans of before have the bytes that were signed.
    internal static JsonObject Policy(PolicyTerms terms)
    {
        var policy = new JsonObject
        {
            ["name"] = terms.Name,
            ["required"] = terms.Required,
            ["roles"] = Texts(terms.Roles),
            ["requesterCounts"] = terms.RequesterCounts,
            ["expiresSeconds"] = (long)terms.Expires.TotalSeconds,
            ["typeTargetName"] = terms.TypeTargetName,
        };
        if (terms.Of is { } of) policy["of"] = of;
        if (terms.Denials != 1) policy["denials"] = terms.Denials;
        if (terms.BreakGlass.Count > 0) policy["breakGlass"] = Texts(terms.BreakGlass);
        return policy;
    }

    internal static PolicyTerms ReadPolicy(JsonElement policy) => new(
        Text(policy, "name"), policy.GetProperty("required").GetInt32(), TextList(policy, "roles"),
        policy.GetProperty("requesterCounts").GetBoolean(),
        TimeSpan.FromSeconds(policy.GetProperty("expiresSeconds").GetInt64()),
        policy.GetProperty("typeTargetName").GetBoolean())
    {
        Of = policy.TryGetProperty("of", out var of) ? of.GetInt32() : null,
        Denials = policy.TryGetProperty("denials", out var denials) ? denials.GetInt32() : 1,
        BreakGlass = policy.TryGetProperty("breakGlass", out _) ? TextList(policy, "breakGlass") : [],
    };

    private static JsonNode Call(PlannedCall call) => new JsonObject
    {
        ["position"] = call.Position,
        ["step"] = call.Step,
        ["chain"] = call.Chain.ToString(),
        ["account"] = call.Account,
        ["from"] = call.From.ToString(),
        ["target"] = call.Target.ToString(),
        ["targetName"] = call.TargetName,
        ["function"] = call.Function,
        ["args"] = Texts(call.Arguments),
        ["calldata"] = "0x" + Convert.ToHexStringLower(call.Calldata),
        ["value"] = call.Value.ToString(CultureInfo.InvariantCulture),
        ["class"] = call.ActionClass,
        ["afterSeconds"] = call.AfterSeconds,
        ["inverse"] = call.Inverse,
        ["forecast"] = Forecast(call.Forecast),
    };

    /// <summary>The calls of a plan's JSON, or of a part of it that has no forecasts.</summary>
    internal static IReadOnlyList<PlannedCall> ReadCalls(JsonObject document)
    {
        using var parsed = JsonDocument.Parse(document.ToJsonString());
        return [.. parsed.RootElement.GetProperty("calls").EnumerateArray().Select(ReadCall)];
    }

    private static JsonObject Forecast(CallForecast forecast)
    {
        var shown = new JsonObject
        {
            ["outcome"] = forecast.Outcome,
            ["reason"] = forecast.Reason,
            ["gas"] = forecast.Gas,
            ["events"] = Texts(forecast.Events),
        };
        if (forecast.Changes.Count > 0) shown["changes"] = Texts(forecast.Changes);
        return shown;
    }

    private static PlannedCall ReadCall(JsonElement call)
    {
        return new PlannedCall(
            call.GetProperty("position").GetInt32(), call.GetProperty("step").GetInt32(), ChainId.Parse(Text(call, "chain")),
            Text(call, "account"), Address.Parse(Text(call, "from")), Address.Parse(Text(call, "target")),
            Text(call, "targetName"), Text(call, "function"), TextList(call, "args"),
            Convert.FromHexString(Text(call, "calldata").AsSpan(2)),
            BigInteger.Parse(Text(call, "value"), NumberStyles.None, CultureInfo.InvariantCulture), Text(call, "class"),
            call.GetProperty("afterSeconds").GetInt64(), call.GetProperty("inverse").GetString(),
            call.TryGetProperty("forecast", out var forecast)
                ? new CallForecast(
                    Text(forecast, "outcome"), forecast.GetProperty("reason").GetString(), forecast.GetProperty("gas").GetInt64(),
                    TextList(forecast, "events"))
                {
                    Changes = forecast.TryGetProperty("changes", out _) ? TextList(forecast, "changes") : [],
                }
                : new CallForecast(CallForecast.NotSimulated, null, 0, []));
    }

    internal static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)text)]);

    internal static string[] TextList(JsonElement parent, string name) =>
        [.. parent.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    internal static string Text(JsonElement parent, string name) =>
        parent.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is missing from the plan.");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset ReadTime(JsonElement parent, string name) => DateTimeOffset.ParseExact(
        Text(parent, name), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
