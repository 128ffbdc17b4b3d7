namespace Quarterdeck.Server.Identity;

/// <summary>The operator behind a request.</summary>
/// <param name="SessionId">The session; <c>ses_…</c>.</param>
/// <param name="Token">Its secret, as the request carried it.</param>
/// <param name="ByCookie">Whether a browser sent it by itself, so that a state change needs the CSRF proof.</param>
internal sealed record SignedIn(
    string OperatorId, string Name, IReadOnlyList<string> Roles, string SessionId, string Token, bool ByCookie)
{
    public IReadOnlyList<string> Permissions { get; } = Permission.Of(Roles);

    public bool May(string permission) => Permissions.Contains(permission);
}

/// <summary>What a proof of identity earns.</summary>
internal sealed record NewSession(string Token, string Operator, DateTimeOffset ExpiresAt);
