using System.Collections;
using System.Numerics;
using System.Text;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>Takes the CLR values that stand for ABI values, checks their range, and says clearly what does not fit.</summary>
internal static class AbiValues
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static BigInteger Integer(AbiType type, object? value, string where)
    {
        BigInteger number;
        switch (value)
        {
            case BigInteger big: number = big; break;
            case UInt256 word: number = word.ToBigInteger(); break;
            case byte or ushort or uint or ulong:
                number = Convert.ToUInt64(value, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case sbyte or short or int or long:
                number = Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case UInt128 wide: number = wide; break;
            default: throw Mismatch(type, value, where);
        }

        return InRange(type, number)
            ? number
            : throw new AbiException($"{where}: {number} does not fit in {type}.");
    }

    public static bool InRange(AbiType type, BigInteger number) => type.Kind is AbiKind.UInt or AbiKind.UFixed
        ? number.Sign >= 0 && number.GetBitLength() <= type.Size
        : number.GetBitLength() < type.Size;

    public static Address Address(object? value, string where) => value is Address address
        ? address
        : throw new AbiException($"{where} is address: an Address is needed, not {Describe(value)}.");

    public static ReadOnlySpan<byte> Bytes(AbiType type, object? value, string where)
    {
        if (type.Kind == AbiKind.String)
            return value is string text ? EncodeText(text, where) : throw Mismatch(type, value, where);
        ReadOnlySpan<byte> bytes = value switch
        {
            byte[] array => array,
            ReadOnlyMemory<byte> memory => memory.Span,
            Hash32 hash => hash.ToArray(),
            _ => throw Mismatch(type, value, where),
        };
        return type.Kind == AbiKind.Bytes || bytes.Length == type.Size
            ? bytes
            : throw new AbiException($"{where} is {type}: {type.Size} bytes are needed, but {bytes.Length} are given.");
    }

    private static byte[] EncodeText(string text, string where)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new AbiException($"{where} is string, but the text holds half of a surrogate pair and has no UTF-8 form.");
        }
    }

    public static IReadOnlyList<object?>? Items(object? value) => value switch
    {
        object?[] array => array,
        string or byte[] => null,
        IReadOnlyList<object?> list => list,
        IEnumerable items => items.Cast<object?>().ToArray(),
        _ => null,
    };

    public static AbiException Mismatch(AbiType type, object? value, string where) => new(
        $"{where} is {type}: {Wanted(type)} is needed, not {Describe(value)}.");

    public static string Describe(object? value) => value is null ? "null" : $"{value.GetType().Name} {Hex.Shorten(value.ToString())}";

    private static string Wanted(AbiType type) => type.Kind switch
    {
        AbiKind.Bool => "a bool",
        AbiKind.Address => "an Address",
        AbiKind.String => "a string",
        AbiKind.Bytes or AbiKind.FixedBytes or AbiKind.Function => "a byte[]",
        AbiKind.Array or AbiKind.FixedArray or AbiKind.Tuple => "an object[]",
        _ => "a BigInteger",
    };
}
