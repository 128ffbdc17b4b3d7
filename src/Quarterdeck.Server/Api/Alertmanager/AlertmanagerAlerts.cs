using System.Text.Json.Nodes;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Notifying.Channels;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api.Alertmanager;

/// <summary>The firing alerts as Alertmanager's API tells them, with who mutes them.</summary>
internal static class AlertmanagerAlerts
{
    public static async Task<IResult> List(
        HttpContext context, OperationsStore store, NotificationPlans plans, SilenceBook silences, TimeProvider clock, CancellationToken cancel)
    {
        if (!AlertmanagerJson.TryFilters(context.Request, out var filters, out var problem)) return Results.Json(problem, statusCode: 400);
        var all = await Read(context, filters, store, plans, silences, clock, cancel);
        return all is null ? Results.Json("receiver is not a regular expression", statusCode: 400) : Results.Json(new JsonArray([.. all.Select(a => a.Json)]));
    }

    public static async Task<IResult> Groups(
        HttpContext context, OperationsStore store, NotificationPlans plans, SilenceBook silences, TimeProvider clock, CancellationToken cancel)
    {
        if (!AlertmanagerJson.TryFilters(context.Request, out var filters, out var problem)) return Results.Json(problem, statusCode: 400);
        if (await Read(context, filters, store, plans, silences, clock, cancel) is not { } all)
            return Results.Json("receiver is not a regular expression", statusCode: 400);
        var groups = from alert in all
                     from route in alert.Routes
                     group alert by (route.Receiver, Labels: route.GroupOf(alert.Labels)) into grouped
                     orderby grouped.Key.Labels
                     select new JsonObject
                     {
                         ["labels"] = AlertmanagerJson.Map(grouped.Key.Labels),
                         ["receiver"] = new JsonObject { ["name"] = grouped.Key.Receiver },
                         ["alerts"] = new JsonArray([.. grouped.Select(a => a.Json.DeepClone())]),
                     };
        return Results.Json(new JsonArray([.. groups]));
    }

    private static async Task<List<Shown>?> Read(
        HttpContext context, IReadOnlyList<Matcher> filters, OperationsStore store, NotificationPlans plans, SilenceBook silences, TimeProvider clock,
        CancellationToken cancel)
    {
        var query = context.Request.Query;
        Matcher? receiver = null;
        if (query["receiver"].ToString() is { Length: > 0 } pattern)
        {
            try
            {
                receiver = new Matcher(MatchKind.Regex, "receiver", pattern);
            }
            catch (FormatException)
            {
                return null;
            }
        }

        var now = clock.GetUtcNow();
        var firing = await FiringAlerts.Read(store, cancel);
        var muted = await silences.List(cancel);
        var shown = new List<Shown>();
        foreach (var (pack, alert) in firing.OrderBy(f => f.Alert.Labels))
        {
            if (!filters.All(f => f.Matches(alert.Labels))) continue;
            var plan = plans.For(pack)?.Plan;
            var routes = plan?.Root.Match(alert.Labels) ?? [];
            var receivers = routes.Select(r => r.Receiver).Distinct().ToList();
            if (receiver is not null && !receivers.Exists(receiver.Matches)) continue;
            var silencedBy = GroupFlush.SilencedBy(alert, muted, now).Select(s => s.Id.ToString()).ToList();
            var inhibitedBy = plan is not null && GroupFlush.InhibitedBy(alert, plan, [.. firing.Select(f => f.Alert)]) is { } by
                ? [Fingerprint.Of(by.Labels)] : new List<string>();
            if (silencedBy.Count > 0 && !Wanted("silenced") || inhibitedBy.Count > 0 && !Wanted("inhibited")) continue;
            if (silencedBy.Count == 0 && inhibitedBy.Count == 0 && !Wanted("active")) continue;
            shown.Add(new Shown(alert.Labels, routes, new JsonObject
            {
                ["annotations"] = AlertmanagerJson.Map(alert.Annotations),
                ["endsAt"] = AlertmanagerJson.Text(now.AddMinutes(5)),
                ["fingerprint"] = Fingerprint.Of(alert.Labels),
                ["receivers"] = new JsonArray([.. receivers.Select(name => new JsonObject { ["name"] = name })]),
                ["startsAt"] = AlertmanagerJson.Text(alert.StartsAt),
                ["status"] = new JsonObject
                {
                    ["inhibitedBy"] = Texts(inhibitedBy),
                    ["mutedBy"] = new JsonArray(),
                    ["silencedBy"] = Texts(silencedBy),
                    ["state"] = silencedBy.Count + inhibitedBy.Count > 0 ? "suppressed" : "active",
                },
                ["updatedAt"] = AlertmanagerJson.Text(now),
                ["generatorURL"] = "",
                ["labels"] = AlertmanagerJson.Map(alert.Labels),
            }));
        }

        return shown;

        bool Wanted(string kind) => query[kind].ToString() is not "false";
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private sealed record Shown(Labels Labels, IReadOnlyList<Packs.Notifications.Route> Routes, JsonObject Json);
}
