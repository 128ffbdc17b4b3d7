using System.Buffers.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Respond;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Passkeys;

namespace Quarterdeck.Server.Api;

/// <summary>Signing in and out.</summary>
internal static class AuthEndpoints
{
    /// <summary>Name of the rate limit on everything that tries a credential.</summary>
    public const string RateLimit = "credentials";

    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/api/auth").WithTags("auth").RequireRateLimiting(RateLimit);
        auth.MapGet("/methods", (IdentityOptions o) => Results.Ok(
            new SignInMethods(o.Environment, o.EnvironmentKind, [o.RelyingPartyId], o.ChainNumber, o.OidcLabel))).Open().Produces<SignInMethods>();
        auth.MapPost("/wallet/challenge", WalletChallenge).Open().Produces<SignInMessageShape>();
        auth.MapPost("/wallet", WalletSignIn).Open().Produces<SessionToken>();
        auth.MapPost("/link", LinkSignIn).Open().Produces<SessionToken>();
        auth.MapPost("/passkey/options", PasskeyOptions).Open().Produces<AssertionOptions>();
        auth.MapPost("/passkey/signin", PasskeySignIn).Open().Produces<SessionToken>();
        auth.MapPost("/signout", SignOut).Needs(Permission.OwnIdentity).Produces(204);
        auth.MapPost("/signout-everywhere", SignOutEverywhere).Needs(Permission.OwnIdentity).Produces(204);
    }

    private static async Task<IResult> WalletChallenge(
        WalletAddress body, HttpContext context, Wallets wallets, CancellationToken cancel)
    {
        if (!Address.TryParse(body.Address, out var address)) return NotAnAddress(body.Address);
        var message = await wallets.SignInMessageFor(Domain(context), Origin(context), address, cancel);
        return Results.Ok(new SignInMessageShape(message));
    }

    private static Task<IResult> WalletSignIn(
        SignedMessage body, HttpContext context, Wallets wallets, FailureWindow failures, CancellationToken cancel) =>
        Try(context, failures, () => wallets.SignIn(body.Message, body.Signature, AgentOf(context), cancel));

    private static Task<IResult> LinkSignIn(
        LinkToken body, HttpContext context, Links links, FailureWindow failures, CancellationToken cancel) =>
        Try(context, failures, () => links.SignIn(body.Token, AgentOf(context), cancel));

    private static async Task<IResult> PasskeyOptions(
        HttpContext context, PasskeyCeremonies passkeys, IdentityOptions options, CancellationToken cancel)
    {
        if (context.Request.Host.Host != options.RelyingPartyId) return Problem.Of(Refusals.NoHostName).Answer();
        var challenge = await passkeys.BeginSignIn(cancel);
        return Results.Ok(new AssertionOptions(Base64Url.EncodeToString(challenge), options.RelyingPartyId, []));
    }

    private static Task<IResult> PasskeySignIn(
        PasskeyAnswer body, HttpContext context, PasskeyCeremonies passkeys, FailureWindow failures, CancellationToken cancel) =>
        Try(context, failures, async () => Bytes(body.Challenge) is { } challenge
            ? await passkeys.SignIn(challenge, body.Credential, AgentOf(context), cancel)
            : Refusals.NotProved);

    private static async Task<IResult> SignOut(HttpContext context, Sessions sessions, CancellationToken cancel)
    {
        var me = context.Operator();
        await sessions.End(me.OperatorId, me.SessionId, cancel);
        SessionCookie.Take(context);
        return Results.NoContent();
    }

    private static async Task<IResult> SignOutEverywhere(HttpContext context, Sessions sessions, CancellationToken cancel)
    {
        await sessions.EndAll(context.Operator().OperatorId, cancel);
        SessionCookie.Take(context);
        return Results.NoContent();
    }

    // Proves, counts failures, and hands a session to browser (cookie) and client (token) alike.
    internal static async Task<IResult> Try(HttpContext context, FailureWindow failures, Func<Task<Outcome<NewSession>>> prove)
    {
        var address = CredentialAttempts.Address(context);
        if (CredentialAttempts.MustWait(context, address) is { } wait) return wait.Answer();
        var outcome = await prove();
        if (outcome is Outcome<NewSession>.Done { Value: var session })
        {
            failures.Succeeded(address);
            failures.Remember(session.Token);
            SessionCookie.Give(context, session);
            return Results.Ok(new SessionToken(session.Token, session.Operator, session.ExpiresAt));
        }

        await CredentialAttempts.Failed(context, address);
        return outcome.AnswerNothing();
    }

    internal static string Domain(HttpContext context) => context.Request.Host.Value ?? "localhost";

    internal static string Origin(HttpContext context) => $"{context.Request.Scheme}://{Domain(context)}";

    internal static byte[]? Bytes(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    internal static IResult NotAnAddress(string text) => Problem.Invalid(
        "Not an address", $"'{(text.Length > 60 ? text[..60] : text)}' is no EVM address.", "Give 0x and 40 hex digits.").Answer();

    private static string AgentOf(HttpContext context) => context.Request.Headers.UserAgent.ToString();
}
