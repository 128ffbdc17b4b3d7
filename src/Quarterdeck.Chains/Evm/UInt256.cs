using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Chains.Evm;

/// <summary>
/// A word of the EVM as a number from 0 to 2^256 − 1. Lives on the stack, for the path where millions of words are read;
/// everywhere else contract integers are <see cref="BigInteger"/>, which also holds the signed types. See docs/decisions.
/// </summary>
public readonly struct UInt256 : IEquatable<UInt256>, IComparable<UInt256>, ISpanFormattable, IUtf8SpanFormattable
{
    private readonly ulong _u0, _u1, _u2, _u3;

    /// <summary>From four 64-bit limbs, the least significant first.</summary>
    public UInt256(ulong u0, ulong u1 = 0, ulong u2 = 0, ulong u3 = 0) => (_u0, _u1, _u2, _u3) = (u0, u1, u2, u3);

    /// <summary>From a big-endian word.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public UInt256(ReadOnlySpan<byte> word)
    {
        if (word.Length != 32) throw new ArgumentException($"A word is 32 bytes; these are {word.Length}.", nameof(word));
        _u3 = BinaryPrimitives.ReadUInt64BigEndian(word);
        _u2 = BinaryPrimitives.ReadUInt64BigEndian(word[8..]);
        _u1 = BinaryPrimitives.ReadUInt64BigEndian(word[16..]);
        _u0 = BinaryPrimitives.ReadUInt64BigEndian(word[24..]);
    }

    /// <summary>Zero.</summary>
    public static UInt256 Zero => default;

    /// <summary>2^256 − 1.</summary>
    public static UInt256 MaxValue => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    /// <summary>True for 0.</summary>
    public bool IsZero => (_u0 | _u1 | _u2 | _u3) == 0;

    /// <summary>True where the value needs at most 64 bits.</summary>
    public bool FitsUInt64 => (_u1 | _u2 | _u3) == 0;

    /// <summary>True where the value needs at most so many bits, from 8 to 256 in steps of 8.</summary>
    public bool FitsBits(int bits) => bits switch
    {
        >= 256 => true,
        > 192 => _u3 >> (bits - 192) == 0,
        192 => _u3 == 0,
        > 128 => _u3 == 0 && _u2 >> (bits - 128) == 0,
        128 => (_u3 | _u2) == 0,
        > 64 => (_u3 | _u2) == 0 && _u1 >> (bits - 64) == 0,
        64 => FitsUInt64,
        _ => FitsUInt64 && _u0 >> bits == 0,
    };

    /// <summary>The low 64 bits.</summary>
    public ulong Low => _u0;

    /// <summary>From a non-negative integer below 2^256.</summary>
    /// <exception cref="OverflowException">Negative or too large.</exception>
    public static UInt256 FromBigInteger(BigInteger value)
    {
        Span<byte> word = stackalloc byte[32];
        if (value.Sign < 0 || value.GetByteCount(isUnsigned: true) > 32)
            throw new OverflowException($"{value} does not fit in 256 bits without a sign.");
        word.Clear();
        value.TryWriteBytes(word, out var written, isUnsigned: true);
        return new UInt256(BinaryPrimitives.ReadUInt64LittleEndian(word), BinaryPrimitives.ReadUInt64LittleEndian(word[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(word[16..]), BinaryPrimitives.ReadUInt64LittleEndian(word[24..]));
    }

    /// <summary>The same number, boxed by nothing but unlimited in range.</summary>
    public BigInteger ToBigInteger()
    {
        if (FitsUInt64) return _u0;
        Span<byte> word = stackalloc byte[32];
        WriteBigEndian(word);
        return new BigInteger(word, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>The word read as two's complement: what <c>int256</c> means by it.</summary>
    public BigInteger ToSignedBigInteger()
    {
        Span<byte> word = stackalloc byte[32];
        WriteBigEndian(word);
        return new BigInteger(word, isUnsigned: false, isBigEndian: true);
    }

    /// <summary>Writes the 32-byte big-endian word.</summary>
    public void WriteBigEndian(Span<byte> word)
    {
        BinaryPrimitives.WriteUInt64BigEndian(word, _u3);
        BinaryPrimitives.WriteUInt64BigEndian(word[8..], _u2);
        BinaryPrimitives.WriteUInt64BigEndian(word[16..], _u1);
        BinaryPrimitives.WriteUInt64BigEndian(word[24..], _u0);
    }

    /// <summary>Reads up to 64 hex digits without 0x.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> digits, out UInt256 value)
    {
        value = default;
        if (digits.Length is 0 or > 64) return false;
        Span<ulong> limbs = stackalloc ulong[4];
        limbs.Clear();
        for (var i = 0; i < 4 && digits.Length > 0; i++)
        {
            var cut = Math.Max(0, digits.Length - 16);
            if (!ulong.TryParse(digits[cut..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out limbs[i]))
                return false;
            digits = digits[..cut];
        }

        value = new UInt256(limbs[0], limbs[1], limbs[2], limbs[3]);
        return true;
    }

    /// <summary>Writes decimal digits without allocating; false where fewer than the needed (at most 78) characters are free.</summary>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten)
    {
        Span<byte> digits = stackalloc byte[80];
        var start = Digits(digits);
        bytesWritten = 0;
        if (!digits[start..].TryCopyTo(utf8Destination)) return false;
        bytesWritten = digits.Length - start;
        return true;
    }

    bool IUtf8SpanFormattable.TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> digits = stackalloc byte[80];
        var start = Digits(digits);
        charsWritten = 0;
        if (destination.Length < digits.Length - start) return false;
        foreach (var digit in digits[start..]) destination[charsWritten++] = (char)digit;
        return true;
    }

    private int Digits(Span<byte> digits)
    {
        const ulong Chunk = 10_000_000_000_000_000_000;
        var (u0, u1, u2, u3) = (_u0, _u1, _u2, _u3);
        var end = digits.Length;
        while ((u1 | u2 | u3) != 0)
        {
            ulong rest = 0;
            (u3, rest) = Divide(rest, u3, Chunk);
            (u2, rest) = Divide(rest, u2, Chunk);
            (u1, rest) = Divide(rest, u1, Chunk);
            (u0, rest) = Divide(rest, u0, Chunk);
            for (var i = 0; i < 19; i++, rest /= 10) digits[--end] = (byte)('0' + rest % 10);
        }

        do digits[--end] = (byte)('0' + u0 % 10);
        while ((u0 /= 10) != 0);
        return end;
    }

    private static (ulong Quotient, ulong Remainder) Divide(ulong high, ulong low, ulong divisor)
    {
        if (high == 0) return (low / divisor, low % divisor);
        var (quotient, rest) = UInt128.DivRem(new UInt128(high, low), divisor);
        return ((ulong)quotient, (ulong)rest);
    }

    /// <inheritdoc/>
    public int CompareTo(UInt256 other) =>
        _u3 != other._u3 ? _u3.CompareTo(other._u3) :
        _u2 != other._u2 ? _u2.CompareTo(other._u2) :
        _u1 != other._u1 ? _u1.CompareTo(other._u1) : _u0.CompareTo(other._u0);

    /// <inheritdoc/>
    public bool Equals(UInt256 other) => _u0 == other._u0 && _u1 == other._u1 && _u2 == other._u2 && _u3 == other._u3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UInt256 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_u0, _u1, _u2, _u3);

    /// <summary>Decimal.</summary>
    public override string ToString()
    {
        Span<char> digits = stackalloc char[80];
        TryFormat(digits, out var written, default, null);
        return digits[..written].ToString();
    }

    /// <summary>Decimal; the format is ignored.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>From 64 bits.</summary>
    public static implicit operator UInt256(ulong value) => new(value);

    /// <summary>Any value is a big integer.</summary>
    public static implicit operator BigInteger(UInt256 value) => value.ToBigInteger();

    /// <summary>Equality.</summary>
    public static bool operator ==(UInt256 left, UInt256 right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(UInt256 left, UInt256 right) => !left.Equals(right);

    /// <summary>Order.</summary>
    public static bool operator <(UInt256 left, UInt256 right) => left.CompareTo(right) < 0;

    /// <summary>Order.</summary>
    public static bool operator >(UInt256 left, UInt256 right) => left.CompareTo(right) > 0;

    /// <summary>Order.</summary>
    public static bool operator <=(UInt256 left, UInt256 right) => left.CompareTo(right) <= 0;

    /// <summary>Order.</summary>
    public static bool operator >=(UInt256 left, UInt256 right) => left.CompareTo(right) >= 0;
}
