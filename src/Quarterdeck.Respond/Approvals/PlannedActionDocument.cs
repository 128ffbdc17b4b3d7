using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Approvals;

/// <summary>An action's part of a plan's JSON.</summary>
internal static class PlannedActionDocument
{
    public static JsonNode Write(PlannedAction action) => new JsonObject
    {
        ["position"] = action.Position,
        ["step"] = action.Step,
        ["kind"] = action.Effect.Kind,
        ["target"] = action.Target,
        ["class"] = action.ActionClass,
        ["afterSeconds"] = action.AfterSeconds,
        ["inverse"] = action.Inverse,
        ["forecast"] = PlanDocument.Texts(action.Forecast),
        ["effect"] = Effect(action.Effect),
    };

    public static PlannedAction Read(JsonElement action) => new(
        action.GetProperty("position").GetInt32(), action.GetProperty("step").GetInt32(), PlanDocument.Text(action, "target"),
        PlanDocument.Text(action, "class"), action.GetProperty("afterSeconds").GetInt64(), action.GetProperty("inverse").GetString(),
        PlanDocument.TextList(action, "forecast"), ReadEffect(PlanDocument.Text(action, "kind"), action.GetProperty("effect")));

    /// <summary>What an action does, as the plan holds it and as people are shown it.</summary>
    public static JsonObject Effect(ActionEffect effect) => effect switch
    {
        ActionEffect.ServiceVerb service => new JsonObject
        {
            ["driver"] = service.Driver,
            ["service"] = service.Service,
            ["verb"] = service.Verb,
            ["replicas"] = service.Replicas,
            ["argv"] = PlanDocument.Texts(service.Argv),
        },
        ActionEffect.HttpRequest http => new JsonObject
        {
            ["method"] = http.Method,
            ["url"] = http.Url,
            ["headers"] = new JsonObject(http.Headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))),
            ["body"] = http.Body,
            ["basicAuth"] = http.BasicAuth,
            ["idempotencyKey"] = http.IdempotencyKey,
        },
        ActionEffect.DatabaseWrite write => new JsonObject
        {
            ["database"] = write.Database,
            ["sql"] = write.Sql,
            ["rows"] = write.Rows.ToString(CultureInfo.InvariantCulture),
        },
        ActionEffect.ExternalCommand external => new JsonObject { ["argv"] = PlanDocument.Texts(external.Argv) },
        _ => throw new InvalidOperationException("There is no fifth kind of action."),
    };

    private static ActionEffect ReadEffect(string kind, JsonElement effect) => kind switch
    {
        "service" => new ActionEffect.ServiceVerb(
            PlanDocument.Text(effect, "driver"), PlanDocument.Text(effect, "service"), PlanDocument.Text(effect, "verb"),
            effect.GetProperty("replicas") is { ValueKind: JsonValueKind.Number } replicas ? replicas.GetInt32() : null,
            PlanDocument.TextList(effect, "argv")),
        "http" => new ActionEffect.HttpRequest(
            PlanDocument.Text(effect, "method"), PlanDocument.Text(effect, "url"),
            effect.GetProperty("headers").EnumerateObject().ToDictionary(header => header.Name, header => header.Value.GetString()!, StringComparer.Ordinal),
            effect.GetProperty("body").GetString(), effect.GetProperty("basicAuth").GetString(), PlanDocument.Text(effect, "idempotencyKey")),
        "database" => new ActionEffect.DatabaseWrite(
            PlanDocument.Text(effect, "database"), PlanDocument.Text(effect, "sql"),
            long.Parse(PlanDocument.Text(effect, "rows"), NumberStyles.None, CultureInfo.InvariantCulture)),
        "external" => new ActionEffect.ExternalCommand(PlanDocument.TextList(effect, "argv")),
        _ => throw new FormatException($"A plan has no actions of the kind '{kind}'."),
    };
}
