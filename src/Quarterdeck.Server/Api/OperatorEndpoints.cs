using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api;

/// <summary>Letting people in and out, by two people; API tokens; the access review.</summary>
internal static class OperatorEndpoints
{
    public static void MapOperators(this IEndpointRouteBuilder app)
    {
        var operators = app.MapGroup("/api/operators").WithTags("operators");
        operators.MapGet("", List).Needs(Permission.Read).Produces<OperatorSummary[]>();
        operators.MapPost("/{id}/remove", Remove).Needs(Permission.ManageOperators).Produces(204);
        operators.MapPost("/{id}/links", MakeLink).Needs(Permission.ManageOperators).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<LinkToken>();
        operators.MapGet("/requests", ListRequests).Needs(Permission.ApproveOperators).Produces<OperatorRequestShape[]>();
        operators.MapPost("/requests", Ask).Needs(Permission.ManageOperators).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<HalfLink>();
        operators.MapPost("/requests/{id}/approve", Approve).Needs(Permission.ApproveOperators).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<HalfLink>();
        operators.MapPost("/requests/{id}/refuse", Refuse).Needs(Permission.ApproveOperators).Produces(204);
        operators.MapGet("/review", Review).Needs(Permission.ReviewAccess).Produces<AccessReviewShape>();
        operators.MapPost("/review", SignReview).Needs(Permission.ReviewAccess).Produces<Created>();
        var tokens = app.MapGroup("/api/tokens").WithTags("identity");
        tokens.MapGet("", ListTokens).Needs(Permission.OwnCredentials).Produces<TokenShape[]>();
        tokens.MapGet("/programs", (MachineTokens programs) => Results.Ok(programs.Listed.Select(t => new ProgramTokenShape(t.Name, t.Permissions, t.Expires))))
            .Needs(Permission.ReviewAccess).Produces<ProgramTokenShape[]>();
        tokens.MapPost("", MakeToken).Needs(Permission.OwnCredentials).RequireRateLimiting(AuthEndpoints.RateLimit).Produces<TokenMade>();
        tokens.MapDelete("/{id}", RevokeToken).Needs(Permission.OwnCredentials).Produces(204);
    }

    private static async Task<IResult> List(Operators operators, CancellationToken cancel) =>
        Results.Ok((await operators.List(cancel)).Select(o => new OperatorSummary(
            o.Id, o.Name, o.Roles, o.CredentialKinds, o.LastSeenAt, o.RemovedAt, o.ExpiresAt)));

    private static async Task<IResult> Remove(
        string id, ReasonGiven body, HttpContext context, Operators operators, CancellationToken cancel) =>
        string.IsNullOrWhiteSpace(body.Reason)
            ? NoReason("Removing an operator says why.")
            : (await operators.Remove(Me(context), id, body.Reason, cancel)).AnswerNothing();

    // With a link one is its operator, so making one alone would be acting as two. On a devnet the keys lie about anyway.
    private static async Task<IResult> MakeLink(
        string id, HttpContext context, Links links, IdentityOptions options, CancellationToken cancel) =>
        options.EnvironmentKind == "devnet"
            ? (await links.Make(Me(context), id, cancel)).Answer(token => new LinkToken(token))
            : new Problem(
                "It takes two people", "A link lets its holder be that operator.",
                "Ask with POST /api/operators/requests {kind: \"recover\"}; another operator approves.", StatusCodes.Status403Forbidden).Answer();

    private static async Task<IResult> ListRequests(OperatorRequests requests, CancellationToken cancel) =>
        Results.Ok((await requests.List(cancel)).Select(r => new OperatorRequestShape(
            r.Id, r.Kind, r.OperatorId, r.Name, r.Roles, r.Justification, r.OperatorExpiresAt, r.RequestedBy, r.RequestedAt, r.ExpiresAt, r.State,
            r.DecidedBy, r.DecidedAt, r.DecidedReason, r.Subject)));

    private static async Task<IResult> Ask(
        OperatorRequestGiven body, HttpContext context, OperatorRequests requests, CancellationToken cancel) =>
        (await requests.Ask(
            context.Operator().OperatorId,
            new OperatorAsk(body.Kind, body.Operator, body.Name, body.Roles, body.Justification, body.ExpiresAt?.ToUniversalTime(), body.Subject), cancel))
        .Answer(made => new HalfLink(made.Id, made.Half));

    private static async Task<IResult> Approve(string id, HttpContext context, OperatorRequests requests, CancellationToken cancel) =>
        (await requests.Approve(id, context.Operator().OperatorId, cancel)).Answer(half => new HalfLink(id, half));

    private static async Task<IResult> Refuse(
        string id, ReasonGiven body, HttpContext context, OperatorRequests requests, CancellationToken cancel) =>
        string.IsNullOrWhiteSpace(body.Reason)
            ? NoReason("Refusing a request says why.")
            : (await requests.Refuse(id, context.Operator().OperatorId, body.Reason, cancel)).AnswerNothing();

    private static async Task<IResult> Review(AccessReview review, IdentityOptions options, CancellationToken cancel)
    {
        var report = await review.Report(cancel);
        return Results.Ok(new AccessReviewShape(
            report.At, report.LastReviewedAt, report.LastReviewedBy, report.DueAt,
            [.. report.Operators.Select(o => new AccessRowShape(
                o.Id, o.Name, o.Roles, Permission.Of(o.Roles), o.CreatedAt, o.LastSeenAt, o.ExpiresAt, o.RemovedAt, o.RemovedBy, (int)o.Credentials,
                (int)o.Sessions, (int)o.Tokens, (int)o.Approvals, o.RequestedBy, o.ApprovedBy, o.Justification,
                o.Remarks(report.At, options.ReviewInterval)))]));
    }

    private static async Task<IResult> SignReview(TextGiven body, HttpContext context, AccessReview review, CancellationToken cancel) =>
        string.IsNullOrWhiteSpace(body.Text)
            ? NoReason("A review says what was found.")
            : Results.Ok(new Created(await review.Sign(context.Operator().OperatorId, body.Text.Trim(), cancel)));

    private static async Task<IResult> ListTokens(HttpContext context, ApiTokens tokens, CancellationToken cancel) =>
        Results.Ok((await tokens.Of(context.Operator().OperatorId, cancel)).Select(t => new TokenShape(
            t.Id, t.Label, t.Scopes, t.CreatedAt, t.ExpiresAt, t.LastUsedAt)));

    private static async Task<IResult> MakeToken(
        TokenGiven body, HttpContext context, ApiTokens tokens, FailureWindow failures, CancellationToken cancel) =>
        (await tokens.Make(
            context.Operator(), body.Label, body.Scopes, body.Days is { } days ? TimeSpan.FromDays(Math.Clamp(days, 0, 36_500)) : null, cancel))
        .Answer(made =>
        {
            failures.Remember(made.Token);
            return new TokenMade(made.Id, made.Token, made.ExpiresAt);
        });

    private static async Task<IResult> RevokeToken(string id, HttpContext context, ApiTokens tokens, CancellationToken cancel) =>
        await tokens.Revoke(context.Operator().OperatorId, id, cancel) ? Results.NoContent() : Problem.NotFound("token", id).Answer();

    private static Actor Me(HttpContext context) => Actor.Operator(context.Operator().OperatorId);

    private static IResult NoReason(string detail) => Problem.Invalid("A reason is needed", detail, "Write a sentence.").Answer();
}
