using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Plans: shown exactly as signed, approved, rejected.</summary>
internal static class PlanEndpoints
{
    public static void MapPlans(this IEndpointRouteBuilder app)
    {
        var plans = app.MapGroup("/api/plans").WithTags("plans");
        plans.MapGet("/{hash}", One).Needs(Permission.Read).Produces<PlanShape>();
        plans.MapPost("/{hash}/approvals", Approve).Needs(Permission.ApprovePlans).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<PlanApprovedShape>();
        plans.MapPost("/{hash}/break-glass", Break).Needs(Permission.BreakGlass).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<PlanApprovedShape>();
        plans.MapPost("/{hash}/break-glass/reviews", Review).Needs(Permission.ReviewBreakGlass).Produces(204);
        app.MapGet("/api/break-glass", Broken).WithTags("plans").Needs(Permission.Read).Produces<BrokenGlassShape[]>();
        plans.MapPost("/{hash}/reject", Reject).Needs(Permission.RejectPlans).Produces(204);
    }

    private static async Task<IResult> One(string hash, PlanDetail plans, RunDetail runs, LoadedPacks packs, CancellationToken cancel)
    {
        if (!Hash32.TryParse(hash, out var name) || await plans.Query(name, cancel) is not { } view)
            return Problem.NotFound("plan", hash).Answer();
        return Results.Ok(view.Shape((await runs.Query(view.Plan.Run, cancel))?.Run, packs));
    }

    private static async Task<IResult> Approve(
        string hash, ApprovalGiven body, HttpContext context, PlanDetail plans, ApprovePlan approve, CancellationToken cancel)
    {
        if (!Hash32.TryParse(hash, out var name) || await plans.Query(name, cancel) is not { } view)
            return Problem.NotFound("plan", hash).Answer();
        if (NotTyped(view.Plan.Policy, view.Plan.Calls, body.Confirmed, view.Plan.Actions) is { } missing) return missing.Answer();
        if (Evidence(body) is not { } evidence) return NoSignature.Answer();

        return await CredentialAttempts.Signed(
            context, () => approve.Approve(name, context.Operator().OperatorId, evidence, cancel),
            outcome => outcome.Answer(a => new PlanApprovedShape(a.State.Text(), a.Counted, a.Required)));
    }

    private static async Task<IResult> Break(
        string hash, BreakGlassGiven body, HttpContext context, PlanDetail plans, BreakGlass glass, CancellationToken cancel)
    {
        if (!Hash32.TryParse(hash, out var name) || await plans.Query(name, cancel) is not { } view) return Problem.NotFound("plan", hash).Answer();
        if (NotTyped(view.Plan.Policy, view.Plan.Calls, body.Confirmed, view.Plan.Actions) is { } missing) return missing.Answer();
        if (Evidence(new ApprovalGiven(body.Kind, body.Signature, body.Credential)) is not { } evidence) return NoSignature.Answer();
        return await CredentialAttempts.Signed(
            context, () => glass.Break(name, context.Operator().OperatorId, evidence, body.Reason, cancel),
            outcome => outcome.Answer(a => new PlanApprovedShape(a.State.Text(), a.Counted, a.Required)));
    }

    private static async Task<IResult> Review(
        string hash, GlassReviewGiven body, HttpContext context, ReviewBreakGlass review, CancellationToken cancel) =>
        Hash32.TryParse(hash, out var name)
            ? (await review.Review(name, context.Operator().OperatorId, body.Justified, body.Note, cancel)).AnswerNothing()
            : Problem.NotFound("plan", hash).Answer();

    private static async Task<IResult> Broken(ReviewBreakGlass review, CancellationToken cancel) =>
        Results.Ok((await review.List(cancel)).Select(b => new BrokenGlassShape(
            b.Plan.ToString(), b.Run, b.OperatorId, b.Reason, b.BrokenAt, b.Reviewed, b.ReviewedBy, b.Verdicts)));

    private static async Task<IResult> Reject(
        string hash, ReasonGiven body, HttpContext context, RejectPlan reject, CancellationToken cancel) =>
        Hash32.TryParse(hash, out var name)
            ? (await reject.Reject(name, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing()
            : Problem.NotFound("plan", hash).Answer();

    /// <summary>What an approver gets who has not typed a target's name where the policy or what is done wants it; null where they have.</summary>
    internal static Problem? NotTyped(
        PolicyTerms policy, IReadOnlyList<PlannedCall> calls, string? confirmed, IReadOnlyList<PlannedAction>? actions = null)
    {
        string[] names = [.. calls.Where(c => policy.TypeTargetName || c.ActionClass is "funds" or "unpause").Select(c => c.TargetName)
            .Concat((actions ?? []).Where(_ => policy.TypeTargetName).Select(a => a.Target)).Distinct()];
        return names.Length == 0 || names.Contains(confirmed?.Trim(), StringComparer.Ordinal)
            ? null
            : Problem.Invalid(
                "The target's name is missing", $"Who approves this types the name of what it acts on; '{confirmed ?? ""}' is not it.",
                $"Send it as 'confirmed': {string.Join(" or ", names)}.");
    }

    internal static Problem NoSignature { get; } = Problem.Invalid(
        "No signature", "Neither a wallet's signature nor a passkey's assertion could be read.",
        "Send kind wallet with signature (0x, 65 bytes), or kind passkey with credential.");

    internal static ApprovalEvidence? Evidence(ApprovalGiven body) => body.Kind switch
    {
        "wallet" when ApprovalEvidence.WalletSignature(body.Signature) is { } signature => new ApprovalEvidence.Wallet(signature),
        "passkey" when body.Credential is { } credential && AssertionResponse.Read(credential) is { } response =>
            new ApprovalEvidence.Passkey(response),
        _ => null,
    };
}
