using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Quarterdeck.Server.Identity.Oidc;

/// <summary>What an ID token must say.</summary>
/// <param name="Issuer">The provider, letter for letter.</param>
/// <param name="Audience">What this server is called there.</param>
/// <param name="Nonce">What this sign-in was begun with.</param>
/// <param name="Now">The time.</param>
internal sealed record IdTokenExpectation(string Issuer, string Audience, string Nonce, DateTimeOffset Now);

/// <summary>
/// Verifies an ID token: RS256 or ES256 by one of the provider's published keys, then its claims. Source: OpenID Connect Core 1.0,
/// section 3.1.3.7; RFC 8725.
/// </summary>
internal static class IdToken
{
    private const int LargestToken = 16_384;
    private const int SmallestRsaKey = 2048;
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OldestIssue = TimeSpan.FromMinutes(10);

    /// <summary>The subject, or null where anything at all does not hold. Which algorithm a key is for is the key's say, never the token's.</summary>
    public static string? Subject(string token, JsonElement keys, IdTokenExpectation expected)
    {
        if (token.Length > LargestToken || token.Split('.') is not [var head, var body, var mark]) return null;
        if (!Base64Url.IsValid(head) || !Base64Url.IsValid(body) || !Base64Url.IsValid(mark)) return null;
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(head));
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body));
            if (header.RootElement.TryGetProperty("crit", out _)) return null;
            var (algorithm, id) = (Text(header.RootElement, "alg"), Text(header.RootElement, "kid"));
            var signed = Encoding.ASCII.GetBytes($"{head}.{body}");
            var signature = Base64Url.DecodeFromChars(mark);
            var held = keys.GetProperty("keys").EnumerateArray()
                .Any(key => (id is null || Text(key, "kid") == id) && Holds(key, algorithm, signed, signature));
            return held && Stands(claims.RootElement, expected) ? Text(claims.RootElement, "sub") : null;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or FormatException or InvalidOperationException
                                            or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static bool Holds(JsonElement key, string? algorithm, byte[] signed, byte[] signature)
    {
        if (Text(key, "use") is { } use && use != "sig") return false;
        if (Text(key, "alg") is { } only && only != algorithm) return false;
        switch (Text(key, "kty"), algorithm)
        {
            case ("RSA", "RS256"):
                using (var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }))
                    return rsa.KeySize >= SmallestRsaKey && rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            case ("EC", "ES256") when Text(key, "crv") == "P-256":
                var point = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") };
                using (var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }))
                    return ecdsa.VerifyData(signed, signature, HashAlgorithmName.SHA256);
            default:
                return false;
        }
    }

    private static bool Stands(JsonElement claims, IdTokenExpectation expected)
    {
        var audience = claims.GetProperty("aud");
        var audiences = audience.ValueKind == JsonValueKind.Array ? audience.EnumerateArray().Select(a => a.GetString()).ToList() : [audience.GetString()];
        var issued = Time(claims, "iat");
        return Text(claims, "iss") == expected.Issuer
            && audiences.Contains(expected.Audience)
            && (audiences.Count == 1 || Text(claims, "azp") == expected.Audience)
            && expected.Now < Time(claims, "exp") + Skew
            && issued <= expected.Now + Skew && issued > expected.Now - OldestIssue
            && (!claims.TryGetProperty("nbf", out _) || Time(claims, "nbf") <= expected.Now + Skew)
            && Text(claims, "nonce") is { } nonce && Token.Same(nonce, expected.Nonce)
            && Text(claims, "sub") is { Length: > 0 and <= 255 };
    }

    private static DateTimeOffset Time(JsonElement claims, string name) => DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty(name).GetInt64());

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Bytes(JsonElement parent, string name) => Base64Url.DecodeFromChars(Text(parent, name) ?? throw new FormatException(name));
}
