using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Quarterdeck.Server.Identity.Passkeys;

/// <summary>A new passkey's public half.</summary>
internal sealed record PasskeyKey(byte[] CredentialId, byte[] PublicKey, uint SignCount);

/// <summary>
/// Reads what a browser makes when a passkey is created, with user verification demanded. The attestation statement is not asked for
/// and not trusted: who may enrol is decided by the session, not by the maker of the device. Source: WebAuthn Level 3, section 7.1.
/// </summary>
internal static class Attestation
{
    /// <summary>The algorithms offered: ES256 and RS256, which every platform has one of.</summary>
    public static readonly int[] Algorithms = [-7, -257];

    private const byte UserPresent = 0x01, UserVerified = 0x04, HasCredential = 0x40;

    /// <summary>The key, or why it is refused.</summary>
    public static (PasskeyKey? Key, string? Refusal) Read(
        JsonElement credential, byte[] challenge, string relyingPartyId, IReadOnlyCollection<string> origins)
    {
        try
        {
            var response = credential.GetProperty("response");
            var client = Bytes(response, "clientDataJSON");
            if (ClientRefusal(client, challenge, origins) is { } refusal) return (null, refusal);
            return ReadAuthenticatorData(AuthenticatorData(Bytes(response, "attestationObject")), relyingPartyId);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or CborContentException
                                            or InvalidOperationException or ArgumentException or OverflowException)
        {
            return (null, "the browser's answer is malformed");
        }
    }

    private static string? ClientRefusal(byte[] client, byte[] challenge, IReadOnlyCollection<string> origins)
    {
        using var json = JsonDocument.Parse(client);
        var root = json.RootElement;
        if (root.GetProperty("type").GetString() != "webauthn.create") return "the answer is not that of a registration";
        if (!CryptographicOperations.FixedTimeEquals(Bytes(root, "challenge"), challenge)) return "the challenge is another";
        if (!origins.Contains(root.GetProperty("origin").GetString() ?? "", StringComparer.Ordinal)) return "the origin is not this console";
        return root.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind == JsonValueKind.True
            ? "it was made inside another site's frame"
            : null;
    }

    private static byte[] AuthenticatorData(byte[] attestationObject)
    {
        var cbor = new CborReader(attestationObject, CborConformanceMode.Ctap2Canonical);
        byte[]? data = null;
        cbor.ReadStartMap();
        while (cbor.PeekState() != CborReaderState.EndMap)
        {
            if (cbor.ReadTextString() == "authData") data = cbor.ReadByteString();
            else cbor.SkipValue();
        }

        cbor.ReadEndMap();
        return data ?? throw new FormatException("authData is missing");
    }

    // rpIdHash 32 | flags 1 | signCount 4 | aaguid 16 | id length 2 | id | COSE key | extensions
    private static (PasskeyKey?, string?) ReadAuthenticatorData(byte[] data, string relyingPartyId)
    {
        if (data.Length < 55) return (null, "the authenticator data is too short");
        if (!CryptographicOperations.FixedTimeEquals(data.AsSpan(0, 32), SHA256.HashData(Encoding.UTF8.GetBytes(relyingPartyId))))
            return (null, "it was made for another domain");
        var flags = data[32];
        if ((flags & UserPresent) == 0 || (flags & UserVerified) == 0) return (null, "the user was not verified");
        if ((flags & HasCredential) == 0) return (null, "it holds no credential");
        var length = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(53));
        if (length is 0 or > 1023 || data.Length < 55 + length) return (null, "the credential id has an impossible length");
        var id = data.AsSpan(55, length).ToArray();
        var rest = data.AsMemory(55 + length);
        var cose = new CborReader(rest, CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true).ReadEncodedValue().ToArray();
        if (!Algorithms.Contains(AlgorithmOf(cose))) return (null, "its algorithm was not offered");
        return (new PasskeyKey(id, cose, BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(33))), null);
    }

    private static int AlgorithmOf(byte[] cose)
    {
        var cbor = new CborReader(cose, CborConformanceMode.Ctap2Canonical);
        cbor.ReadStartMap();
        while (cbor.PeekState() != CborReaderState.EndMap)
        {
            if (cbor.ReadInt32() == 3) return cbor.ReadInt32();
            cbor.SkipValue();
        }

        throw new FormatException("the key names no algorithm");
    }

    private static byte[] Bytes(JsonElement parent, string name) =>
        Base64Url.DecodeFromChars(parent.GetProperty(name).GetString() ?? throw new FormatException(name));
}
