using System.Buffers.Binary;
using System.Numerics;

namespace Quarterdeck.Chains.Evm;

/// <summary>
/// Reads RLP in place: a cursor over bytes, which copies nothing. Only canonical encodings are taken: shortest form of
/// lengths and single bytes, integers without leading zeros. Source: Ethereum Yellow Paper, appendix B.
/// </summary>
public ref struct RlpReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _base;
    private int _at;

    /// <summary>Reads from the start of the bytes.</summary>
    public RlpReader(ReadOnlySpan<byte> bytes) : this(bytes, 0)
    {
    }

    private RlpReader(ReadOnlySpan<byte> bytes, int offset)
    {
        _bytes = bytes;
        _base = offset;
    }

    /// <summary>True where nothing is left.</summary>
    public readonly bool AtEnd => _at >= _bytes.Length;

    /// <summary>Where the cursor stands, from the start of the outermost input.</summary>
    public readonly int Offset => _base + _at;

    /// <summary>True where the next item is a list.</summary>
    public readonly bool NextIsList => _at < _bytes.Length && _bytes[_at] >= 0xc0;

    /// <summary>A reader of the next item, which must be a list, and steps over it.</summary>
    /// <exception cref="RlpException">Not a list, or malformed.</exception>
    public RlpReader ReadList()
    {
        var start = _at;
        var content = ReadItem(out var isList, out var contentAt);
        return isList ? new RlpReader(content, _base + contentAt) : throw new RlpException("A list was expected, not bytes", _base + start);
    }

    /// <summary>The bytes of the next item, which must be a string, and steps over it.</summary>
    /// <exception cref="RlpException">Not a string, or malformed.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var start = _at;
        var content = ReadItem(out var isList, out _);
        return isList ? throw new RlpException("Bytes were expected, not a list", _base + start) : content;
    }

    /// <summary>The next item as an integer of at most 64 bits.</summary>
    /// <exception cref="RlpException">Malformed, too long, or with leading zeros.</exception>
    public ulong ReadUInt64()
    {
        var start = _at;
        var bytes = ReadScalar(8, start);
        ulong value = 0;
        foreach (var b in bytes) value = (value << 8) | b;
        return value;
    }

    /// <summary>The next item as an integer of at most 256 bits.</summary>
    /// <exception cref="RlpException">Malformed, too long, or with leading zeros.</exception>
    public BigInteger ReadInteger() => new(ReadScalar(32, _at), isUnsigned: true, isBigEndian: true);

    /// <summary>Steps over the next item, whatever it is.</summary>
    /// <exception cref="RlpException">Malformed.</exception>
    public void Skip() => ReadItem(out _, out _);

    /// <summary>Checks that nothing is left.</summary>
    /// <exception cref="RlpException">Bytes follow.</exception>
    public readonly void ExpectEnd()
    {
        if (!AtEnd) throw new RlpException($"{_bytes.Length - _at} bytes follow where the end was expected", Offset);
    }

    private ReadOnlySpan<byte> ReadScalar(int maxLength, int start)
    {
        var bytes = ReadBytes();
        if (bytes.Length > maxLength) throw new RlpException($"An integer of {bytes.Length} bytes where at most {maxLength} are taken", _base + start);
        if (bytes is [0, ..]) throw new RlpException("An integer has leading zeros", _base + start);
        return bytes;
    }

    private ReadOnlySpan<byte> ReadItem(out bool isList, out int contentAt)
    {
        if (AtEnd) throw new RlpException("An item was expected, but the input ends", Offset);
        var prefix = _bytes[_at];
        isList = prefix >= 0xc0;
        if (prefix < 0x80)
        {
            contentAt = _at;
            return _bytes.Slice(_at++, 1);
        }

        var rest = _bytes.Length - _at - 1;
        var shortLength = prefix - (isList ? 0xc0 : 0x80);
        long length = shortLength;
        var header = 1;
        if (shortLength > 55)
        {
            var lengthBytes = shortLength - 55;
            if (lengthBytes > rest) throw new RlpException("The input ends within a length", Offset);
            length = ReadLength(_bytes.Slice(_at + 1, lengthBytes));
            header += lengthBytes;
            rest -= lengthBytes;
        }

        if (length > rest) throw new RlpException($"An item says {length} bytes, but {rest} are left", Offset);
        contentAt = _at + header;
        var content = _bytes.Slice(contentAt, (int)length);
        if (!isList && length == 1 && content[0] < 0x80) throw new RlpException("A single byte below 0x80 must stand for itself", Offset);
        _at = contentAt + (int)length;
        return content;
    }

    private readonly long ReadLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] == 0) throw new RlpException("A length has leading zeros", Offset);
        Span<byte> word = stackalloc byte[8];
        word.Clear();
        bytes.CopyTo(word[(8 - bytes.Length)..]);
        var length = BinaryPrimitives.ReadUInt64BigEndian(word);
        if (length <= 55) throw new RlpException("A length below 56 must be in the prefix", Offset);
        return length > int.MaxValue ? throw new RlpException($"An item says {length} bytes, more than any input", Offset) : (long)length;
    }
}
