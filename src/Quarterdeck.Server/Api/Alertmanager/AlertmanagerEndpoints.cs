using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Alertmanager;

/// <summary>
/// Alertmanager's API v2 for alerts and silences, so that amtool, Grafana and Prometheus itself can talk to Quarterdeck, and its
/// webhook as input, so that an existing Alertmanager feeds incidents.
/// </summary>
internal static class AlertmanagerEndpoints
{
    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromMinutes(5);

    // A webhook repeats what fires only at its repeat interval, and tells ends itself.
    private static readonly TimeSpan WebhookTimeout = TimeSpan.FromHours(24);

    public static void MapAlertmanager(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v2");
        api.MapGet("/status", Status).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapGet("/receivers", Receivers).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapGet("/alerts", AlertmanagerAlerts.List).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapGet("/alerts/groups", AlertmanagerAlerts.Groups).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapPost("/alerts", Send).Needs(Permission.SendAlerts).ForMachines().ExcludeFromDescription();
        api.MapGet("/silences", Silences).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapPost("/silences", SetSilence).Needs(Permission.SilenceAlerts).ForMachines().ExcludeFromDescription();
        api.MapGet("/silence/{id}", ShowSilence).Needs(Permission.Read).ForMachines().ExcludeFromDescription();
        api.MapDelete("/silence/{id}", ExpireSilence).Needs(Permission.SilenceAlerts).ForMachines().ExcludeFromDescription();
        app.MapPost("/api/alertmanager/webhook", Webhook).Needs(Permission.SendAlerts).ForMachines().ExcludeFromDescription();
    }

    private static IResult Status(NotificationPlans plans) => Results.Json(new JsonObject
    {
        ["cluster"] = new JsonObject { ["name"] = "", ["status"] = "disabled", ["peers"] = new JsonArray() },
        ["config"] = new JsonObject { ["original"] = AlertmanagerConfig.Text(plans.For(Observe.Metrics.PlatformSeries.Pack)?.Plan) },
        ["uptime"] = new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime()).ToString("O"),
        ["versionInfo"] = new JsonObject
        {
            ["branch"] = "",
            ["buildDate"] = "",
            ["buildUser"] = "",
            ["goVersion"] = "",
            ["revision"] = "quarterdeck",
            ["version"] = "0.25.0",
        },
    });

    private static IResult Receivers(NotificationPlans plans) => Results.Json(new JsonArray(
        [.. plans.All.Values.SelectMany(p => p.Receivers.Keys).Distinct().Select(name => new JsonObject { ["name"] = name })]));

    private static async Task<IResult> Send(HttpContext context, ExternalAlerts alerts, CancellationToken cancel)
    {
        if (await Body(context, cancel) is not JsonArray list) return Refused("the body must be a list of alerts");
        return await Take(context, alerts, "api", list, ResolveTimeout, cancel);
    }

    private static async Task<IResult> Webhook(HttpContext context, ExternalAlerts alerts, CancellationToken cancel)
    {
        if (await Body(context, cancel) is not JsonObject body) return Refused("the body must be an Alertmanager notification");
        if (body["version"]?.ToString() != "4") return Refused($"version '{body["version"]}' is not understood; version 4 is");
        return body["alerts"] is JsonArray list
            ? await Take(context, alerts, $"webhook {body["receiver"]}".TrimEnd(), list, WebhookTimeout, cancel)
            : Refused("the notification has no alerts");
    }

    private static async Task<IResult> Take(
        HttpContext context, ExternalAlerts alerts, string sender, JsonArray list, TimeSpan timeout, CancellationToken cancel)
    {
        var (incoming, refusals) = (new List<IncomingAlert>(), new List<string>());
        foreach (var item in list)
        {
            try
            {
                incoming.Add(AlertmanagerJson.ReadAlert(item));
            }
            catch (FormatException e)
            {
                refusals.Add(e.Message);
            }
        }

        refusals.AddRange(await alerts.Take(context.Operator().Actor, sender, incoming, timeout, cancel));
        return refusals.Count == 0 ? Results.Ok() : Refused(string.Join("; ", refusals.Distinct()));
    }

    private static async Task<IResult> Silences(HttpContext context, SilenceBook book, TimeProvider clock, CancellationToken cancel)
    {
        if (!AlertmanagerJson.TryFilters(context.Request, out var filters, out var problem)) return Refused(problem);
        var all = await book.List(cancel);
        // A filter asks for silences whose matchers are about the same labels and values.
        var found = all.Where(s => filters.All(f => s.Matchers.Any(m => m.Name == f.Name && f.Matches(m.Value))));
        return Results.Json(new JsonArray([.. found.Select(s => AlertmanagerJson.Shape(s, clock.GetUtcNow()))]));
    }

    private static async Task<IResult> SetSilence(HttpContext context, SilenceBook book, CancellationToken cancel)
    {
        SilenceRequest request;
        try
        {
            request = AlertmanagerJson.ReadSilence(await Body(context, cancel));
        }
        catch (FormatException e)
        {
            return Refused(e.Message);
        }

        var (id, refusal) = await book.Set(context.Operator().Actor, request, cancel);
        if (id is { } made) return Results.Json(new JsonObject { ["silenceID"] = made.ToString() });
        return refusal is null ? Results.Json("silence not found", statusCode: StatusCodes.Status404NotFound) : Refused(refusal);
    }

    private static async Task<IResult> ShowSilence(string id, SilenceBook book, TimeProvider clock, CancellationToken cancel) =>
        Guid.TryParse(id, out var guid) && await book.Find(guid, cancel) is { } silence
            ? Results.Json(AlertmanagerJson.Shape(silence, clock.GetUtcNow()))
            : Results.Json("silence not found", statusCode: StatusCodes.Status404NotFound);

    private static async Task<IResult> ExpireSilence(HttpContext context, string id, SilenceBook book, CancellationToken cancel)
    {
        if (!Guid.TryParse(id, out var guid) || await book.Find(guid, cancel) is null)
            return Results.Json("silence not found", statusCode: StatusCodes.Status404NotFound);
        return await book.Expire(context.Operator().Actor, guid, cancel) ? Results.Ok() : Refused("the silence has expired already");
    }

    private static async Task<JsonNode?> Body(HttpContext context, CancellationToken cancel)
    {
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: cancel);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Alertmanager's errors are a JSON text.
    private static IResult Refused(string why) => Results.Json(why, statusCode: StatusCodes.Status400BadRequest);
}
