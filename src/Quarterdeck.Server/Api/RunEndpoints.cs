using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Decisions;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Runs: proposed, watched, stopped.</summary>
internal static class RunEndpoints
{
    private const int Shown = 200;

    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/runs").WithTags("runs");
        runs.MapGet("", async (string? incidentId, RunShaping shaping, CancellationToken cancel) =>
            Results.Ok(await shaping.List(incidentId, Shown, cancel))).Needs(Permission.Read).Produces<RunSummaryShape[]>();
        runs.MapGet("/{id}", async (string id, RunShaping shaping, CancellationToken cancel) => Whole(id, await shaping.One(id, cancel)))
            .Needs(Permission.Read).Produces<RunShape>();
        runs.MapPost("", Propose).Needs(Permission.ProposeRuns).Produces<RunShape>();
        runs.MapPost("/{id}/abort", async (string id, ReasonGiven body, HttpContext context, AbortRun abort, CancellationToken cancel) =>
            (await abort.Abort(id, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing()).Needs(Permission.OperateRuns).Produces(204);
        runs.MapPost("/{id}/pause", async (string id, ReasonGiven body, HttpContext context, PauseRun pause, CancellationToken cancel) =>
            (await pause.Pause(id, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing()).Needs(Permission.OperateRuns).Produces(204);
        runs.MapPost("/{id}/resume", async (string id, ReasonGiven body, HttpContext context, ResumeRun resume, CancellationToken cancel) =>
            (await resume.Resume(id, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing()).Needs(Permission.OperateRuns).Produces(204);
        runs.MapPost("/{id}/steps/{index:int}/confirm", async (
            string id, int index, TextGiven body, HttpContext context, ConfirmStep confirm, CancellationToken cancel) =>
            (await confirm.Confirm(id, index, context.Operator().OperatorId, body.Text ?? "", cancel)).Answer(s => new StepConfirmed(s.Text())))
            .Needs(Permission.OperateRuns).Produces<StepConfirmed>();
        runs.MapPost("/{id}/steps/{index:int}/resolve", async (
            string id, int index, OutcomeGiven body, HttpContext context, ResolveStep resolve, CancellationToken cancel) =>
            (await resolve.Resolve(id, index, body.Happened, context.Operator().OperatorId, body.Text, cancel)).Answer(s => new StepConfirmed(s.Text())))
            .Needs(Permission.OperateRuns).Produces<StepConfirmed>();
        runs.MapPost("/{id}/steps/{index:int}/branch", async (
            string id, int index, BranchGiven body, HttpContext context, ChooseBranch choose, CancellationToken cancel) =>
            (await choose.Choose(id, index, body.Branch, context.Operator().OperatorId, body.Reason, cancel)).Answer(s => new StepConfirmed(s.Text())))
            .Needs(Permission.OperateRuns).Produces<StepConfirmed>();
        app.MapGet("/api/transactions", async (string? runId, TransactionList transactions, CancellationToken cancel) =>
            Results.Ok((await transactions.Query(runId, Shown, cancel)).Select(RunShaping.Shape)))
            .Needs(Permission.Read).WithTags("runs").Produces<TransactionShape[]>();
    }

    private static async Task<IResult> Propose(
        RunProposal body, HttpContext context, ProposeRun propose, RunShaping shaping, CancellationToken cancel)
    {
        var outcome = await propose.Propose(
            body.Pack, body.Runbook, body.IncidentId, Actor.Operator(context.Operator().OperatorId), body.Reason, cancel);
        return outcome is Outcome<ProposedRun>.Done { Value: var run }
            ? Whole(run.Id, await shaping.One(run.Id, cancel))
            : outcome.AnswerNothing();
    }

    private static IResult Whole(string id, RunShape? run) => run is null ? Problem.NotFound("run", id).Answer() : Results.Ok(run);
}
