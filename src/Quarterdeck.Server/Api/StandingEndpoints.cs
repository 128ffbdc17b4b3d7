using System.Buffers.Text;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Runs.Standing;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Standing approvals: asked for, signed ahead, revoked.</summary>
internal static class StandingEndpoints
{
    public static void MapStanding(this IEndpointRouteBuilder app)
    {
        var standing = app.MapGroup("/api/standing").WithTags("plans");
        standing.MapGet("", async (StandingList list, LoadedPacks packs, CancellationToken cancel) =>
            Results.Ok((await list.Query(cancel)).Select(v => v.Shape(packs)))).Needs(Permission.Read).Produces<StandingShape[]>();
        standing.MapGet("/{hash}", async (string hash, StandingList list, LoadedPacks packs, CancellationToken cancel) =>
            Hash32.TryParse(hash, out var name) && await list.One(name, cancel) is { } view ? Results.Ok(view.Shape(packs)) : NotFound(hash))
            .Needs(Permission.Read).Produces<StandingShape>();
        standing.MapPost("", Ask).Needs(Permission.RequestStanding).Produces<StandingShape>();
        standing.MapPost("/{hash}/approvals", Approve).Needs(Permission.ApprovePlans).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<PlanApprovedShape>();
        standing.MapPost("/{hash}/revoke", async (
            string hash, ReasonGiven body, HttpContext context, RevokeStanding revoke, CancellationToken cancel) =>
            Hash32.TryParse(hash, out var name)
                ? (await revoke.Revoke(name, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing()
                : NotFound(hash)).Needs(Permission.RevokeStanding).Produces(204);
    }

    private static async Task<IResult> Ask(
        StandingGiven body, HttpContext context, RequestStanding request, StandingList list, LoadedPacks packs, CancellationToken cancel)
    {
        var outcome = await request.Request(
            new StandingAsk(body.Pack, body.Runbook, body.Alert, body.Uses, TimeSpan.FromHours(Math.Clamp(body.Hours, 0, 100_000)), body.Reason),
            context.Operator().OperatorId, cancel);
        return outcome is Respond.Outcome<Hash32>.Done { Value: var hash }
            ? Results.Ok((await list.One(hash, cancel))!.Shape(packs))
            : outcome.AnswerNothing();
    }

    private static async Task<IResult> Approve(
        string hash, ApprovalGiven body, HttpContext context, StandingList list, ApproveStanding approve, CancellationToken cancel)
    {
        if (!Hash32.TryParse(hash, out var name) || await list.One(name, cancel) is not { } view) return NotFound(hash);
        if (PlanEndpoints.NotTyped(view.Grant.Policy, view.Grant.Calls, body.Confirmed) is { } missing) return missing.Answer();
        if (PlanEndpoints.Evidence(body) is not { } evidence) return PlanEndpoints.NoSignature.Answer();
        return await CredentialAttempts.Signed(
            context, () => approve.Approve(name, context.Operator().OperatorId, evidence, cancel),
            outcome => outcome.Answer(a => new PlanApprovedShape(a.State.ToString().ToLowerInvariant(), a.Counted, a.Required)));
    }

    private static StandingShape Shape(this StandingView view, LoadedPacks packs)
    {
        var grant = view.Grant;
        return new StandingShape(
            view.Hash.ToString(), view.Canonical, view.State.ToString().ToLowerInvariant(), grant.Environment, grant.Pack, grant.Runbook,
            packs.Packs.FirstOrDefault(p => p.Pack.Name == grant.Pack)?.Pack.FindRunbook(grant.Runbook)?.Title ?? grant.Runbook,
            grant.RunbookHash.ToString(), grant.Alert, grant.Reason, grant.Requester, grant.CreatedAt, grant.ExpiresAt, grant.Uses, view.Used,
            grant.Policy.Shape(grant.Calls), [.. grant.Calls.Select(c => c.Shape(packs))],
            [.. view.Approvals.Select(a => new PlanApprovalShape(a.OperatorName, a.Kind, a.ApprovedAt))],
            [.. view.Uses.Select(u => new StandingUseShape(u.Number, u.Plan.ToString(), u.Run, u.UsedAt))],
            view.EndedAt is { } at ? new StandingEndShape(view.EndedBy!, view.EndReason!, at) : null,
            view.TypedData, Base64Url.EncodeToString(view.PasskeyChallenge));
    }

    private static IResult NotFound(string hash) => Problem.NotFound("standing approval", hash).Answer();
}
