using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Quarterdeck.Server.Identity;

/// <summary>Secrets that are shown once and kept as their hash: 256 random bits, so that a plain SHA-256 is enough.</summary>
internal static class Token
{
    /// <summary>A new secret with a prefix that secret scanners can find.</summary>
    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored of it.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The proof that a request comes from the console: derived from the session's secret, so nothing is stored.</summary>
    public static string Csrf(string sessionToken) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(sessionToken), "quarterdeck/csrf/v1"u8));

    /// <summary>Compares without telling by time where the texts differ.</summary>
    public static bool Same(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(a)), SHA256.HashData(Encoding.UTF8.GetBytes(b)));
}
