using System.Globalization;
using Quarterdeck.Respond;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Http;

/// <summary>
/// The lockout in front of everything that tries a credential: proofs of strangers and shown tokens count by network address,
/// signatures of a signed-in person by person and address, so that nobody locks somebody else out.
/// </summary>
internal static class CredentialAttempts
{
    /// <summary>Where the request comes from.</summary>
    public static string Address(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>What tokens shown from this address count under.</summary>
    public static string Tokens(HttpContext context) => "token " + Address(context);

    /// <summary>The answer to one who must wait; null where they need not.</summary>
    public static Problem? MustWait(HttpContext context, string counted)
    {
        if (context.RequestServices.GetRequiredService<FailureWindow>().WaitOf(counted) is not { } wait) return null;
        context.Response.Headers.RetryAfter = ((int)wait.TotalSeconds + 1).ToString(CultureInfo.InvariantCulture);
        return new Problem(
            "Too many failed attempts", "From this network address.",
            string.Create(CultureInfo.InvariantCulture, $"Wait {Math.Ceiling(wait.TotalMinutes)} minutes."), StatusCodes.Status429TooManyRequests);
    }

    /// <summary>Counts a failed proof; the one that locks leaves a trace.</summary>
    public static async Task Failed(HttpContext context, string counted)
    {
        var failures = context.RequestServices.GetRequiredService<FailureWindow>();
        failures.Failed(counted);
        if (failures.WaitOf(counted) is not null)
            await context.RequestServices.GetRequiredService<AccessRefusals>().Locked(counted, context.RequestAborted);
    }

    /// <summary>A signed-in person's signature or proof: what does not prove anything counts, other refusals do not.</summary>
    public static async Task<IResult> Signed<T>(HttpContext context, Func<Task<Outcome<T>>> prove, Func<Outcome<T>, IResult> answer)
    {
        var counted = $"signature {context.Operator().OperatorId} {Address(context)}";
        if (MustWait(context, counted) is { } wait) return wait.Answer();
        var outcome = await prove();
        if (outcome is Outcome<T>.Refused { Refusal.Kind: RefusalKind.Unproved }) await Failed(context, counted);
        else if (outcome is Outcome<T>.Done) context.RequestServices.GetRequiredService<FailureWindow>().Succeeded(counted);
        return answer(outcome);
    }
}
