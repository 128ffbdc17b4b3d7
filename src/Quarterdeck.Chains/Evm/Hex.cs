using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Chains.Evm;

/// <summary>
/// Hex as Ethereum's JSON-RPC writes it: data is 0x and two digits for each byte; a quantity is 0x and no leading zeros.
/// Source: https://ethereum.github.io/execution-apis
/// </summary>
public static class Hex
{
    /// <summary>0x and two lower-case digits for each byte; <c>0x</c> for none.</summary>
    public static string Data(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    /// <summary>0x and the digits without leading zeros; <c>0x0</c> for zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative: JSON-RPC has no negative quantities.</exception>
    public static string Quantity(BigInteger value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        if (value.IsZero) return "0x0";
        var digits = value.ToString("x", CultureInfo.InvariantCulture).AsSpan().TrimStart('0');
        return $"0x{digits}";
    }

    /// <summary>0x and the digits without leading zeros; <c>0x0</c> for zero.</summary>
    public static string Quantity(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Reads bytes from hex, with or without 0x.</summary>
    /// <exception cref="FormatException">An odd number of digits, or something that is no hex digit.</exception>
    public static byte[] ParseData(ReadOnlySpan<char> text) => TryParseData(text, out var bytes)
        ? bytes
        : throw new FormatException($"'{Shorten(text)}' is not hex data: an even number of hex digits is needed after 0x.");

    /// <summary>Reads bytes from hex, with or without 0x; false where the text is not hex data.</summary>
    public static bool TryParseData(ReadOnlySpan<char> text, out byte[] bytes)
    {
        var digits = WithoutPrefix(text);
        bytes = [];
        if (digits.Length % 2 != 0) return false;
        var result = new byte[digits.Length / 2];
        if (Convert.FromHexString(digits, result, out _, out _) != OperationStatus.Done) return false;
        bytes = result;
        return true;
    }

    /// <summary>Reads a quantity, with 0x. Leading zeros are taken, as nodes differ.</summary>
    /// <exception cref="FormatException">Not hex.</exception>
    public static BigInteger ParseQuantity(ReadOnlySpan<char> text)
    {
        var digits = WithoutPrefix(text);
        if (digits.Length == text.Length || digits.Length is 0 or > 64 ||
            !UInt256.TryParseHex(digits, out var value))
            throw new FormatException($"'{Shorten(text)}' is not a quantity such as 0x1f of at most 32 bytes.");
        return value.ToBigInteger();
    }

    /// <summary>Reads a quantity of at most 64 bits, with 0x.</summary>
    /// <exception cref="FormatException">Not hex, or too large.</exception>
    public static ulong ParseUInt64(ReadOnlySpan<char> text)
    {
        var digits = WithoutPrefix(text);
        return digits.Length != text.Length &&
            ulong.TryParse(digits.TrimStart('0') is { Length: > 0 } rest ? rest : digits, NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{Shorten(text)}' is not a quantity such as 0x1f of at most 8 bytes.");
    }

    internal static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;

    internal static string Shorten(ReadOnlySpan<char> text) =>
        text.Length <= 80 ? text.ToString() : $"{text[..77]}…";
}
