using System.Globalization;
using System.Text;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>What an ABI type is, apart from its size.</summary>
public enum AbiKind
{
    /// <summary><c>uint8</c> … <c>uint256</c>.</summary>
    UInt,

    /// <summary><c>int8</c> … <c>int256</c>.</summary>
    Int,

    /// <summary><c>ufixedMxN</c>: an unsigned integer of M bits in units of 10^−N.</summary>
    UFixed,

    /// <summary><c>fixedMxN</c>: a signed integer of M bits in units of 10^−N.</summary>
    Fixed,

    /// <summary>Twenty bytes.</summary>
    Address,

    /// <summary>0 or 1.</summary>
    Bool,

    /// <summary><c>bytes1</c> … <c>bytes32</c>.</summary>
    FixedBytes,

    /// <summary>An address and a selector: 24 bytes.</summary>
    Function,

    /// <summary>Bytes of any length.</summary>
    Bytes,

    /// <summary>UTF-8 of any length.</summary>
    String,

    /// <summary><c>T[]</c>.</summary>
    Array,

    /// <summary><c>T[k]</c>.</summary>
    FixedArray,

    /// <summary><c>(T1,T2,…)</c>.</summary>
    Tuple,
}

/// <summary>A type of the contract ABI, version 2. Source: https://docs.soliditylang.org/en/latest/abi-spec.html</summary>
/// <remarks>
/// Values: integers and fixed-point numbers (raw, unscaled) are <see cref="System.Numerics.BigInteger"/>, addresses
/// <see cref="Evm.Address"/>, then <see cref="bool"/>, <see cref="string"/>, <c>byte[]</c> for all bytes and
/// <c>object?[]</c> for arrays and tuples.
/// </remarks>
public sealed class AbiType : IEquatable<AbiType>
{
    /// <summary>Deepest nesting that is taken; contracts stay far below.</summary>
    internal const int MaxDepth = 64;

    /// <summary>Largest static head in bytes that a type may claim, so that a type alone cannot make us allocate.</summary>
    private const long MaxHeadSize = 1L << 26;

    private AbiType(AbiKind kind, int size, string name) => (Kind, Size, Name, Components) = (kind, size, name, []);

    /// <summary>What it is.</summary>
    public AbiKind Kind { get; }

    /// <summary>Bits of a number; bytes of <c>bytesN</c>; elements of <c>T[k]</c>; 0 elsewhere.</summary>
    public int Size { get; }

    /// <summary>Decimal places of a fixed-point number.</summary>
    public int Places { get; private init; }

    /// <summary>The element of an array.</summary>
    public AbiType? Element { get; private init; }

    /// <summary>The parts of a tuple, in order.</summary>
    public IReadOnlyList<AbiParameter> Components { get; private init; }

    /// <summary>The canonical name, as it enters selectors: <c>(address,uint256)[]</c>.</summary>
    public string Name { get; }

    /// <summary>True where the encoding stands in the tail, behind an offset.</summary>
    public bool IsDynamic { get; private init; }

    /// <summary>Bytes that the type takes in the head: 32 for anything dynamic.</summary>
    public int HeadSize { get; private init; } = 32;

    /// <summary>How deep arrays and tuples nest in it; 0 for a plain type.</summary>
    internal int Depth { get; private init; }

    /// <summary>The name Solidity's source and JSON know besides the ABI's, such as <c>contract IERC20</c>; null where not given.</summary>
    public string? InternalType { get; init; }

    /// <summary>True for <c>T[]</c>, <c>T[k]</c>, tuples, <c>bytes</c> and <c>string</c>: as an indexed event parameter only its hash is logged.</summary>
    public bool IsHashedWhenIndexed => Kind >= AbiKind.Bytes;

    /// <summary>Reads a type such as <c>uint256</c>, <c>(address to,bytes)[2][]</c>.</summary>
    /// <exception cref="AbiException">Not a type; the offset is the character.</exception>
    public static AbiType Parse(string text)
    {
        var parser = new SignatureParser(text);
        var type = parser.ParseType();
        parser.ExpectEnd();
        return type;
    }

