using Quarterdeck.Primitives;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Oidc;

namespace Quarterdeck.Server.Api;

/// <summary>Signing in by the team's identity provider, where one is configured.</summary>
internal static class OidcEndpoints
{
    /// <summary>Where the provider sends the browser back to.</summary>
    public const string CallbackPath = "/api/auth/oidc/callback";

    private const string Plain = "quarterdeck-oidc";

    public static void MapOidc(this IEndpointRouteBuilder app)
    {
        var oidc = app.MapGroup("/api/auth/oidc").WithTags("auth").RequireRateLimiting(AuthEndpoints.RateLimit).ExcludeFromDescription();
        oidc.MapGet("/start", Start).Open();
        oidc.MapGet("/callback", Callback).Open();
    }

    private static async Task<IResult> Start(
        HttpContext context, Subjects subjects, IdentityOptions options, IServiceProvider services, CancellationToken cancel)
    {
        if (services.GetService<OidcProvider>() is not { } provider) return Problem.NotFound("identity provider", "oidc").Answer();
        try
        {
            var (address, state) = await subjects.Begin(provider, cancel);
            context.Response.Cookies.Append(Name(context), state, Cookie(context, options.ChallengeLifetime));
            return Results.Redirect(address.ToString());
        }
        catch (TransientException problem)
        {
            return Away(context, problem);
        }
    }

    // The state in the address must be the one in this browser's cookie: nobody signs somebody else in.
    private static async Task<IResult> Callback(
        HttpContext context, Subjects subjects, FailureWindow failures, IServiceProvider services, CancellationToken cancel, string? state = null,
        string? code = null)
    {
        if (services.GetService<OidcProvider>() is not { } provider) return Problem.NotFound("identity provider", "oidc").Answer();
        var kept = context.Request.Cookies[Name(context)];
        context.Response.Cookies.Delete(Name(context), Cookie(context, TimeSpan.Zero));
        try
        {
            var answer = await AuthEndpoints.Try(context, failures, async () => state is { Length: > 0 and < 200 } && code is { Length: > 0 and < 4096 }
                && kept is not null && Token.Same(state, kept)
                    ? await subjects.End(provider, state, code, context.Request.Headers.UserAgent.ToString(), cancel)
                    : Refusals.NotProved);
            return answer is IStatusCodeHttpResult { StatusCode: StatusCodes.Status200OK } ? Results.Redirect("/") : answer;
        }
        catch (TransientException problem)
        {
            return Away(context, problem);
        }
    }

    private static IResult Away(HttpContext context, TransientException problem)
    {
        OidcLog.Away(context.RequestServices.GetRequiredService<ILogger<OidcProvider>>(), problem.Message);
        return new Problem(
            "The identity provider does not answer", "Nobody can sign in by it at present.", "Sign in with a passkey or a wallet.",
            StatusCodes.Status503ServiceUnavailable).Answer();
    }

    private static string Name(HttpContext context) => context.Request.IsHttps ? "__Host-" + Plain : Plain;

    // Lax: the browser comes back from the provider's site.
    private static CookieOptions Cookie(HttpContext context, TimeSpan lifetime) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };
}

/// <summary>What is said in the program's log.</summary>
internal static partial class OidcLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Problem}")]
    public static partial void Away(ILogger logger, string problem);
}
