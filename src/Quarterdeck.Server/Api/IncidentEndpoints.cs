using Quarterdeck.Observe.Alerts;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Incidents and what people do with them.</summary>
internal static class IncidentEndpoints
{
    private const int Shown = 200;

    public static void MapIncidents(this IEndpointRouteBuilder app)
    {
        var incidents = app.MapGroup("/api/incidents").WithTags("incidents");
        incidents.MapGet("", List).Needs(Permission.Read).Produces<IncidentSummaryShape[]>();
        incidents.MapGet("/{id}", One).Needs(Permission.Read).Produces<IncidentShape>();
        incidents.MapPost("/{id}/acknowledge", async (
            string id, TextGiven body, HttpContext context, AcknowledgeIncident acknowledge, CancellationToken cancel) =>
            (await acknowledge.Acknowledge(id, context.Operator().OperatorId, body.Text, cancel)).AnswerNothing())
            .Needs(Permission.RespondToIncidents).Produces(204);
        incidents.MapPost("/{id}/notes", async (
            string id, TextGiven body, HttpContext context, AddNote notes, CancellationToken cancel) =>
            (await notes.Add(id, context.Operator().OperatorId, body.Text ?? "", cancel)).AnswerNothing())
            .Needs(Permission.RespondToIncidents).Produces(204);
        incidents.MapPost("/{id}/resolve", async (
            string id, Resolution body, HttpContext context, ResolveIncident resolve, CancellationToken cancel) =>
            (await resolve.Resolve(id, context.Operator().OperatorId, body.Text ?? "", body.Force ?? false, cancel)).AnswerNothing())
            .Needs(Permission.RespondToIncidents).Produces(204);
    }

    private static async Task<IResult> List(string? state, IncidentList incidents, RunShaping runs, CancellationToken cancel)
    {
        var all = await runs.List(null, Shown, cancel);
        return Results.Ok((await incidents.Query(state, Shown, cancel)).Select(i => i.Shape([.. all.Where(r => r.IncidentId == i.Id).Select(r => r.Id)])));
    }

    private static async Task<IResult> One(
        string id, IncidentDetail details, RunShaping runs, LoadedPacks packs, RuleHealth rules, CancellationToken cancel)
    {
        if (await details.Query(id, cancel) is not { } view) return Problem.NotFound("incident", id).Answer();
        var names = view.Alerts.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        var runbooks = packs.Packs.Where(p => p.Pack.Name == view.Incident.Pack).SelectMany(p => p.Pack.Runbooks
            .Where(r => view.Runbooks.Contains(r.Slug) || r.Alerts.Any(names.Contains))
            .OrderBy(r => view.Runbooks.Contains(r.Slug) ? 0 : 1).Select(r => r.Shape(p.Pack.Name)));
        return Results.Ok(view.Shape(await runs.List(id, Shown, cancel), [.. runbooks], rules));
    }
}
