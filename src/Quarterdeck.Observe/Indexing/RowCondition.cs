using System.Numerics;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>A condition of index.yaml, compiled for one event.</summary>
internal sealed class RowCondition
{
    private readonly int _position;
    private readonly EventComparison _comparison;
    private readonly bool _isBytes;
    private readonly bool _isSigned;
    private readonly HashSet<Hash32> _words = [];
    private readonly List<byte[]> _bytes = [];
    private readonly HashSet<Address> _emitters = [];
    private readonly int _bits;
    private readonly UInt256 _bound;

    private RowCondition(EventCondition condition, AbiEvent abiEvent, IReadOnlyList<string> values)
    {
        (_comparison, Text) = (condition.Comparison, $"{condition.Field} {condition.Comparison} {string.Join(", ", values)}");
        _position = -1;
        if (condition.Field == EventColumn.Emitter)
        {
            foreach (var value in values) _emitters.Add(Address.Parse(value));
            return;
        }

        var (position, input) = abiEvent.Inputs.Index().First(i => i.Item.Name == condition.Field);
        (_position, _isSigned, _bits) = (position, input.Type.Kind == AbiKind.Int, input.Type.Size);
        _isBytes = !input.Indexed && input.Type.IsHashedWhenIndexed;
        var parsed = values.Select(v => AbiText.Parse(input.Type, v, condition.Field)).ToList();
        if (_comparison is not (EventComparison.OneOf or EventComparison.NoneOf))
        {
            _bound = UInt256.FromBigInteger((BigInteger)parsed[0]! + (_isSigned ? BigInteger.One << 255 : 0));
        }
        else if (_isBytes) _bytes.AddRange(parsed.Select(p => p as byte[] ?? Encoding.UTF8.GetBytes((string)p!)));
        else foreach (var value in parsed) _words.Add(AbiEvent.EncodeTopic(input.Type, value));
    }

    /// <summary>In words, as part of the table's definition.</summary>
    public string Text { get; }

    /// <summary>Compiles a condition; variables are filled from the environment.</summary>
    public static RowCondition Of(EventCondition condition, AbiEvent abiEvent, BoundPack bound) =>
        new(condition, abiEvent, [.. condition.Values.Select(v =>
            v.StartsWith('$') && bound.ResolveAddress(v) is { } address ? address.ToString() : bound.Expand(v).Text)]);

    /// <summary>True where it holds for the log.</summary>
    /// <exception cref="AbiException">The log's data is malformed.</exception>
    public bool Holds(scoped in EventReader log, Address emitter) => _comparison switch
    {
        EventComparison.OneOf => IsOne(log, emitter),
        EventComparison.NoneOf => !IsOne(log, emitter),
        EventComparison.Below => Compare(log) < 0,
        EventComparison.AtMost => Compare(log) <= 0,
        EventComparison.Above => Compare(log) > 0,
        _ => Compare(log) >= 0,
    };

    private int Compare(scoped in EventReader log)
    {
        if (!_isSigned) return log.UInt256(_position).CompareTo(_bound);
        Span<byte> word = stackalloc byte[32];
        log.Word(_position, word);
        var filled = 32 - _bits / 8;
        if (word[..filled].ContainsAnyExcept((word[filled] & 0x80) != 0 ? (byte)0xff : (byte)0))
            throw new AbiException($"{Hex.Data(word)} is not a value of int{_bits}.");
        // With the bit of the sign turned over, two's complement is in the order of unsigned numbers.
        word[0] ^= 0x80;
        return new UInt256(word).CompareTo(_bound);
    }

    private bool IsOne(scoped in EventReader log, Address emitter)
    {
        if (_position < 0) return _emitters.Contains(emitter);
        if (!_isBytes)
        {
            Span<byte> word = stackalloc byte[32];
            log.Word(_position, word);
            return _words.Contains(new Hash32(word));
        }

        var value = log.Bytes(_position);
        foreach (var bytes in _bytes)
            if (value.SequenceEqual(bytes)) return true;
        return false;
    }
}
