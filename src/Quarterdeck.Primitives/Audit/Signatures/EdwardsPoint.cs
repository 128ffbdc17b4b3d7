namespace Quarterdeck.Primitives.Audit.Signatures;

/// <summary>A point of edwards25519 in extended coordinates (RFC 8032 section 5.1.4): x = X/Z, y = Y/Z, xy = T/Z.</summary>
internal readonly struct EdwardsPoint(FieldElement x, FieldElement y, FieldElement z, FieldElement t)
{
    private static readonly FieldElement D = -FieldElement.Of(121665) * FieldElement.Of(121666).Invert();
    private static readonly FieldElement TwoD = D + D;

    // 2^((p − 1) / 4), a square root of −1: (p − 1)/4 = 2·(p − 5)/8 + 1.
    private static readonly FieldElement RootOfMinusOne = FieldElement.Of(2).PowP58().Square() * FieldElement.Of(2);

    private readonly FieldElement _x = x;
    private readonly FieldElement _y = y;
    private readonly FieldElement _z = z;
    private readonly FieldElement _t = t;

    /// <summary>y = 4/5, x even.</summary>
    public static EdwardsPoint Base { get; } = FromY(FieldElement.Of(4) * FieldElement.Of(5).Invert(), odd: false)!.Value;

    public static EdwardsPoint Neutral => new(FieldElement.Zero, FieldElement.One, FieldElement.One, FieldElement.Zero);

    /// <summary>RFC 8032 section 5.1.3; null where the bytes are not the canonical form of a point.</summary>
    public static EdwardsPoint? Decode(ReadOnlySpan<byte> bytes)
    {
        Span<byte> canonical = stackalloc byte[32];
        var y = FieldElement.FromBytes(bytes);
        y.ToBytes(canonical);
        canonical[31] |= (byte)(bytes[31] & 0x80);
        return canonical.SequenceEqual(bytes) ? FromY(y, (bytes[31] & 0x80) != 0) : null;
    }

    public void Encode(Span<byte> bytes)
    {
        var inverse = _z.Invert();
        (_y * inverse).ToBytes(bytes);
        if ((_x * inverse).IsOdd) bytes[31] |= 0x80;
    }

    public static EdwardsPoint operator -(EdwardsPoint p) => new(-p._x, p._y, p._z, -p._t);

    public static EdwardsPoint operator +(EdwardsPoint p, EdwardsPoint q)
    {
        var a = (p._y - p._x) * (q._y - q._x);
        var b = (p._y + p._x) * (q._y + q._x);
        var c = p._t * TwoD * q._t;
        var d = p._z * q._z;
        d += d;
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new(e * f, g * h, f * g, e * h);
    }

    public EdwardsPoint Double()
    {
        var a = _x.Square();
        var b = _y.Square();
        var c = _z.Square();
        c += c;
        var h = a + b;
        var e = h - (_x + _y).Square();
        var g = a - b;
        var f = c + g;
        return new(e * f, g * h, f * g, e * h);
    }

    /// <summary>n·P + m·Q, scalars little-endian. Takes time that depends on the scalars: for public ones.</summary>
    public static EdwardsPoint Combine(ReadOnlySpan<byte> n, EdwardsPoint p, ReadOnlySpan<byte> m, EdwardsPoint q)
    {
        var both = p + q;
        var sum = Neutral;
        for (var i = 255; i >= 0; i--)
        {
            sum = sum.Double();
            var (a, b) = ((n[i >> 3] >> (i & 7)) & 1, (m[i >> 3] >> (i & 7)) & 1);
            if (a + b == 2) sum += both;
            else if (a == 1) sum += p;
            else if (b == 1) sum += q;
        }

        return sum;
    }

    private static EdwardsPoint? FromY(FieldElement y, bool odd)
    {
        var square = y.Square();
        var (u, v) = (square - FieldElement.One, D * square + FieldElement.One);
        var v3 = v.Square() * v;
        var x = u * v3 * (u * v3.Square() * v).PowP58();
        var check = v * x.Square();
        if (!(check - u).IsZero)
        {
            if (!(check + u).IsZero) return null;
            x *= RootOfMinusOne;
        }

        if (x.IsZero && odd) return null;
        if (x.IsOdd != odd) x = -x;
        return new EdwardsPoint(x, y, FieldElement.One, x * y);
    }
}
