using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Http;

/// <summary>
/// Stands before every endpoint: who is it, may they, and does the request come from the console. Closed by default: an
/// endpoint that names no demand answers nobody.
/// </summary>
internal static class Gate
{
    public const string CsrfHeader = "X-Quarterdeck-Csrf";

    public static void UseGate(this WebApplication app) => app.Use(async (context, next) =>
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is null)
        {
            await next(context);
            return;
        }

        var refusal = await Judge(
            context, endpoint.Metadata.GetMetadata<Demand>(), endpoint.Metadata.GetMetadata<OpenToMachines>() is not null);
        if (refusal is null) await next(context);
        else await refusal.Write(context);
    });

    /// <summary>The operator behind the request; only for endpoints that demand one.</summary>
    public static SignedIn Operator(this HttpContext context) =>
        (SignedIn?)context.Items[typeof(SignedIn)] ?? throw new InvalidOperationException("This endpoint demands no operator.");

    private static async Task<Problem?> Judge(HttpContext context, Demand? demand, bool machines)
    {
        if (demand is null)
            return new Problem("Not available", "This endpoint names no permission.", "Report this as a bug.", StatusCodes.Status403Forbidden);
        var changes = !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));
        if (changes && !ComesFromHere(context.Request))
        {
            return new Problem(
                "The request comes from another site", $"Its origin is {context.Request.Headers.Origin}.", "Use the console at its own address.",
                StatusCodes.Status403Forbidden);
        }

        if (demand.Permission is null) return null;
        var failures = context.RequestServices.GetRequiredService<FailureWindow>();
        var shown = Shown(context.Request);
        var guesses = CredentialAttempts.Tokens(context);
        // Who guesses must wait; a token that is known to be good goes on, whoever shares its address.
        if (shown is not null && !failures.Remembers(shown) && CredentialAttempts.MustWait(context, guesses) is { } wait) return wait;
        if (await Recognise(context, machines) is not { } operatorNow)
        {
            if (shown is not null && !await context.RequestServices.GetRequiredService<AccessRefusals>().Ended(
                shown, changes, context.Request.Method, context.Request.Path, context.RequestAborted))
            {
                await CredentialAttempts.Failed(context, guesses);
                // A browser with the cookie of another database would go on showing it, and be taken for one who guesses.
                if (SessionCookie.Read(context.Request) == shown) SessionCookie.Take(context);
            }

            return new Problem("Not signed in", "There is no session, or it is over.", "Sign in.", StatusCodes.Status401Unauthorized);
        }

        failures.Remember(operatorNow.Token);
        if (Refusal(context, demand.Permission, changes, operatorNow) is { } refusal)
        {
            if (changes)
            {
                await context.RequestServices.GetRequiredService<AccessRefusals>().Refused(
                    operatorNow.Actor, context.Request.Method, context.Request.Path, refusal.Detail ?? refusal.Title, context.RequestAborted);
            }

            return refusal;
        }

        context.Items[typeof(SignedIn)] = operatorNow;
        return null;
    }

    private static Problem? Refusal(HttpContext context, string permission, bool changes, SignedIn operatorNow)
    {
        if (changes && operatorNow.ByCookie && !Token.Same(context.Request.Headers[CsrfHeader].ToString(), Token.Csrf(operatorNow.Token)))
        {
            return new Problem(
                "The request lacks its proof of origin", $"A state change by cookie needs the header {CsrfHeader}.",
                "Reload the console; other clients send Authorization: Bearer instead of the cookie.", StatusCodes.Status403Forbidden);
        }

        if (!operatorNow.May(permission))
        {
            return new Problem(
                "Your roles do not allow it",
                $"It needs '{permission}'; {operatorNow.Name} is {string.Join(", ", operatorNow.IsMachine ? operatorNow.Permissions : operatorNow.Roles)}.",
                "Ask someone who holds such a role.", StatusCodes.Status403Forbidden);
        }

        return null;
    }

    private static string? Shown(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : SessionCookie.Read(request);
    }

    private static async Task<SignedIn?> Recognise(HttpContext context, bool machines)
    {
        var sessions = context.RequestServices.GetRequiredService<Sessions>();
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            var bearer = header["Bearer ".Length..].Trim();
            if (bearer.StartsWith(ApiTokens.Prefix, StringComparison.Ordinal))
                return await context.RequestServices.GetRequiredService<ApiTokens>().Recognise(bearer, context.RequestAborted);
            return (machines ? context.RequestServices.GetRequiredService<MachineTokens>().Recognise(bearer) : null)
                ?? await sessions.Recognise(bearer, byCookie: false, touch: true, context.RequestAborted);
        }

        return SessionCookie.Read(context.Request) is { } token
            ? await sessions.Recognise(token, byCookie: true, touch: true, context.RequestAborted)
            : null;
    }

    // Browsers send Origin with every state change; other clients do not, and carry no cookie by themselves.
    private static bool ComesFromHere(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
            && string.Equals(uri.Scheme, request.Scheme, StringComparison.OrdinalIgnoreCase));
    }
}
