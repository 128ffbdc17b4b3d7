using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// Decodes values by type. Whatever the data claims, the work and memory stay proportional to its length: lengths are
/// checked against what is left, and bytes that many offsets share are charged each time.
/// </summary>
internal ref struct AbiReader
{
    private static readonly UTF8Encoding Lenient = new(false, throwOnInvalidBytes: false);

    private readonly ReadOnlySpan<byte> _data;
    private long _budget;

    public AbiReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        // Solidity and Vyper read each byte once; compilers that share tails stay far below this factor.
        _budget = 16L * data.Length + 4096;
    }

    public object?[] Sequence(IReadOnlyList<AbiParameter> types, int start)
    {
        var values = new object?[types.Count];
        var head = start;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = One(types[i].Type, start, head);
            head += types[i].Type.HeadSize;
        }

        return values;
    }

    public object? At(AbiType type, int head) => One(type, 0, head);

    private object? One(AbiType type, int start, int head) =>
        type.IsDynamic ? Tail(type, Offset(start, head)) : Static(type, head);

    private object? Static(AbiType type, int at)
    {
        if (type.Kind == AbiKind.FixedArray)
        {
            Charge((long)type.Size * Math.Max(32, type.Element!.HeadSize), at, type);
            var items = new object?[type.Size];
            for (var i = 0; i < items.Length; i++, at += type.Element.HeadSize) items[i] = Static(type.Element, at);
            return items;
        }

        if (type.Kind == AbiKind.Tuple)
        {
            var parts = new object?[type.Components.Count];
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = Static(type.Components[i].Type, at);
                at += type.Components[i].Type.HeadSize;
            }

            return parts;
        }

        return Elementary(type, Word(at, type), at);
    }

    private object? Tail(AbiType type, int at)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
                return Bytes(type, at).ToArray();
            case AbiKind.String:
                return Lenient.GetString(Bytes(type, at));
            case AbiKind.Array:
                var count = Length(type, at);
                return Elements(type.Element!, count, at + 32, type);
            case AbiKind.FixedArray:
                return Elements(type.Element!, type.Size, at, type);
            default:
                Charge(32L * type.Components.Count, at, type);
                return Sequence(type.Components, at);
        }
    }

    private object?[] Elements(AbiType element, int count, int start, AbiType type)
    {
        var heads = (long)count * element.HeadSize;
        if (heads > _data.Length - start)
            throw new AbiException($"{type}: {count} elements need {heads} bytes, but {Math.Max(0, _data.Length - start)} are left at byte {start}.", start);
        // Elements of no size, such as uint256[0], still cost memory.
        Charge((long)count * Math.Max(32, element.HeadSize), start, type);
        var items = new object?[count];
        for (var i = 0; i < count; i++) items[i] = One(element, start, start + i * element.HeadSize);
        return items;
    }

    private ReadOnlySpan<byte> Bytes(AbiType type, int at)
    {
        var length = Length(type, at);
        if (length > _data.Length - at - 32)
            throw new AbiException($"{type}: a length of {length} bytes, but {_data.Length - at - 32} are left at byte {at}.", at);
        Charge(length, at, type);
        return _data.Slice(at + 32, length);
    }

    private int Length(AbiType type, int at)
    {
        var word = Word(at, type);
        return Small(word, out var length)
            ? length
            : throw new AbiException($"{type}: the length {Hex.Data(word)} at byte {at} is beyond any data.", at);
    }

    private int Offset(int start, int head)
    {
        var word = Word(head, null);
        return Small(word, out var offset) && offset <= _data.Length - start
            ? start + offset
            : throw new AbiException($"The offset {Hex.Data(word)} at byte {head} points outside the {_data.Length} bytes of data.", head);
    }

    private static bool Small(ReadOnlySpan<byte> word, out int value)
    {
        value = (int)(BinaryPrimitives.ReadUInt32BigEndian(word[28..]) & int.MaxValue);
        return !word[..28].ContainsAnyExcept((byte)0) && word[28] < 0x80;
    }

    private readonly ReadOnlySpan<byte> Word(int at, AbiType? type) => at <= _data.Length - 32
        ? _data.Slice(at, 32)
        : throw new AbiException(
            $"{type?.Name ?? "An offset"} needs 32 bytes at byte {at}, but the data has {_data.Length} bytes.", at);

    private void Charge(long bytes, int at, AbiType type)
    {
        _budget -= bytes;
        if (_budget < 0)
            throw new AbiException($"{type}: the data refers to the same bytes over and over (at byte {at}); it is refused.", at);
    }

    internal static object Elementary(AbiType type, ReadOnlySpan<byte> word, int at)
    {
        switch (type.Kind)
        {
            case AbiKind.Address:
                return word[..12].ContainsAnyExcept((byte)0) ? throw Dirty(type, word, at) : Address.FromWord(word);
            case AbiKind.Bool:
                return word[..31].ContainsAnyExcept((byte)0) || word[31] > 1 ? throw Dirty(type, word, at) : word[31] == 1;
            case AbiKind.FixedBytes:
            case AbiKind.Function:
                return word[type.Size..].ContainsAnyExcept((byte)0) ? throw Dirty(type, word, at) : word[..type.Size].ToArray();
            default:
                var unsigned = type.Kind is AbiKind.UInt or AbiKind.UFixed;
                var number = new BigInteger(word, unsigned, isBigEndian: true);
                return AbiValues.InRange(type, number) ? number : throw Dirty(type, word, at);
        }
    }

    private static AbiException Dirty(AbiType type, ReadOnlySpan<byte> word, int at) =>
        new($"{Hex.Data(word)} at byte {at} is not a value of {type}.", at);
}
