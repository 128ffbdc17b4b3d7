using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// Rows in COPY's binary format, in a rented buffer that grows. Source:
/// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
/// </summary>
internal sealed class CopyBuffer : IDisposable
{
    /// <summary>What stands before the rows: signature, no flags, no extension.</summary>
    public static ReadOnlyMemory<byte> Header { get; } = new byte[]
    {
        (byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', 10, 0xff, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };

    /// <summary>What stands after the rows.</summary>
    public static ReadOnlyMemory<byte> Trailer { get; } = new byte[] { 0xff, 0xff };

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1 << 16);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The rows.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Space for so many bytes, counted as written.</summary>
    public Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count) Grow(count);
        var space = _bytes.AsSpan(Length, count);
        Length += count;
        return space;
    }

    /// <summary>Forgets what was written after this length.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Overwrites 8 bytes that were written before.</summary>
    public void Patch(int at, long value) => BinaryPrimitives.WriteInt64BigEndian(_bytes.AsSpan(at), value);

    public void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Take(2), value);

    /// <summary>An <c>int4</c> field.</summary>
    public void Field(int value)
    {
        var space = Take(8);
        BinaryPrimitives.WriteInt32BigEndian(space, 4);
        BinaryPrimitives.WriteInt32BigEndian(space[4..], value);
    }

    /// <summary>An <c>int8</c> or <c>timestamptz</c> field.</summary>
    public void Field(long value)
    {
        var space = Take(12);
        BinaryPrimitives.WriteInt32BigEndian(space, 8);
        BinaryPrimitives.WriteInt64BigEndian(space[4..], value);
    }

    /// <summary>A <c>bytea</c> field, or <c>text</c> as UTF-8.</summary>
    public void Field(scoped ReadOnlySpan<byte> value)
    {
        var space = Take(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(space, value.Length);
        value.CopyTo(space[4..]);
    }

    /// <summary>A <c>bytea</c> field of 32 bytes.</summary>
    public void Field(in Hash32 value)
    {
        var space = Take(36);
        BinaryPrimitives.WriteInt32BigEndian(space, 32);
        value.CopyTo(space[4..]);
    }

    /// <summary>A <c>boolean</c> field.</summary>
    public void Field(bool value)
    {
        var space = Take(5);
        BinaryPrimitives.WriteInt32BigEndian(space, 1);
        space[4] = value ? (byte)1 : (byte)0;
    }

    /// <summary>A <c>text</c> field; U+0000, which PostgreSQL cannot hold, becomes U+FFFD.</summary>
    public void Field(string value) => Field(Encoding.UTF8.GetBytes(value.Replace('\0', '\uFFFD')));

    /// <summary>A <c>jsonb</c> field.</summary>
    public void Json(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        var space = Take(5 + bytes.Length);
        BinaryPrimitives.WriteInt32BigEndian(space, 1 + bytes.Length);
        space[4] = 1;
        bytes.CopyTo(space[5..]);
    }

    /// <summary>A <c>numeric</c> field: the magnitude divided by ten to the power of <paramref name="decimals"/>, exactly.</summary>
    public void Numeric(UInt256 magnitude, bool negative, int decimals)
    {
        if (magnitude.IsZero)
        {
            var zero = Take(12);
            zero.Clear();
            BinaryPrimitives.WriteInt32BigEndian(zero, 8);
            return;
        }

        Span<byte> digits = stackalloc byte[80];
        magnitude.TryFormat(digits, out var count);
        // The power of ten of the first digit is whole - 1; trailing zeros behind the point are not kept.
        var (whole, used) = (count - decimals, count);
        while (used > Math.Max(whole, 0) && digits[used - 1] == '0') used--;
        var (first, last) = ((whole - 1) >> 2, (whole - used) >> 2);
        var groups = first - last + 1;
        var space = Take(12 + 2 * groups);
        BinaryPrimitives.WriteInt32BigEndian(space, 8 + 2 * groups);
        BinaryPrimitives.WriteInt16BigEndian(space[4..], (short)groups);
        BinaryPrimitives.WriteInt16BigEndian(space[6..], (short)first);
        BinaryPrimitives.WriteUInt16BigEndian(space[8..], negative ? (ushort)0x4000 : (ushort)0);
        BinaryPrimitives.WriteInt16BigEndian(space[10..], (short)Math.Max(0, used - whole));
        var at = 0;
        for (var group = 0; group < groups; group++)
        {
            var value = 0;
            for (var power = ((first - group) << 2) + 3; power >= (first - group) << 2; power--)
            {
                value *= 10;
                if (at < used && power == whole - 1 - at) value += digits[at++] - '0';
            }

            BinaryPrimitives.WriteInt16BigEndian(space[(12 + 2 * group)..], (short)value);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Length) = ([], 0);
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, Length + count));
        Written.Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
