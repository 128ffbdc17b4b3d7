using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Server.Identity.Oidc;

/// <summary>
/// Speaks to the provider: discovery, authorisation code with PKCE, and the exchange for an ID token. Source: OpenID Connect Core 1.0,
/// section 3.1; OpenID Connect Discovery 1.0; RFC 7636; RFC 9700.
/// </summary>
internal sealed class OidcProvider(OidcSettings settings, HttpClient http, Func<string, string?> variable, TimeProvider clock)
{
    public OidcSettings Settings => settings;

    /// <summary>Where the browser is sent.</summary>
    /// <exception cref="TransientException">The provider does not answer.</exception>
    public async Task<Uri> Authorise(Uri callback, string state, string nonce, string verifier, CancellationToken cancel)
    {
        var endpoint = Endpoint(await Discover(cancel), "authorization_endpoint");
        (string Name, string Value)[] query =
        [
            ("response_type", "code"), ("client_id", settings.ClientId), ("redirect_uri", callback.ToString()), ("scope", "openid"),
            ("state", state), ("nonce", nonce), ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))),
            ("code_challenge_method", "S256"),
        ];
        var joined = string.Join('&', query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
        return new Uri($"{endpoint}{(endpoint.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{joined}");
    }

    /// <summary>The subject that signed in at the provider; null where the answer does not prove one.</summary>
    /// <exception cref="TransientException">The provider does not answer.</exception>
    public async Task<string?> Subject(Uri callback, string code, string nonce, string verifier, CancellationToken cancel)
    {
        try
        {
            var discovered = await Discover(cancel);
            var form = new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["redirect_uri"] = callback.ToString(),
                ["client_id"] = settings.ClientId,
                ["code_verifier"] = verifier,
            };
            if (settings.Secret is { } secret) form["client_secret"] = await secret.Read(variable, cancel);
            using var content = new FormUrlEncodedContent(form);
            using var reply = await http.PostAsync(new Uri(Endpoint(discovered, "token_endpoint")), content, cancel);
            if (!reply.IsSuccessStatusCode) return null;
            var answer = await reply.Content.ReadFromJsonAsync<JsonElement>(cancel);
            if (!answer.TryGetProperty("id_token", out var token) || token.GetString() is not { } text) return null;
            var keys = await http.GetFromJsonAsync<JsonElement>(new Uri(Endpoint(discovered, "jwks_uri")), cancel);
            return IdToken.Subject(text, keys, new IdTokenExpectation(settings.Issuer, settings.ClientId, nonce, clock.GetUtcNow()));
        }
        catch (HttpRequestException problem)
        {
            throw new TransientException($"The identity provider {settings.Issuer} does not answer: {problem.Message}", problem);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // An answer of another form proves nobody.
            return null;
        }
    }

    private async Task<JsonElement> Discover(CancellationToken cancel)
    {
        try
        {
            var document = await http.GetFromJsonAsync<JsonElement>(
                new Uri(settings.Issuer.TrimEnd('/') + "/.well-known/openid-configuration"), cancel);
            // Another issuer's document would have its tokens taken for this one's.
            return document.ValueKind == JsonValueKind.Object && document.TryGetProperty("issuer", out var issuer) && issuer.GetString() == settings.Issuer
                ? document
                : throw new TransientException($"What {settings.Issuer} publishes names another issuer. Correct QUARTERDECK_OIDC_ISSUER.");
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException or InvalidOperationException)
        {
            throw new TransientException($"The identity provider {settings.Issuer} cannot be asked: {problem.Message}", problem);
        }
    }

    private string Endpoint(JsonElement document, string name) =>
        document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && OidcSettings.IsSafe(value.GetString()!)
            ? value.GetString()!
            : throw new TransientException($"The identity provider {settings.Issuer} publishes no {name} that may be asked.");
}
