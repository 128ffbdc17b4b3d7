using System.Globalization;
using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>Public-key recovery in managed code, for machines without libsecp256k1. Works on public values only.</summary>
internal static class Secp256k1Managed
{
    private static readonly BigInteger P = Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F");
    private static readonly BigInteger N = Secp256k1.Order;
    private static readonly Jacobian G = new(
        Parse("079BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"),
        Parse("0483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8"), BigInteger.One);

    public static bool TryRecover(Hash32 hash, EcdsaSignature signature, Span<byte> publicKey)
    {
        // x ≥ n has a chance of 2^−128 and no yParity of Ethereum's expresses it.
        var x = signature.R;
        var square = Mod(x * x * x + 7, P);
        var y = BigInteger.ModPow(square, (P + 1) / 4, P);
        if (y * y % P != square) return false;
        if ((y.IsEven ? 0 : 1) != signature.YParity) y = P - y;
        var inverse = BigInteger.ModPow(x, N - 2, N);
        var e = new BigInteger(hash.ToArray(), isUnsigned: true, isBigEndian: true);
        var point = Sum(Mod(-e * inverse, N), G, Mod(signature.S * inverse, N), new Jacobian(x, y, BigInteger.One));
        if (point.Z.IsZero) return false;
        var z = BigInteger.ModPow(point.Z, P - 2, P);
        UInt256.FromBigInteger(Mod(point.X * z * z, P)).WriteBigEndian(publicKey);
        UInt256.FromBigInteger(Mod(point.Y * z * z * z, P)).WriteBigEndian(publicKey[32..]);
        return true;
    }

    // a·A + b·B with one run of doublings (Shamir's trick).
    private static Jacobian Sum(BigInteger a, Jacobian left, BigInteger b, Jacobian right)
    {
        var both = Add(left, right);
        var sum = new Jacobian(BigInteger.One, BigInteger.One, BigInteger.Zero);
        for (var bit = 255; bit >= 0; bit--)
        {
            sum = Double(sum);
            var (inA, inB) = (!(a >> bit).IsEven, !(b >> bit).IsEven);
            if (inA && inB) sum = Add(sum, both);
            else if (inA) sum = Add(sum, left);
            else if (inB) sum = Add(sum, right);
        }

        return sum;
    }

    // Formulas dbl-2009-l and add-2007-bl of the Explicit-Formulas Database, a = 0.
    private static Jacobian Double(Jacobian p)
    {
        if (p.Z.IsZero || p.Y.IsZero) return p with { Z = BigInteger.Zero };
        var a = p.X * p.X % P;
        var b = p.Y * p.Y % P;
        var c = b * b % P;
        var d = Mod(2 * ((p.X + b) * (p.X + b) - a - c), P);
        var e = 3 * a;
        var x = Mod(e * e - 2 * d, P);
        return new Jacobian(x, Mod(e * (d - x) - 8 * c, P), Mod(2 * p.Y * p.Z, P));
    }

    private static Jacobian Add(Jacobian p, Jacobian q)
    {
        if (p.Z.IsZero) return q;
        if (q.Z.IsZero) return p;
        var (pz, qz) = (p.Z * p.Z % P, q.Z * q.Z % P);
        var (u1, u2) = (p.X * qz % P, q.X * pz % P);
        var (s1, s2) = (p.Y * q.Z * qz % P, q.Y * p.Z * pz % P);
        var (h, r) = (Mod(u2 - u1, P), Mod(s2 - s1, P));
        if (h.IsZero) return r.IsZero ? Double(p) : p with { Z = BigInteger.Zero };
        var hh = h * h % P;
        var hhh = h * hh % P;
        var v = u1 * hh % P;
        var x = Mod(r * r - hhh - 2 * v, P);
        return new Jacobian(x, Mod(r * (v - x) - s1 * hhh, P), Mod(p.Z * q.Z * h, P));
    }

    private static BigInteger Mod(BigInteger value, BigInteger modulus)
    {
        var rest = value % modulus;
        return rest.Sign < 0 ? rest + modulus : rest;
    }

    private static BigInteger Parse(string hex) => BigInteger.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private readonly record struct Jacobian(BigInteger X, BigInteger Y, BigInteger Z);
}
