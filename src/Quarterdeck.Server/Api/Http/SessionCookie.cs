using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Http;

/// <summary>Carries a browser's session. Over TLS its name binds it to this host (<c>__Host-</c>).</summary>
internal static class SessionCookie
{
    private const string Plain = "quarterdeck";
    private const string Secure = "__Host-quarterdeck";

    public static string? Read(HttpRequest request) => request.Cookies[request.IsHttps ? Secure : Plain];

    public static void Give(HttpContext context, NewSession session) =>
        context.Response.Cookies.Append(Name(context), session.Token, Options(context, session.ExpiresAt));

    public static void Take(HttpContext context) => context.Response.Cookies.Delete(Name(context), Options(context, null));

    private static string Name(HttpContext context) => context.Request.IsHttps ? Secure : Plain;

    private static CookieOptions Options(HttpContext context, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        Expires = expires,
        IsEssential = true,
    };
}
