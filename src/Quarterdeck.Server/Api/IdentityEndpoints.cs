using System.Buffers.Text;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Passkeys;

namespace Quarterdeck.Server.Api;

/// <summary>Oneself, one's credentials and sessions.</summary>
internal static class IdentityEndpoints
{
    public static void MapIdentity(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api").WithTags("identity");
        api.MapGet("/me", Me).Needs(Permission.OwnIdentity).Produces<Me>();
        api.MapGet("/sessions", ListSessions).Needs(Permission.OwnIdentity).Produces<SessionShape[]>();
        api.MapDelete("/sessions/{id}", EndSession).Needs(Permission.OwnIdentity).Produces(204);
        api.MapDelete("/credentials/{id}", async (string id, HttpContext context, Operators operators, CancellationToken cancel) =>
            (await operators.RevokeCredential(context.Operator().OperatorId, id, cancel)).AnswerNothing())
            .Needs(Permission.OwnCredentials).Produces(204);
        var enrol = api.MapGroup("/auth").RequireRateLimiting(AuthEndpoints.RateLimit);
        enrol.MapPost("/wallet/enrol/challenge", WalletEnrolChallenge).Needs(Permission.OwnCredentials).Produces<SignInMessageShape>();
        enrol.MapPost("/wallet/enrol", WalletEnrol).Needs(Permission.OwnCredentials).Produces<Created>();
        enrol.MapPost("/passkey/register/options", PasskeyEnrolOptions).Needs(Permission.OwnCredentials).Produces<RegistrationOptions>();
        enrol.MapPost("/passkey/register", PasskeyEnrol).Needs(Permission.OwnCredentials).Produces<Created>();
    }

    private static async Task<IResult> Me(HttpContext context, Operators operators, IdentityOptions options, CancellationToken cancel)
    {
        var me = context.Operator();
        var credentials = await operators.CredentialsOf(me.OperatorId, cancel);
        var shape = new OperatorShape(me.OperatorId, me.Name, me.Roles, me.Permissions, [.. credentials.Select(c => new CredentialShape(
            c.Id, c.Kind, c.Label, c.Address is null ? null : Address.Parse(c.Address).ToString(),
            c.CredentialId is null ? null : Base64Url.EncodeToString(c.CredentialId), c.CreatedAt, c.LastUsedAt))]);
        return Results.Ok(new Me(shape, Token.Csrf(me.Token), options.Environment, options.EnvironmentKind));
    }

    private static async Task<IResult> ListSessions(HttpContext context, Sessions sessions, CancellationToken cancel)
    {
        var me = context.Operator();
        return Results.Ok((await sessions.Of(me.OperatorId, cancel)).Select(s => new SessionShape(
            s.Id, s.Id == me.SessionId, s.Method, s.CreatedAt, s.LastSeenAt, s.ExpiresAt, s.Agent)));
    }

    private static async Task<IResult> EndSession(string id, HttpContext context, Sessions sessions, CancellationToken cancel) =>
        await sessions.End(context.Operator().OperatorId, id, cancel) ? Results.NoContent() : Problem.NotFound("session", id).Answer();

    private static async Task<IResult> WalletEnrolChallenge(
        WalletAddress body, HttpContext context, Wallets wallets, CancellationToken cancel)
    {
        if (!Address.TryParse(body.Address, out var address)) return AuthEndpoints.NotAnAddress(body.Address);
        return Results.Ok(new SignInMessageShape(await wallets.EnrolMessageFor(
            AuthEndpoints.Domain(context), AuthEndpoints.Origin(context), address, context.Operator().OperatorId, cancel)));
    }

    private static Task<IResult> WalletEnrol(SignedMessage body, HttpContext context, Wallets wallets, CancellationToken cancel) =>
        CredentialAttempts.Signed(
            context, () => wallets.Enrol(context.Operator().OperatorId, body.Message, body.Signature, body.Label ?? "", cancel),
            outcome => outcome.Answer(id => new Created(id)));

    private static async Task<IResult> PasskeyEnrolOptions(
        HttpContext context, PasskeyCeremonies passkeys, IdentityOptions options, CancellationToken cancel)
    {
        if (context.Request.Host.Host != options.RelyingPartyId) return Problem.Of(Refusals.NoHostName).Answer();
        var me = context.Operator();
        var (challenge, known) = await passkeys.BeginEnrolment(me.OperatorId, cancel);
        return Results.Ok(new RegistrationOptions(
            Base64Url.EncodeToString(challenge), new RelyingParty(options.RelyingPartyId, "Quarterdeck"),
            new PasskeyUser(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(me.OperatorId)), me.OperatorId, me.Name),
            [.. Attestation.Algorithms.Select(a => new PasskeyAlgorithm("public-key", a))], [.. known.Select(k => Base64Url.EncodeToString(k))]));
    }

    private static async Task<IResult> PasskeyEnrol(
        PasskeyAnswer body, HttpContext context, PasskeyCeremonies passkeys, CancellationToken cancel)
    {
        if (AuthEndpoints.Bytes(body.Challenge) is not { } challenge) return Problem.Of(Refusals.NotProved).Answer();
        return await CredentialAttempts.Signed(
            context, () => passkeys.Enrol(context.Operator().OperatorId, challenge, body.Credential, body.Label ?? "", cancel),
            outcome => outcome.Answer(id => new Created(id)));
    }
}
