using System.Numerics;
using System.Security.Cryptography;

namespace Quarterdeck.Primitives.Audit.Signatures;

/// <summary>
/// Ed25519 (RFC 8032, PureEdDSA). The base class library has none, and verifying an audit log must need nothing else, so
/// this is own code. Signing goes through OpenSSL's libcrypto where the system has it, which takes the same time for
/// every key; the own signer is for systems without it and gives the same bytes.
/// </summary>
public static class Ed25519
{
    /// <summary>Bytes of a private key (the seed) and of a public key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 64;

    private static readonly BigInteger Order =
        BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The public key of a 32-byte seed.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> seed)
    {
        Length(seed, KeyBytes, "private key");
        return TimesBase(Expand(seed).Scalar);
    }

    /// <summary>Signs with a 32-byte seed.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes long.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        Length(seed, KeyBytes, "private key");
        return OpenSslEd25519.TrySign(seed, message) ?? SignHere(seed, message);
    }

    /// <summary>True where the signature is the key's over the message. Refuses non-canonical points and scalars.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyBytes || signature.Length != SignatureBytes) return false;
        if (new BigInteger(signature[32..], isUnsigned: true) >= Order) return false;
        if (EdwardsPoint.Decode(publicKey) is not { } key) return false;
        Span<byte> k = stackalloc byte[32];
        Challenge(signature[..32], publicKey, message).CopyTo(k);
        Span<byte> r = stackalloc byte[32];
        EdwardsPoint.Combine(signature[32..], EdwardsPoint.Base, k, -key).Encode(r);
        return r.SequenceEqual(signature[..32]);
    }

    /// <summary>The own signer, whose time depends on the key.</summary>
    internal static byte[] SignHere(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        var (scalar, prefix) = Expand(seed);
        var publicKey = TimesBase(scalar);
        var r = Reduce(SHA512.HashData([.. prefix, .. message]));
        var point = TimesBase(r);
        var k = new BigInteger(Challenge(point, publicKey, message), isUnsigned: true);
        var s = (new BigInteger(r, isUnsigned: true) + k * new BigInteger(scalar, isUnsigned: true)) % Order;
        return [.. point, .. ToBytes(s)];
    }

    private static (byte[] Scalar, byte[] Prefix) Expand(ReadOnlySpan<byte> seed)
    {
        var hash = SHA512.HashData(seed);
        hash[0] &= 0xF8;
        hash[31] = (byte)((hash[31] & 0x7F) | 0x40);
        return (hash[..32], hash[32..]);
    }

    private static byte[] TimesBase(ReadOnlySpan<byte> scalar)
    {
        Span<byte> none = stackalloc byte[32];
        none.Clear();
        var bytes = new byte[32];
        EdwardsPoint.Combine(scalar, EdwardsPoint.Base, none, EdwardsPoint.Neutral).Encode(bytes);
        return bytes;
    }

    private static byte[] Challenge(ReadOnlySpan<byte> point, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(point);
        hash.AppendData(publicKey);
        hash.AppendData(message);
        return Reduce(hash.GetHashAndReset());
    }

    private static byte[] Reduce(byte[] wide) => ToBytes(new BigInteger(wide, isUnsigned: true) % Order);

    private static byte[] ToBytes(BigInteger value)
    {
        var bytes = new byte[32];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static void Length(ReadOnlySpan<byte> bytes, int length, string what)
    {
        if (bytes.Length != length) throw new ArgumentException($"An Ed25519 {what} is {length} bytes; these are {bytes.Length}.");
    }
}
