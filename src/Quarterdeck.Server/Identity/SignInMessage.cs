using System.Globalization;
using System.Security.Cryptography;

namespace Quarterdeck.Server.Identity;

/// <summary>What a wallet signs to prove its address. Source: EIP-4361 (Sign-In with Ethereum).</summary>
internal static class SignInMessage
{
    /// <summary>A message with a fresh nonce. It is remembered by its hash, so that nothing in it can be changed.</summary>
    /// <param name="domain">Host and port of the console, which the wallet compares with the page that asks.</param>
    /// <param name="statement">What the signature does, in one line.</param>
    public static string Write(
        string domain, string origin, string address, string statement, long chainNumber, DateTimeOffset now, TimeSpan lifetime)
    {
        // The standard allows letters and digits only.
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            {domain} wants you to sign in with your Ethereum account:
            {address}

            {statement}

            URI: {origin}
            Version: 1
            Chain ID: {chainNumber}
            Nonce: {nonce}
            Issued At: {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}
            Expiration Time: {(now + lifetime).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}
            """).ReplaceLineEndings("\n");
    }
}
