using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Server.Identity;

/// <summary>The operator behind a request.</summary>
/// <param name="SessionId">The session; <c>ses_…</c>.</param>
/// <param name="Token">Its secret, as the request carried it.</param>
/// <param name="Scopes">What an API token is limited to; null for a session.</param>
/// <param name="ByCookie">Whether a browser sent it by itself, so that a state change needs the CSRF proof.</param>
internal sealed record SignedIn(
    string OperatorId, string Name, IReadOnlyList<string> Roles, string SessionId, string Token, bool ByCookie,
    IReadOnlyList<string>? Scopes = null)
{
    public IReadOnlyList<string> Permissions { get; private init; } =
        Scopes is null ? Permission.Of(Roles) : [.. Permission.Of(Roles).Intersect(Scopes).Intersect(Permission.Scopes)];

    /// <summary>The operator of a session that the identity provider opened.</summary>
    public SignedIn ByProvider() => this with { Permissions = [.. Permission.Of(Roles).Intersect(Permission.OfProviderSessions)] };

    /// <summary>True where a program's token was shown, not a person's session.</summary>
    public bool IsMachine { get; private init; }

    /// <summary>Who acts, for the audit log.</summary>
    public Actor Actor => IsMachine ? Actor.System(OperatorId) : Actor.Operator(OperatorId);

    /// <summary>A program with a token of its own; it has no role and exactly these permissions.</summary>
    public static SignedIn Machine(string name, IReadOnlyList<string> permissions, string token) =>
        new($"token-{name}", name, [], "", token, ByCookie: false) { Permissions = permissions, IsMachine = true };

    public bool May(string permission) => Permissions.Contains(permission);
}

/// <summary>What a proof of identity earns.</summary>
internal sealed record NewSession(string Token, string Operator, DateTimeOffset ExpiresAt);
