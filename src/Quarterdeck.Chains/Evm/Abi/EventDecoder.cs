using System.Buffers.Binary;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// An event compiled for the path where millions of logs are decoded: each parameter's place in topics or data is known
/// beforehand, and <see cref="EventReader"/> reads it from there without allocating.
/// </summary>
public sealed class EventDecoder
{
    private readonly int _headSize;

    /// <summary>Compiles the event.</summary>
    public EventDecoder(AbiEvent description)
    {
        Event = description;
        var fields = new EventField[description.Inputs.Count];
        var (topic, head) = (description.Anonymous ? 0 : 1, 0);
        for (var i = 0; i < fields.Length; i++)
        {
            var input = description.Inputs[i];
            fields[i] = input.Indexed
                ? new EventField(input.Type, topic++, -1)
                : new EventField(input.Type, -1, head);
            if (!input.Indexed) head += input.Type.HeadSize;
        }

        (Fields, _headSize) = (fields, head);
    }

    /// <summary>What it decodes.</summary>
    public AbiEvent Event { get; }

    internal EventField[] Fields { get; }

    /// <summary>
    /// Binds a log's topics and data; false where the log is of another event or too short to hold its parameters. Values
    /// themselves are checked when read.
    /// </summary>
    public bool TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data, out EventReader reader)
    {
        reader = default;
        if (!Event.Matches(topics) || data.Length < _headSize) return false;
        reader = new EventReader(Fields, topics, data);
        return true;
    }
}

/// <summary>Where a parameter stands: in a topic, or at a byte of the data's head; the other is −1.</summary>
internal readonly record struct EventField(AbiType Type, int Topic, int Head);

/// <summary>Reads the parameters of one log in place, by their position in the event. Allocates only where it says so.</summary>
public readonly ref struct EventReader
{
    private readonly ReadOnlySpan<EventField> _fields;
    private readonly ReadOnlySpan<Hash32> _topics;
    private readonly ReadOnlySpan<byte> _data;

    internal EventReader(EventField[] fields, ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        _fields = fields;
        _topics = topics;
        _data = data;
    }

    /// <summary>Writes the raw word of an elementary parameter, or the hash of an indexed dynamic one.</summary>
    public void Word(int index, Span<byte> word)
    {
        ref readonly var field = ref _fields[index];
        if (field.Topic >= 0) _topics[field.Topic].CopyTo(word);
        else _data.Slice(field.Head, 32).CopyTo(word);
    }

    /// <summary>True where only the hash of the value was logged.</summary>
    public bool IsHash(int index) => _fields[index].Topic >= 0 && _fields[index].Type.IsHashedWhenIndexed;

    /// <summary>An unsigned integer.</summary>
    /// <exception cref="AbiException">Beyond the range of the parameter's type.</exception>
    public UInt256 UInt256(int index)
    {
        ref readonly var field = ref _fields[index];
        UInt256 value;
        if (field.Topic < 0)
        {
            value = new UInt256(_data.Slice(field.Head, 32));
        }
        else
        {
            Span<byte> word = stackalloc byte[32];
            _topics[field.Topic].CopyTo(word);
            value = new UInt256(word);
        }

        if (field.Type.Size < 256 && !value.FitsBits(field.Type.Size)) throw OutOfRange(index);
        return value;
    }

    /// <summary>An address.</summary>
    /// <exception cref="AbiException">The upper 12 bytes are not zero.</exception>
    public Address Address(int index)
    {
        Span<byte> word = stackalloc byte[32];
        Word(index, word);
        if (BinaryPrimitives.ReadUInt64BigEndian(word) != 0 || BinaryPrimitives.ReadUInt32BigEndian(word[8..]) != 0) throw OutOfRange(index);
        return Evm.Address.FromWord(word);
    }

    /// <summary>A truth value.</summary>
    /// <exception cref="AbiException">Neither 0 nor 1.</exception>
    public bool Bool(int index)
    {
        Span<byte> word = stackalloc byte[32];
        Word(index, word);
        return !word[..31].ContainsAnyExcept((byte)0) && word[31] <= 1 ? word[31] == 1 : throw OutOfRange(index);
    }

    /// <summary>A <c>bytes32</c>, or the hash of an indexed dynamic value.</summary>
    public Hash32 Hash(int index)
    {
        ref readonly var field = ref _fields[index];
        return field.Topic >= 0 ? _topics[field.Topic] : new Hash32(_data.Slice(field.Head, 32));
    }

    /// <summary>The bytes of <c>bytes</c>, or the UTF-8 of <c>string</c>, in place.</summary>
    /// <exception cref="AbiException">The offset or length points outside the data, or only the hash was logged.</exception>
    public ReadOnlySpan<byte> Bytes(int index)
    {
        ref readonly var field = ref _fields[index];
        if (field.Topic >= 0 || field.Type.Kind is not (AbiKind.Bytes or AbiKind.String)) throw OutOfRange(index);
        var offset = Length(_data.Slice(field.Head, 32), field.Head);
        if (offset > _data.Length - 32) throw Outside(field.Head);
        var length = Length(_data.Slice(offset, 32), offset);
        return length <= _data.Length - offset - 32 ? _data.Slice(offset + 32, length) : throw Outside(offset);
    }

    /// <summary>Any parameter as <see cref="AbiType"/> describes values; allocates.</summary>
    /// <exception cref="AbiException">Malformed.</exception>
    public object? Value(int index)
    {
        ref readonly var field = ref _fields[index];
        if (field.Topic >= 0 && field.Type.IsHashedWhenIndexed) return _topics[field.Topic];
        if (field.Topic < 0) return new AbiReader(_data).At(field.Type, field.Head);
        Span<byte> word = stackalloc byte[32];
        Word(index, word);
        return AbiReader.Elementary(field.Type, word, field.Topic * 32);
    }

    private static int Length(ReadOnlySpan<byte> word, int at) =>
        !word[..28].ContainsAnyExcept((byte)0) && word[28] < 0x80 ? BinaryPrimitives.ReadInt32BigEndian(word[28..]) : throw Outside(at);

    private AbiException OutOfRange(int index)
    {
        Span<byte> word = stackalloc byte[32];
        Word(index, word);
        return new AbiException($"Parameter {index + 1} is {_fields[index].Type}, which {Hex.Data(word)} is not.", Math.Max(0, _fields[index].Head));
    }

    private static AbiException Outside(int at) => new($"The offset or length at byte {at} points outside the data.", at);
}
