using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>An authenticator in software: an ES256 key that signs assertions as a browser would give them.</summary>
internal sealed class Passkey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] Id { get; } = RandomNumberGenerator.GetBytes(16);

    public uint Count { get; set; }

    public byte[] PublicKey
    {
        get
        {
            var point = _key.ExportParameters(includePrivateParameters: false).Q;
            var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
            writer.WriteStartMap(5);
            foreach (var (label, value) in new (int, int)[] { (1, 2), (3, -7), (-1, 1) })
            {
                writer.WriteInt32(label);
                writer.WriteInt32(value);
            }

            writer.WriteInt32(-2);
            writer.WriteByteString(point.X!);
            writer.WriteInt32(-3);
            writer.WriteByteString(point.Y!);
            writer.WriteEndMap();
            return writer.Encode();
        }
    }

    public AssertionResponse Sign(
        byte[] challenge, string origin = "http://localhost:8080", string relyingParty = "localhost", byte flags = 0x05,
        string type = "webauthn.get", bool crossOrigin = false)
    {
        var client = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["type"] = type,
            ["challenge"] = System.Buffers.Text.Base64Url.EncodeToString(challenge),
            ["origin"] = origin,
            ["crossOrigin"] = crossOrigin,
        });
        var data = new byte[37];
        SHA256.HashData(Encoding.UTF8.GetBytes(relyingParty)).CopyTo(data, 0);
        data[32] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(33), ++Count);
        byte[] signed = [.. data, .. SHA256.HashData(client)];
        return new AssertionResponse(Id, client, data, _key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    public void Dispose() => _key.Dispose();
}