    /// <summary>An elementary type by its name, aliases included; null where there is none.</summary>
    internal static AbiType? Elementary(string name) => name switch
    {
        "address" => new(AbiKind.Address, 0, name),
        "bool" => new(AbiKind.Bool, 0, name),
        "string" => new(AbiKind.String, 0, name) { IsDynamic = true },
        "bytes" => new(AbiKind.Bytes, 0, name) { IsDynamic = true },
        "function" => new(AbiKind.Function, 24, name),
        "byte" => new(AbiKind.FixedBytes, 1, "bytes1"),
        "uint" => new(AbiKind.UInt, 256, "uint256"),
        "int" => new(AbiKind.Int, 256, "int256"),
        "fixed" => new(AbiKind.Fixed, 128, "fixed128x18") { Places = 18 },
        "ufixed" => new(AbiKind.UFixed, 128, "ufixed128x18") { Places = 18 },
        _ when name.StartsWith("uint", StringComparison.Ordinal) => Number(AbiKind.UInt, name, 4),
        _ when name.StartsWith("int", StringComparison.Ordinal) => Number(AbiKind.Int, name, 3),
        _ when name.StartsWith("bytes", StringComparison.Ordinal) =>
            Natural(name.AsSpan(5)) is >= 1 and <= 32 and var size ? new(AbiKind.FixedBytes, size, name) : null,
        _ when name.StartsWith("ufixed", StringComparison.Ordinal) => FixedPoint(AbiKind.UFixed, name, 6),
        _ when name.StartsWith("fixed", StringComparison.Ordinal) => FixedPoint(AbiKind.Fixed, name, 5),
        _ => null,
    };

    /// <summary><c>element[]</c>.</summary>
    public static AbiType ArrayOf(AbiType element) => new(AbiKind.Array, 0, element.Name + "[]")
    {
        Element = element,
        IsDynamic = true,
        Depth = Deeper(element.Depth),
    };

    /// <summary><c>element[count]</c>.</summary>
    /// <exception cref="AbiException">The head would be beyond any contract.</exception>
    public static AbiType FixedArrayOf(AbiType element, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(AbiKind.FixedArray, count, string.Create(CultureInfo.InvariantCulture, $"{element.Name}[{count}]"))
        {
            Element = element,
            IsDynamic = element.IsDynamic && count > 0,
            HeadSize = element.IsDynamic && count > 0 ? 32 : Head((long)element.HeadSize * count),
            Depth = Deeper(element.Depth),
        };
    }

    /// <summary><c>(T1,T2,…)</c>.</summary>
    /// <exception cref="AbiException">The head would be beyond any contract.</exception>
    public static AbiType TupleOf(IReadOnlyList<AbiParameter> components)
    {
        var dynamic = components.Any(c => c.Type.IsDynamic);
        return new(AbiKind.Tuple, 0, NameOf(components))
        {
            Components = components,
            IsDynamic = dynamic,
            HeadSize = dynamic ? 32 : Head(components.Sum(c => (long)c.Type.HeadSize)),
            Depth = Deeper(components.Count == 0 ? 0 : components.Max(c => c.Type.Depth)),
        };
    }

    /// <summary>Canonical names in parentheses.</summary>
    internal static string NameOf(IReadOnlyList<AbiParameter> parameters)
    {
        var name = new StringBuilder("(");
        for (var i = 0; i < parameters.Count; i++) name.Append(i == 0 ? "" : ",").Append(parameters[i].Type.Name);
        return name.Append(')').ToString();
    }

    internal AbiType WithInternalType(string? internalType) => internalType is null ? this : new(Kind, Size, Name)
    {
        Places = Places,
        Element = Element,
        Components = Components,
        IsDynamic = IsDynamic,
        HeadSize = HeadSize,
        Depth = Depth,
        InternalType = internalType,
    };

    private static int Head(long size) => size <= MaxHeadSize
        ? (int)size
        : throw new AbiException($"A static type of {size} bytes is larger than any contract can use (limit {MaxHeadSize}).");

    private static int Deeper(int depth) => depth < MaxDepth
        ? depth + 1
        : throw new AbiException($"Arrays and tuples nest deeper than {MaxDepth}.");

    private static AbiType? Number(AbiKind kind, string name, int prefix) =>
        Natural(name.AsSpan(prefix)) is >= 8 and <= 256 and var bits && bits % 8 == 0 ? new(kind, bits, name) : null;

    private static AbiType? FixedPoint(AbiKind kind, string name, int prefix)
    {
        var x = name.IndexOf('x', prefix + 1 < name.Length ? prefix + 1 : prefix);
        if (x < 0) return null;
        return Natural(name.AsSpan(prefix, x - prefix)) is >= 8 and <= 256 and var bits && bits % 8 == 0 &&
            Natural(name.AsSpan(x + 1)) is >= 1 and <= 80 and var places
            ? new(kind, bits, name) { Places = places }
            : null;
    }

    // −1 for anything but digits without a leading zero, since uint08 is not uint8.
    private static int Natural(ReadOnlySpan<char> digits) =>
        digits.Length is > 0 and <= 3 && digits[0] != '0' &&
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1;

    /// <summary>Same canonical name; the names of tuple components do not count.</summary>
    public bool Equals(AbiType? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AbiType);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
