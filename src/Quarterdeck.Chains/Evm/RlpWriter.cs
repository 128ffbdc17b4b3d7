using System.Buffers.Binary;
using System.Numerics;

namespace Quarterdeck.Chains.Evm;

/// <summary>Writes RLP items one after another; lists are opened and closed. Source: Ethereum Yellow Paper, appendix B.</summary>
public sealed class RlpWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>A string of bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 1 || bytes[0] >= 0x80) Header(0x80, bytes.Length);
        bytes.CopyTo(Grow(bytes.Length));
    }

    /// <summary>An integer: its shortest big-endian bytes, none for zero.</summary>
    public void Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Write(bytes[(BitOperations.LeadingZeroCount(value) / 8)..]);
    }

    /// <summary>A non-negative integer: its shortest big-endian bytes, none for zero.</summary>
    public void Write(BigInteger value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Write(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));
    }

    /// <summary>Bytes that are RLP already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> rlp) => rlp.CopyTo(Grow(rlp.Length));

    /// <summary>Opens a list; hand the mark to <see cref="EndList"/>.</summary>
    public int BeginList() => _length;

    /// <summary>Closes the list that was opened at the mark: all that was written since is its content.</summary>
    public void EndList(int mark)
    {
        var content = _length - mark;
        var header = HeaderLength(content);
        Grow(header);
        _buffer.AsSpan(mark, content).CopyTo(_buffer.AsSpan(mark + header));
        _length = mark;
        Header(0xc0, content);
        _length += content;
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _buffer.AsSpan(0, _length).ToArray();

    private static int HeaderLength(int length) => length <= 55 ? 1 : 1 + LengthBytes(length);

    private static int LengthBytes(int length) => (39 - BitOperations.LeadingZeroCount((uint)length)) / 8;

    private void Header(byte kind, int length)
    {
        if (length <= 55)
        {
            Grow(1)[0] = (byte)(kind + length);
            return;
        }

        var count = LengthBytes(length);
        var header = Grow(1 + count);
        header[0] = (byte)(kind + 55 + count);
        for (var i = count; i > 0; i--, length >>= 8) header[i] = (byte)(length & 0xff);
    }

    private Span<byte> Grow(int count)
    {
        if (_length + count > _buffer.Length) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + count));
        var room = _buffer.AsSpan(_length, count);
        _length += count;
        return room;
    }
}
