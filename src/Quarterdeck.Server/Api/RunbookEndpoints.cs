using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Runbooks as understood, beside their source, and whether the pausing ones would work now.</summary>
internal static class RunbookEndpoints
{
    public static void MapRunbooks(this IEndpointRouteBuilder app)
    {
        var runbooks = app.MapGroup("/api/runbooks").WithTags("runbooks");
        runbooks.MapGet("", (LoadedPacks packs) => Results.Ok(packs.Packs.SelectMany(p => p.Pack.Runbooks.Select(r => r.Shape(p.Pack.Name)))))
            .Needs(Permission.Read).Produces<RunbookSummaryShape[]>();
        runbooks.MapGet("/{pack}/{slug}", One).Needs(Permission.Read).Produces<RunbookDetailShape>();
        app.MapGet("/api/readiness", async (PauseReadiness readiness, CancellationToken cancel) =>
            Results.Ok((await readiness.Query(cancel)).Select(f => f.Shape())))
            .Needs(Permission.Read).WithTags("runbooks").Produces<PauseReadinessShape[]>();
        app.MapGet("/api/readiness/contracts", async (ContractReadiness readiness, CancellationToken cancel) =>
            Results.Ok((await readiness.Query(cancel)).Select(c => c.Shape())))
            .Needs(Permission.Read).WithTags("runbooks").Produces<PausableContractShape[]>();
    }

    private static IResult One(string pack, string slug, LoadedPacks packs)
    {
        var own = packs.Packs.FirstOrDefault(p => p.Pack.Name == pack)?.Pack;
        var found = own?.RunbookDocuments.SelectMany(d => d.Runbooks.Select(r => (Document: d, Runbook: r))).FirstOrDefault(f => f.Runbook.Slug == slug);
        if (found is not { Runbook: { } runbook } both) return Problem.NotFound("runbook", $"{pack}/{slug}").Answer();
        return Results.Ok(new RunbookDetailShape(
            pack, runbook.Slug, runbook.Title, runbook.Severity?.Text(), runbook.Alerts, runbook.Steps.Count(s => s.IsWrite), runbook.PolicyName,
            runbook.Hash.ToString(), both.Document.Text,
            [.. runbook.Steps.Select(s => new RunbookStepShape(
                s.Index, s.Line, s.Kind, s.Text, Detail(s), s.OnFailure == FailureResponse.Stop ? null : s.OnFailure.ToString().ToLowerInvariant()))],
            [.. both.Document.Findings.Select(f => f.Shape())]));
    }

    public static RunbookSummaryShape Shape(this Runbook runbook, string pack) => new(
        pack, runbook.Slug, runbook.Title, runbook.Severity?.Text(), runbook.Alerts, runbook.Steps.Count, runbook.Steps.Count(s => s.IsWrite));

    private static string? Detail(RunbookStep step) => step switch
    {
        { Class: { } actionClass } => $"Needs approval: a change of class {actionClass.ToString().ToLowerInvariant()}."
            + (step.Context.Length > 0 ? $" {step.Context}" : ""),
        { Context.Length: > 0 } => step.Context,
        _ => null,
    };
}
