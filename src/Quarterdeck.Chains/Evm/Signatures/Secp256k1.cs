using System.Globalization;
using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>
/// The curve of Ethereum's keys: libsecp256k1 where it is installed, else managed code, which is slower and not of constant
/// time and therefore only ever verifies. Source: SEC 2, section 2.4.1; SEC 1, section 4.1.6.
/// </summary>
public static class Secp256k1
{
    /// <summary>The order n of the group.</summary>
    public static BigInteger Order { get; } =
        BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>n ÷ 2, rounded down: the largest low s.</summary>
    public static BigInteger HalfOrder { get; } = Order / 2;

    /// <summary>True where libsecp256k1 with its recovery module is loaded.</summary>
    public static bool IsNative => Secp256k1Native.IsLoaded;

    /// <summary>Writes the 64 bytes x, y of the public key that signed the hash; false where there is none.</summary>
    public static bool TryRecover(Hash32 hash, EcdsaSignature signature, Span<byte> publicKey) =>
        IsNative ? Secp256k1Native.TryRecover(hash, signature, publicKey) : Secp256k1Managed.TryRecover(hash, signature, publicKey);

    /// <summary>True where the key (64 bytes x, y) made the signature over the hash; either half of s is taken.</summary>
    public static bool Verify(Hash32 hash, EcdsaSignature signature, ReadOnlySpan<byte> publicKey)
    {
        // Both parities belong to the same r and s, so that verification is recovery of either one.
        Span<byte> found = stackalloc byte[64];
        if (!signature.IsWellFormed || publicKey.Length != 64) return false;
        return TryRecover(hash, signature, found) && found.SequenceEqual(publicKey) ||
            TryRecover(hash, signature with { YParity = 1 - signature.YParity }, found) && found.SequenceEqual(publicKey);
    }
}
