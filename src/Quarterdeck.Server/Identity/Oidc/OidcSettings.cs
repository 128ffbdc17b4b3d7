using Quarterdeck.Packs.Environments;

namespace Quarterdeck.Server.Identity.Oidc;

/// <summary>A team's own identity provider.</summary>
/// <param name="Issuer">Its address, letter for letter as its tokens name it.</param>
/// <param name="ClientId">What this server is called there.</param>
/// <param name="Secret">Where its password there is kept; null for a public client, which PKCE alone protects.</param>
/// <param name="Label">What the sign-in page calls it.</param>
internal sealed record OidcSettings(string Issuer, string ClientId, SecretReference? Secret, string Label)
{
    /// <summary>Reads <c>QUARTERDECK_OIDC_ISSUER</c>, <c>_CLIENT</c>, <c>_SECRET</c> and <c>_NAME</c>; null where no provider is named.</summary>
    /// <exception cref="FormatException">What is set makes no sense.</exception>
    public static OidcSettings? Read(Func<string, string?> variable)
    {
        if (variable("QUARTERDECK_OIDC_ISSUER") is not { Length: > 0 } issuer) return null;
        if (!IsSafe(issuer))
            throw new FormatException($"QUARTERDECK_OIDC_ISSUER is '{issuer}': give the provider's https address, without query, as its tokens name it.");
        if (variable("QUARTERDECK_OIDC_CLIENT") is not { Length: > 0 } client)
            throw new FormatException("QUARTERDECK_OIDC_CLIENT is not set: it is what this server is called at the identity provider.");
        var secret = variable("QUARTERDECK_OIDC_SECRET") is { Length: > 0 } given
            ? SecretReference.Parse(given) ?? throw new FormatException("QUARTERDECK_OIDC_SECRET is no reference: give file:PATH or env:NAME.")
            : null;
        return new OidcSettings(issuer, client, secret, variable("QUARTERDECK_OIDC_NAME") is { Length: > 0 } name ? name : new Uri(issuer).Host);
    }

    /// <summary>Whether an address may be asked: over TLS, or on this machine.</summary>
    public static bool IsSafe(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0;
}
