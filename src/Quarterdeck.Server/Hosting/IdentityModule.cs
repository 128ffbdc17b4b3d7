using System.Globalization;
using System.Threading.RateLimiting;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Server.Api;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Server.Identity.Passkeys;

namespace Quarterdeck.Server.Hosting;

/// <summary>Registers Identity.</summary>
internal static class IdentityModule
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, IdentityOptions options) => services
        .AddSingleton(options)
        .AddSingleton<OperatorRows>().AddSingleton<CredentialSeals>().AddSingleton<SealAdoption>().AddSingleton<AccessRefusals>()
        .AddSingleton<Sessions>().AddSingleton<Challenges>().AddSingleton<Wallets>().AddSingleton<PasskeyCeremonies>()
        .AddSingleton<Links>().AddSingleton<Subjects>().AddSingleton<OperatorRequests>().AddSingleton<ApiTokens>().AddSingleton<AccessReview>().AddSingleton<Operators>().AddSingleton<FailureWindow>()
        .AddSingleton<IOperatorDirectory, OperatorDirectory>()
        .AddSingleton<Signers>().AddSingleton<SignersOfRoles>(provider => provider.GetRequiredService<Signers>().Of)
        .AddRateLimiter(limits =>
        {
            limits.AddPolicy(AuthEndpoints.RateLimit, context => RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = options.AttemptsPerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));
            limits.OnRejected = async (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = 60.ToString(CultureInfo.InvariantCulture);
                await new Problem(
                    "Too many attempts", $"More than {options.AttemptsPerMinute} a minute from this network address.", "Wait a minute.",
                    StatusCodes.Status429TooManyRequests).Write(rejected.HttpContext);
            };
        });
}
