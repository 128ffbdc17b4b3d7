using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Rehearsals: the history, where each runbook stands, and taking one in.</summary>
internal static class RehearsalEndpoints
{
    private const int Shown = 500;

    public static void MapRehearsals(this IEndpointRouteBuilder app)
    {
        var rehearsals = app.MapGroup("/api/rehearsals").WithTags("rehearsals");
        rehearsals.MapGet("", async (string? pack, string? runbook, RehearsalHistory history, CancellationToken cancel) =>
            Results.Ok((await history.Query(pack, runbook, Shown, cancel)).Select(r => r.Shape()))).Needs(Permission.Read).Produces<RehearsalShape[]>();
        rehearsals.MapGet("/standing", async (RehearsalHistory history, CancellationToken cancel) =>
            Results.Ok((await history.Standings(cancel)).Select(s => s.Shape()))).Needs(Permission.Read).Produces<RehearsalStandingShape[]>();
        rehearsals.MapPost("", async (RehearsalGiven body, HttpContext context, RecordRehearsal record, CancellationToken cancel) =>
            (await record.Record(body.Read(), Actor.Operator(context.Operator().OperatorId), cancel)).Answer(id => new RehearsalRecorded(id)))
            .Needs(Permission.OperateRuns).Produces<RehearsalRecorded>();
    }
}
