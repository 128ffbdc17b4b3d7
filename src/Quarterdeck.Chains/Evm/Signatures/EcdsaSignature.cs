using System.Globalization;
using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>
/// A signature over secp256k1 from which the signer's address follows. Recovery and verification only: this library holds
/// no key and makes no signature.
/// </summary>
/// <param name="R">The x coordinate, 1 to n − 1.</param>
/// <param name="S">The proof, 1 to n − 1; transactions take the lower half only (EIP-2).</param>
/// <param name="YParity">0 or 1: which of two points has the x coordinate.</param>
public sealed record EcdsaSignature(BigInteger R, BigInteger S, int YParity)
{
    /// <summary>65: r, s and one byte.</summary>
    public const int Length = 65;

    /// <summary>True where s is in the lower half of the curve's order, as EIP-2 demands. Its mirror image signs the same.</summary>
    public bool IsLowS => S <= Secp256k1.HalfOrder;

    /// <summary>True where r, s and the parity are within the ranges that any signature can have.</summary>
    public bool IsWellFormed =>
        R.Sign > 0 && R < Secp256k1.Order && S.Sign > 0 && S < Secp256k1.Order && YParity is 0 or 1;

    /// <summary>The same signature with s in the lower half, as EIP-2 demands.</summary>
    public EcdsaSignature ToLowS() => IsLowS ? this : new EcdsaSignature(R, Secp256k1.Order - S, 1 - YParity);

    /// <summary>Reads r, s and v from 65 bytes; v is 0, 1, 27 or 28. With 64 bytes, the compact form of EIP-2098.</summary>
    /// <exception cref="FormatException">Another length or v, or r or s out of range.</exception>
    public static EcdsaSignature Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 64)
        {
            Span<byte> s = stackalloc byte[32];
            bytes[32..].CopyTo(s);
            var parity = s[0] >> 7;
            s[0] &= 0x7f;
            return Checked(new EcdsaSignature(Number(bytes[..32]), Number(s), parity));
        }

        if (bytes.Length != Length)
            throw new FormatException($"A signature is 65 bytes (r, s, v) or 64 (EIP-2098); these are {bytes.Length}.");
        var v = bytes[64] switch
        {
            0 or 27 => 0,
            1 or 28 => 1,
            var other => throw new FormatException($"v is {other}, but 0, 1, 27 or 28 is needed."),
        };
        return Checked(new EcdsaSignature(Number(bytes[..32]), Number(bytes[32..64]), v));
    }

    /// <summary>Reads hex of 65 or 64 bytes, as wallets give it.</summary>
    /// <exception cref="FormatException">Not a signature.</exception>
    public static EcdsaSignature Parse(string hex) => Parse(Hex.ParseData(hex));

    /// <summary>r, s and v as 27 or 28: what wallets give and contracts take.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        UInt256.FromBigInteger(R).WriteBigEndian(bytes);
        UInt256.FromBigInteger(S).WriteBigEndian(bytes.AsSpan(32));
        bytes[64] = (byte)(27 + YParity);
        return bytes;
    }

    /// <summary>The address whose key made the signature over the hash.</summary>
    /// <exception cref="FormatException">No key can have made it.</exception>
    public Address Recover(Hash32 hash) => TryRecover(hash, out var signer)
        ? signer
        : throw new FormatException("The signature is of no key over this hash.");

    /// <summary>As <see cref="Recover"/>; false where no key can have made the signature.</summary>
    public bool TryRecover(Hash32 hash, out Address signer)
    {
        signer = default;
        if (!IsWellFormed) return false;
        Span<byte> key = stackalloc byte[64];
        if (!Secp256k1.TryRecover(hash, this, key)) return false;
        signer = Address.FromWord(Keccak256.Hash(key).ToArray());
        return true;
    }

    /// <summary>True where the address's key made the signature over the hash, and s is low: a signature has one form only.</summary>
    public bool IsBy(Address signer, Hash32 hash) => IsLowS && TryRecover(hash, out var found) && found == signer;

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static EcdsaSignature Checked(EcdsaSignature signature) => signature.IsWellFormed
        ? signature
        : throw new FormatException("r and s of a signature are numbers from 1 to the curve's order less 1.");

    /// <summary>0x and 65 bytes.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Hex.Data(ToArray())}");
}
