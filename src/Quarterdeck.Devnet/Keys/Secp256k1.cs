using System.Numerics;
using System.Security.Cryptography;

namespace Quarterdeck.Devnet.Keys;

/// <summary>
/// The curve y² = x³ + 7 over the prime field of SEC 2 §2.4.1, in plain integers: portable and short, not constant in
/// time. Good for development keys, which protect nothing; production keys never come here.
/// </summary>
internal static class Secp256k1
{
    public static readonly BigInteger N = Hex("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    private static readonly BigInteger P = Hex("0fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    private static readonly Point G = new(
        Hex("079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
        Hex("0483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"));

    /// <summary>x and y of the public key.</summary>
    public static (BigInteger X, BigInteger Y) PublicKey(BigInteger secret)
    {
        var point = Multiply(G, secret)!.Value;
        return (point.X, point.Y);
    }

    /// <summary>Signs with the deterministic nonce of RFC 6979 (HMAC-SHA-256) and low s (EIP-2).</summary>
    public static (BigInteger R, BigInteger S, int YParity) Sign(BigInteger secret, ReadOnlySpan<byte> hash)
    {
        var z = new BigInteger(hash, isUnsigned: true, isBigEndian: true);
        foreach (var k in Nonces(secret, z % N))
        {
            var point = Multiply(G, k)!.Value;
            var r = point.X % N;
            var s = BigInteger.ModPow(k, N - 2, N) * (z + r * secret) % N;
            if (r.IsZero || s.IsZero) continue;
            var odd = point.Y.IsEven ? 0 : 1;
            return s > N / 2 ? (r, N - s, odd ^ 1) : (r, s, odd);
        }

        throw new InvalidOperationException("RFC 6979 yields nonces without end.");
    }

    /// <summary>32 bytes, big-endian.</summary>
    public static byte[] Word(BigInteger value)
    {
        var word = new byte[32];
        value.TryWriteBytes(word.AsSpan(32 - value.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return word;
    }

    private static IEnumerable<BigInteger> Nonces(BigInteger secret, BigInteger hash)
    {
        byte[] seed = [.. Word(secret), .. Word(hash)];
        var v = Enumerable.Repeat((byte)1, 32).ToArray();
        var k = new byte[32];
        foreach (byte step in new byte[] { 0, 1 })
        {
            k = HMACSHA256.HashData(k, (byte[])[.. v, step, .. seed]);
            v = HMACSHA256.HashData(k, v);
        }

        while (true)
        {
            v = HMACSHA256.HashData(k, v);
            var candidate = new BigInteger(v, isUnsigned: true, isBigEndian: true);
            if (!candidate.IsZero && candidate < N) yield return candidate;
            k = HMACSHA256.HashData(k, (byte[])[.. v, 0]);
            v = HMACSHA256.HashData(k, v);
        }
    }

    private static Point? Multiply(Point point, BigInteger by)
    {
        Point? result = null;
        for (Point? addend = point; !by.IsZero; by >>= 1, addend = Add(addend, addend))
            if (!by.IsEven) result = Add(result, addend);
        return result;
    }

    private static Point? Add(Point? left, Point? right)
    {
        if (left is not { } a) return right;
        if (right is not { } b) return left;
        BigInteger slope;
        if (a.X == b.X)
        {
            if (a.Y != b.Y || a.Y.IsZero) return null;
            slope = 3 * a.X * a.X * Inverse(2 * a.Y);
        }
        else
        {
            slope = (b.Y - a.Y) * Inverse(b.X - a.X);
        }

        var x = Modulo(slope * slope - a.X - b.X);
        return new Point(x, Modulo(slope * (a.X - x) - a.Y));
    }

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(Modulo(value), P - 2, P);

    private static BigInteger Modulo(BigInteger value) => (value % P + P) % P;

    private static BigInteger Hex(string digits) =>
        BigInteger.Parse(digits, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    private readonly record struct Point(BigInteger X, BigInteger Y);
}
