using System.Buffers;
using System.Buffers.Binary;

namespace Quarterdeck.Chains.Evm;

/// <summary>An account or contract of an EVM chain: 20 bytes. Text form is mixed-case with the checksum of EIP-55.</summary>
public readonly struct Address : IEquatable<Address>, IComparable<Address>
{
    /// <summary>20.</summary>
    public const int Length = 20;

    private readonly uint _high;
    private readonly UInt128 _low;

    /// <summary>Copies 20 bytes.</summary>
    /// <exception cref="ArgumentException">Not 20 bytes.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"An address is 20 bytes; these are {bytes.Length}.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[4..]);
    }

    /// <summary>The zero address.</summary>
    public static Address Zero => default;

    /// <summary>True for the zero address.</summary>
    public bool IsZero => _high == 0 && _low == 0;

    /// <summary>Reads 40 hex digits, with or without 0x. Mixed case must carry the right EIP-55 checksum.</summary>
    /// <exception cref="FormatException">Not an address; the message says whether it is the length, a digit or the checksum.</exception>
    public static Address Parse(ReadOnlySpan<char> text)
    {
        if (!TryParseAnyCase(text, out var address))
            throw new FormatException($"'{Hex.Shorten(text)}' is not an address: 0x and 40 hex digits are needed.");
        if (!HasRightCase(Hex.WithoutPrefix(text), address))
            throw new FormatException(
                $"'{text}' has the wrong EIP-55 checksum, so a digit may be mistyped. If the digits are right, it is {address}.");
        return address;
    }

    /// <summary>Reads 40 hex digits, with or without 0x; false where it is not an address or its EIP-55 checksum is wrong.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Address address) =>
        TryParseAnyCase(text, out address) && HasRightCase(Hex.WithoutPrefix(text), address);

    /// <summary>Reads 40 hex digits, with or without 0x, whatever their case: for text from a node, not from a person.</summary>
    public static bool TryParseAnyCase(ReadOnlySpan<char> text, out Address address)
    {
        address = default;
        text = Hex.WithoutPrefix(text);
        if (text.Length != 2 * Length) return false;
        Span<byte> bytes = stackalloc byte[Length];
        if (Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done) return false;
        address = new Address(bytes);
        return true;
    }

    /// <summary>The address in the low 20 bytes of a word; the high 12 bytes are not looked at.</summary>
    public static Address FromWord(ReadOnlySpan<byte> word) => new(word.Slice(12, Length));

    /// <summary>The address that <c>CREATE</c> gives a contract: the last 20 bytes of keccak(rlp([sender, nonce])).</summary>
    public static Address OfCreated(Address sender, ulong nonce)
    {
        Span<byte> bytes = stackalloc byte[Length];
        sender.CopyTo(bytes);
        var writer = new RlpWriter();
        var list = writer.BeginList();
        writer.Write(bytes);
        writer.Write(nonce);
        writer.EndList(list);
        return FromWord(Keccak256.Hash(writer.ToArray()).ToArray());
    }

    /// <summary>Writes the 20 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[4..], _low);
    }

    /// <summary>The 20 bytes, in a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>0x and 40 lower-case digits, as nodes write it.</summary>
    public string ToLowerHex() => Hex.Data(ToArray());

    /// <summary>0x and 40 digits whose case carries the EIP-55 checksum.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[2 + 2 * Length];
        (text[0], text[1]) = ('0', 'x');
        WriteChecksummed(text[2..]);
        return text.ToString();
    }

    private void WriteChecksummed(Span<char> text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> ascii = stackalloc byte[2 * Length];
        Span<byte> hash = stackalloc byte[32];
        CopyTo(bytes);
        for (var i = 0; i < ascii.Length; i++)
            ascii[i] = (byte)"0123456789abcdef"[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
        Keccak256.Hash(ascii, hash);
        for (var i = 0; i < ascii.Length; i++)
        {
            var nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
            text[i] = nibble >= 8 ? char.ToUpperInvariant((char)ascii[i]) : (char)ascii[i];
        }
    }

    private static bool HasRightCase(ReadOnlySpan<char> digits, Address address)
    {
        if (!digits.ContainsAnyInRange('a', 'f') || !digits.ContainsAnyInRange('A', 'F')) return true;
        Span<char> right = stackalloc char[2 * Length];
        address.WriteChecksummed(right);
        return digits.SequenceEqual(right);
    }

    /// <inheritdoc/>
    public bool Equals(Address other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <inheritdoc/>
    public int CompareTo(Address other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>Bytewise equality.</summary>
    public static bool operator ==(Address left, Address right) => left.Equals(right);

    /// <summary>Bytewise inequality.</summary>
    public static bool operator !=(Address left, Address right) => !left.Equals(right);

    /// <summary>Order as a number, which is the order a Safe wants signatures in.</summary>
    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    /// <summary>Order as a number.</summary>
    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    /// <summary>Order as a number.</summary>
    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    /// <summary>Order as a number.</summary>
    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;
}
