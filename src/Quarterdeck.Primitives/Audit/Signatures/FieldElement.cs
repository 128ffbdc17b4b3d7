namespace Quarterdeck.Primitives.Audit.Signatures;

/// <summary>An integer modulo 2^255 − 19, in five limbs of 51 bits that stay below 2^52 between operations.</summary>
internal readonly struct FieldElement(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
{
    private const ulong Mask = (1UL << 51) - 1;
    private readonly ulong _0 = l0;
    private readonly ulong _1 = l1;
    private readonly ulong _2 = l2;
    private readonly ulong _3 = l3;
    private readonly ulong _4 = l4;

    public static FieldElement Zero => default;

    public static FieldElement One => new(1, 0, 0, 0, 0);

    public static FieldElement Of(ulong small) => new(small & Mask, small >> 51, 0, 0, 0);

    /// <summary>Little-endian; the top bit is ignored.</summary>
    public static FieldElement FromBytes(ReadOnlySpan<byte> bytes)
    {
        static ulong Read(ReadOnlySpan<byte> b) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(b);
        return new(
            Read(bytes) & Mask, (Read(bytes[6..]) >> 3) & Mask, (Read(bytes[12..]) >> 6) & Mask,
            (Read(bytes[19..]) >> 1) & Mask, (Read(bytes[24..]) >> 12) & Mask);
    }

    /// <summary>The least residue, little-endian.</summary>
    public void ToBytes(Span<byte> bytes)
    {
        unchecked
        {
            var (a0, a1, a2, a3, a4) = (_0, _1, _2, _3, _4);
            Carry(ref a0, ref a1, ref a2, ref a3, ref a4);
            Carry(ref a0, ref a1, ref a2, ref a3, ref a4);
            // Now below 2^255 + 19·small; q is 1 exactly where the value is at least p.
            var q = (a0 + 19) >> 51;
            q = (a1 + q) >> 51;
            q = (a2 + q) >> 51;
            q = (a3 + q) >> 51;
            q = (a4 + q) >> 51;
            a0 += 19 * q;
            a1 += a0 >> 51;
            a0 &= Mask;
            a2 += a1 >> 51;
            a1 &= Mask;
            a3 += a2 >> 51;
            a2 &= Mask;
            a4 += a3 >> 51;
            a3 &= Mask;
            a4 &= Mask;
            Write(bytes, a0 | (a1 << 51));
            Write(bytes[8..], (a1 >> 13) | (a2 << 38));
            Write(bytes[16..], (a2 >> 26) | (a3 << 25));
            Write(bytes[24..], (a3 >> 39) | (a4 << 12));
        }

        static void Write(Span<byte> b, ulong v) => System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(b, v);
    }

    public static FieldElement operator +(FieldElement a, FieldElement b) =>
        Reduced(a._0 + b._0, a._1 + b._1, a._2 + b._2, a._3 + b._3, a._4 + b._4);

    // 4p is added first, so that no limb goes below zero.
    public static FieldElement operator -(FieldElement a, FieldElement b) => Reduced(
        a._0 + 0x1FFFFFFFFFFFB4 - b._0, a._1 + 0x1FFFFFFFFFFFFC - b._1, a._2 + 0x1FFFFFFFFFFFFC - b._2,
        a._3 + 0x1FFFFFFFFFFFFC - b._3, a._4 + 0x1FFFFFFFFFFFFC - b._4);

    public static FieldElement operator -(FieldElement a) => Zero - a;

    public static FieldElement operator *(FieldElement a, FieldElement b)
    {
        unchecked
        {
            static UInt128 M(ulong x, ulong y)
            {
                var high = Math.BigMul(x, y, out var low);
                return new UInt128(high, low);
            }

            var (b1, b2, b3, b4) = (b._1 * 19, b._2 * 19, b._3 * 19, b._4 * 19);
            var r0 = M(a._0, b._0) + M(a._1, b4) + M(a._2, b3) + M(a._3, b2) + M(a._4, b1);
            var r1 = M(a._0, b._1) + M(a._1, b._0) + M(a._2, b4) + M(a._3, b3) + M(a._4, b2);
            var r2 = M(a._0, b._2) + M(a._1, b._1) + M(a._2, b._0) + M(a._3, b4) + M(a._4, b3);
            var r3 = M(a._0, b._3) + M(a._1, b._2) + M(a._2, b._1) + M(a._3, b._0) + M(a._4, b4);
            var r4 = M(a._0, b._4) + M(a._1, b._3) + M(a._2, b._2) + M(a._3, b._1) + M(a._4, b._0);
            r1 += (ulong)(r0 >> 51);
            r2 += (ulong)(r1 >> 51);
            r3 += (ulong)(r2 >> 51);
            r4 += (ulong)(r3 >> 51);
            var carry = (ulong)(r4 >> 51);
            return Reduced(
                ((ulong)r0 & Mask) + carry * 19, (ulong)r1 & Mask, (ulong)r2 & Mask, (ulong)r3 & Mask, (ulong)r4 & Mask);
        }
    }

    public FieldElement Square() => this * this;

    /// <summary>this^(2^255 − 21), the inverse; zero for zero.</summary>
    public FieldElement Invert()
    {
        var (a, t) = Ladder();
        return a.Squared(5) * t;
    }

    /// <summary>this^((p − 5) / 8) = this^(2^252 − 3).</summary>
    public FieldElement PowP58()
    {
        var (a, _) = Ladder();
        return a.Squared(2) * this;
    }

    // (this^(2^250 − 1), this^11): the addition chain that both powers share.
    private (FieldElement Power, FieldElement Eleven) Ladder()
    {
        var two = Square();
        var nine = two.Squared(2) * this;
        var eleven = nine * two;
        var five = eleven.Square() * nine;          // 2^5 − 1
        var ten = five.Squared(5) * five;           // 2^10 − 1
        var twenty = ten.Squared(10) * ten;
        var forty = twenty.Squared(20) * twenty;
        var fifty = forty.Squared(10) * ten;
        var hundred = fifty.Squared(50) * fifty;
        var twoHundred = hundred.Squared(100) * hundred;
        return (twoHundred.Squared(50) * fifty, eleven);
    }

    public FieldElement Squared(int times)
    {
        var x = this;
        for (var i = 0; i < times; i++) x = x.Square();
        return x;
    }

    public bool IsZero
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            ToBytes(bytes);
            return bytes.IndexOfAnyExcept((byte)0) < 0;
        }
    }

    public bool IsOdd
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            ToBytes(bytes);
            return (bytes[0] & 1) == 1;
        }
    }

    private static FieldElement Reduced(ulong a0, ulong a1, ulong a2, ulong a3, ulong a4)
    {
        Carry(ref a0, ref a1, ref a2, ref a3, ref a4);
        return new(a0, a1, a2, a3, a4);
    }

    private static void Carry(ref ulong a0, ref ulong a1, ref ulong a2, ref ulong a3, ref ulong a4)
    {
        unchecked
        {
            a1 += a0 >> 51;
            a0 &= Mask;
            a2 += a1 >> 51;
            a1 &= Mask;
            a3 += a2 >> 51;
            a2 &= Mask;
            a4 += a3 >> 51;
            a3 &= Mask;
            a0 += (a4 >> 51) * 19;
            a4 &= Mask;
        }
    }
}
