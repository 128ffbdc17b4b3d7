using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quarterdeck.Respond.Approvals;

/// <summary>What the relying party demands of an assertion.</summary>
/// <param name="Challenge">The bytes that must have been signed over: for a plan, see <see cref="PlanChallenge"/>.</param>
/// <param name="RelyingPartyId">The domain that the credential was made for.</param>
/// <param name="Origins">The pages from which an assertion is accepted, such as <c>https://ops.example.org</c>.</param>
/// <param name="LastSignCount">The authenticator's counter as last seen; 0 where it keeps none.</param>
public sealed record AssertionExpectation(
    byte[] Challenge, string RelyingPartyId, IReadOnlyCollection<string> Origins, uint LastSignCount);

/// <summary>The parts of a browser's <c>PublicKeyCredential.toJSON()</c> that an assertion is verified from, kept whole as evidence.</summary>
public sealed record AssertionResponse(byte[] CredentialId, byte[] ClientData, byte[] AuthenticatorData, byte[] Signature)
{
    /// <summary>Reads the browser's JSON; null where a part is missing or not base64url.</summary>
    public static AssertionResponse? Read(JsonElement credential)
    {
        try
        {
            var response = credential.GetProperty("response");
            return new AssertionResponse(
                Bytes(credential, "id"), Bytes(response, "clientDataJSON"), Bytes(response, "authenticatorData"),
                Bytes(response, "signature"));
        }
        catch (Exception problem) when (problem is KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonElement parent, string name) =>
        Base64Url.DecodeFromChars(parent.GetProperty(name).GetString() ?? throw new FormatException(name));
}

/// <summary>How an assertion was judged: <see cref="Refusal"/> is null where it holds.</summary>
public sealed record AssertionVerdict(string? Refusal, uint SignCount)
{
    /// <summary>Whether every check passed.</summary>
    public bool Holds => Refusal is null;
}

/// <summary>
/// Verifies a WebAuthn assertion over a challenge of our own, with user verification demanded.
/// Source: WebAuthn Level 3, section 7.2. Sign-in elsewhere makes its own challenges; an approval must sign the plan.
/// </summary>
public static class WebAuthnAssertion
{
    /// <summary>Judges the assertion against the stored COSE public key.</summary>
    public static AssertionVerdict Verify(byte[] publicKey, AssertionResponse response, AssertionExpectation expected)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(expected);
        ClientData? client;
        try
        {
            client = JsonSerializer.Deserialize<ClientData>(response.ClientData);
        }
        catch (JsonException)
        {
            return Refused("the client data is not JSON");
        }

        if (client is null) return Refused("the client data is empty");
        if (client.Type != "webauthn.get") return Refused("the client data is not of an assertion");
        if (!ChallengeAgrees(client.Challenge, expected.Challenge)) return Refused("the challenge is another: something else was signed");
        if (!expected.Origins.Contains(client.Origin, StringComparer.Ordinal)) return Refused($"the origin '{client.Origin}' is not this console");
        if (client.CrossOrigin) return Refused("the assertion was made inside another site's frame");

        var data = response.AuthenticatorData;
        if (data.Length < 37) return Refused("the authenticator data is too short");
        var relyingParty = SHA256.HashData(Encoding.UTF8.GetBytes(expected.RelyingPartyId));
        if (!CryptographicOperations.FixedTimeEquals(data.AsSpan(0, 32), relyingParty)) return Refused("the relying party is another");
        var flags = data[32];
        if ((flags & 0x01) == 0) return Refused("the user was not present");
        if ((flags & 0x04) == 0) return Refused("the user was not verified");
        if ((flags & 0x18) == 0x10) return Refused("the backup flags contradict each other");
        var count = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(33));
        if ((count != 0 || expected.LastSignCount != 0) && count <= expected.LastSignCount)
            return Refused("the signature counter did not advance: the authenticator may be a copy");

        byte[] signed = [.. data, .. SHA256.HashData(response.ClientData)];
        var refusal = CoseKey.Verify(publicKey, signed, response.Signature);
        return refusal is null ? new AssertionVerdict(null, count) : Refused(refusal);
    }

    private static bool ChallengeAgrees(string? challenge, byte[] expected)
    {
        if (challenge is null || !Base64Url.IsValid(challenge)) return false;
        return CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(challenge), expected);
    }

    private static AssertionVerdict Refused(string why) => new(why, 0);

    private sealed record ClientData(
        [property: JsonPropertyName("type")] string? Type,
        [property: JsonPropertyName("challenge")] string? Challenge,
        [property: JsonPropertyName("origin")] string? Origin,
        [property: JsonPropertyName("crossOrigin")] bool CrossOrigin);
}
