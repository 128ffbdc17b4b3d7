using System.Formats.Cbor;
using System.Security.Cryptography;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Verifies signatures under a COSE_Key (RFC 9053) of the kinds that authenticators make: ES256/384/512, RS and PS 256/384/512.</summary>
internal static class CoseKey
{
    /// <summary>Null where the signature holds, else why it does not.</summary>
    public static string? Verify(byte[] key, byte[] data, byte[] signature)
    {
        try
        {
            return Holds(Read(key), data, signature) switch
            {
                true => null,
                false => "the signature does not fit the credential's key",
                null => "the credential's algorithm is not supported",
            };
        }
        catch (Exception problem) when (problem is CborContentException or CryptographicException or InvalidOperationException
                                            or OverflowException)
        {
            return "the credential's key or the signature is malformed";
        }
    }

    private static bool? Holds(Parameters key, byte[] data, byte[] signature) => (key.Type, key.Algorithm, key.Curve) switch
    {
        (2, -7, 1) => Elliptic(key, ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256, data, signature),
        (2, -35, 2) => Elliptic(key, ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384, data, signature),
        (2, -36, 3) => Elliptic(key, ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512, data, signature),
        (3, -257, _) => Rsa(key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, data, signature),
        (3, -258, _) => Rsa(key, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1, data, signature),
        (3, -259, _) => Rsa(key, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1, data, signature),
        (3, -37, _) => Rsa(key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss, data, signature),
        (3, -38, _) => Rsa(key, HashAlgorithmName.SHA384, RSASignaturePadding.Pss, data, signature),
        (3, -39, _) => Rsa(key, HashAlgorithmName.SHA512, RSASignaturePadding.Pss, data, signature),
        _ => null,
    };

    private static bool Elliptic(Parameters key, ECCurve curve, HashAlgorithmName hash, byte[] data, byte[] signature)
    {
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = key.First, Y = key.Second } });
        return ecdsa.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool Rsa(
        Parameters key, HashAlgorithmName hash, RSASignaturePadding padding, byte[] data, byte[] signature)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = key.First, Exponent = key.Second });
        return rsa.VerifyData(data, signature, hash, padding);
    }

    // EC2: -1 curve, -2 x, -3 y. RSA: -1 modulus, -2 exponent. The type may come after them only in non-canonical maps.
    private static Parameters Read(byte[] cose)
    {
        var reader = new CborReader(cose, CborConformanceMode.Ctap2Canonical);
        reader.ReadStartMap();
        long type = 0, algorithm = 0, curve = 0;
        byte[]? first = null, second = null;
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            switch (reader.ReadInt64())
            {
                case 1: type = reader.ReadInt64(); break;
                case 3: algorithm = reader.ReadInt64(); break;
                case -1 when type == 3: first = reader.ReadByteString(); break;
                case -1: curve = reader.ReadInt64(); break;
                case -2 when type == 3: second = reader.ReadByteString(); break;
                case -2: first = reader.ReadByteString(); break;
                case -3: second = reader.ReadByteString(); break;
                default: reader.SkipValue(); break;
            }
        }

        reader.ReadEndMap();
        return new Parameters(type, algorithm, curve, first, second);
    }

    private sealed record Parameters(long Type, long Algorithm, long Curve, byte[]? First, byte[]? Second);
}
