using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

/// <summary>Random types and values that fit them, from a seed.</summary>
internal sealed class RandomAbi(int seed)
{
    private const string Letters = "abcXYZ019_-éß漢";

    private readonly Random _random = new(seed);

    public IReadOnlyList<AbiParameter> Types() => [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => new AbiParameter(Type(3)))];

    public object?[] Values(IReadOnlyList<AbiParameter> types) => [.. types.Select(t => Value(t.Type))];

    public AbiType Type(int depth) => _random.Next(depth > 0 ? 10 : 7) switch
    {
        0 => AbiType.Parse($"uint{8 * _random.Next(1, 33)}"),
        1 => AbiType.Parse($"int{8 * _random.Next(1, 33)}"),
        2 => AbiType.Parse("address"),
        3 => AbiType.Parse("bool"),
        4 => AbiType.Parse($"bytes{_random.Next(1, 33)}"),
        5 => AbiType.Parse("bytes"),
        6 => AbiType.Parse("string"),
        7 => AbiType.ArrayOf(Type(depth - 1)),
        8 => AbiType.FixedArrayOf(Type(depth - 1), _random.Next(1, 4)),
        _ => AbiType.TupleOf([.. Enumerable.Range(0, _random.Next(1, 4)).Select(i => new AbiParameter(Type(depth - 1), $"m{i}"))]),
    };

    public object? Value(AbiType type) => type.Kind switch
    {
        AbiKind.UInt => Number(type.Size),
        AbiKind.Int => Number(type.Size) - (BigInteger.One << (type.Size - 1)),
        AbiKind.Address => new Address(Bytes(20)),
        AbiKind.Bool => _random.Next(2) == 0,
        AbiKind.FixedBytes => Bytes(type.Size),
        AbiKind.Bytes => Bytes(_random.Next(0, 100)),
        // No quotes, brackets or commas: cast's own notation cannot carry all of them.
        AbiKind.String => new string([.. Enumerable.Range(0, _random.Next(1, 50)).Select(_ => Letters[_random.Next(Letters.Length)])]),
        AbiKind.Array => Items(type.Element!, _random.Next(0, 4)),
        AbiKind.FixedArray => Items(type.Element!, type.Size),
        _ => type.Components.Select(c => Value(c.Type)).ToArray(),
    };

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    public int Next(int most) => _random.Next(most);

    private object?[] Items(AbiType element, int count) => [.. Enumerable.Range(0, count).Select(_ => Value(element))];

    private BigInteger Number(int bits)
    {
        if (_random.Next(6) == 0) return (BigInteger.One << bits) - 1;
        return new BigInteger(Bytes(bits / 8), isUnsigned: true) >> _random.Next(bits);
    }
}
