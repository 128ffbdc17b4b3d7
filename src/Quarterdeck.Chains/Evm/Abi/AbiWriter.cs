using System.Numerics;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>Encodes values by type, heads before tails, into one growing buffer.</summary>
internal sealed class AbiWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;

    public int Length => _length;

    public byte[] ToArray() => _buffer.AsSpan(0, _length).ToArray();

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    public void Sequence(IReadOnlyList<AbiParameter> types, IReadOnlyList<object?> values, string where)
    {
        if (types.Count != values.Count)
            throw new AbiException($"{where} takes {types.Count} values ({AbiType.NameOf(types)}), but {values.Count} are given.");
        var start = _length;
        var heads = 0;
        foreach (var parameter in types) heads += parameter.Type.HeadSize;
        Grow(heads);
        var head = start;
        for (var i = 0; i < types.Count; i++)
        {
            var name = types[i].Name.Length == 0 ? $"{where}[{i}]" : $"{where}.{types[i].Name}";
            head = One(types[i].Type, values[i], start, head, name);
        }
    }

    // Writes the head at its place, and the tail at the end; returns where the next head goes.
    private int One(AbiType type, object? value, int start, int head, string where)
    {
        if (!type.IsDynamic) return Static(type, value, head, where);
        Word(head, (uint)(_length - start));
        Tail(type, value, where);
        return head + 32;
    }

    private int Static(AbiType type, object? value, int at, string where)
    {
        if (type.Kind == AbiKind.FixedArray)
        {
            var items = Items(type, value, where);
            for (var i = 0; i < items.Count; i++) at = Static(type.Element!, items[i], at, $"{where}[{i}]");
            return at;
        }

        if (type.Kind == AbiKind.Tuple)
        {
            var items = Items(type, value, where);
            for (var i = 0; i < items.Count; i++) at = Static(type.Components[i].Type, items[i], at, $"{where}[{i}]");
            return at;
        }

        ElementaryWord(type, value, _buffer.AsSpan(at, 32), where);
        return at + 32;
    }

    private void Tail(AbiType type, object? value, string where)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
            case AbiKind.String:
                var bytes = AbiValues.Bytes(type, value, where);
                Word(Append(32), (uint)bytes.Length);
                bytes.CopyTo(Grow((bytes.Length + 31) / 32 * 32));
                break;
            case AbiKind.Array:
                var items = Items(type, value, where);
                Word(Append(32), (uint)items.Count);
                Elements(type.Element!, items, where);
                break;
            case AbiKind.FixedArray:
                Elements(type.Element!, Items(type, value, where), where);
                break;
            default:
                Sequence(type.Components, Items(type, value, where), where);
                break;
        }
    }

    private void Elements(AbiType element, IReadOnlyList<object?> items, string where)
    {
        var start = _length;
        Grow(checked(element.HeadSize * items.Count));
        var head = start;
        for (var i = 0; i < items.Count; i++) head = One(element, items[i], start, head, $"{where}[{i}]");
    }

    internal static IReadOnlyList<object?> Items(AbiType type, object? value, string where)
    {
        var items = AbiValues.Items(value) ??
            throw new AbiException($"{where} is {type}: a list of values is needed, not {AbiValues.Describe(value)}.");
        var expected = type.Kind switch
        {
            AbiKind.FixedArray => type.Size,
            AbiKind.Tuple => type.Components.Count,
            _ => items.Count,
        };
        return items.Count == expected
            ? items
            : throw new AbiException($"{where} is {type} and takes {expected} values, but {items.Count} are given.");
    }

    internal static void ElementaryWord(AbiType type, object? value, Span<byte> word, string where)
    {
        word.Clear();
        switch (type.Kind)
        {
            case AbiKind.Address:
                AbiValues.Address(value, where).CopyTo(word[12..]);
                break;
            case AbiKind.Bool:
                word[31] = value is bool flag ? (flag ? (byte)1 : (byte)0) : throw AbiValues.Mismatch(type, value, where);
                break;
            case AbiKind.FixedBytes:
            case AbiKind.Function:
                AbiValues.Bytes(type, value, where).CopyTo(word);
                break;
            default:
                Integer(type, AbiValues.Integer(type, value, where), word);
                break;
        }
    }

    internal static void Integer(AbiType type, BigInteger number, Span<byte> word)
    {
        word.Fill(number.Sign < 0 ? (byte)0xff : (byte)0);
        var unsigned = type.Kind is AbiKind.UInt or AbiKind.UFixed;
        var count = number.GetByteCount(unsigned);
        number.TryWriteBytes(word[(32 - count)..], out _, unsigned, isBigEndian: true);
    }

    private void Word(int at, uint value) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(at + 28), value);

    private int Append(int count)
    {
        var at = _length;
        Grow(count);
        return at;
    }

    private Span<byte> Grow(int count)
    {
        if (_length + count > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, (long)_length + count)));
        var room = _buffer.AsSpan(_length, count);
        _length += count;
        return room;
    }
}
