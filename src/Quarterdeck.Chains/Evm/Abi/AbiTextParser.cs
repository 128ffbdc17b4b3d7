using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>Recursive descent over one argument in cast's notation.</summary>
internal sealed class AbiTextParser(AbiType type, string text, string where)
{
    private const char Nothing = '\0';

    private static readonly (string Name, int Decimals)[] Units = [("gwei", 9), ("wei", 0), ("ether", 18)];

    private int _at;

    public object? Parse()
    {
        if (type.Kind == AbiKind.String) return Alone();
        if (type.Kind == AbiKind.Tuple) Space();
        var value = Value(type, Nothing);
        return _at == text.Length ? value : throw Wrong(type, "more follows than one value");
    }

    // Inside a list, close is what ends the list.
    private object? Value(AbiType wanted, char close) => wanted.Kind switch
    {
        AbiKind.Array or AbiKind.FixedArray => Items(wanted, '[', ']'),
        AbiKind.Tuple => Items(wanted, '(', ')'),
        AbiKind.String => Text(wanted, close),
        AbiKind.Address => Word(wanted) is var token && !token.StartsWith("0X", StringComparison.Ordinal) && Address.TryParseAnyCase(token, out var address)
            ? address
            : throw Wrong(wanted, $"'{Hex.Shorten(token)}' is not an address of 40 hex digits"),
        AbiKind.Bool => Word(wanted) switch
        {
            "true" => true,
            "false" => false,
            var token => throw Wrong(wanted, $"'{Hex.Shorten(token)}' is neither true nor false"),
        },
        AbiKind.Bytes or AbiKind.FixedBytes or AbiKind.Function => Bytes(wanted, Word(wanted)),
        _ => Number(wanted, Until(close)),
    };

    private object?[] Items(AbiType wanted, char open, char close)
    {
        if (_at >= text.Length || text[_at] != open) throw Wrong(wanted, $"'{open}' is expected");
        _at++;
        var items = new List<object?>();
        Space();
        while (_at < text.Length && text[_at] != close)
        {
            if (items.Count > 0)
            {
                if (text[_at] != ',') throw Wrong(wanted, $"',' or '{close}' is expected");
                _at++;
                Space();
                if (wanted.Kind != AbiKind.Tuple && _at < text.Length && text[_at] == close) break;
            }

            if (wanted.Kind == AbiKind.Tuple && items.Count == wanted.Components.Count)
                throw Wrong(wanted, $"more than {wanted.Components.Count} values are given");
            items.Add(Value(wanted.Kind == AbiKind.Tuple ? wanted.Components[items.Count].Type : wanted.Element!, close));
            // As cast: a space may come before the end, and before a comma only where it is part of the value.
            var ended = _at;
            Space();
            if (_at < text.Length && text[_at] == ',') _at = ended;
        }

        if (_at >= text.Length) throw Wrong(wanted, $"'{close}' is missing");
        _at++;
        var expected = wanted.Kind == AbiKind.Tuple ? wanted.Components.Count : wanted.Kind == AbiKind.FixedArray ? wanted.Size : items.Count;
        return items.Count == expected ? items.ToArray() : throw Wrong(wanted, $"{expected} values are needed, but {items.Count} are given");
    }

    // Alone, a string is the whole argument: its quotes are taken off and a backslash is a backslash.
    private string Alone()
    {
        if (text.Length == 0 || text[0] is not ('"' or '\'')) return text.TrimEnd();
        var end = text.IndexOf(text[0], 1);
        if (end < 0) throw Wrong(type, "the closing quote is missing");
        return end == text.Length - 1 ? text[1..end] : throw Wrong(type, "more follows after the closing quote");
    }

    private string Text(AbiType wanted, char close)
    {
        if (_at < text.Length && text[_at] is '"' or '\'')
        {
            var end = text.IndexOf(text[_at], _at + 1);
            if (end < 0) throw Wrong(wanted, "the closing quote is missing");
            var quoted = text[(_at + 1)..end];
            _at = end + 1;
            return quoted;
        }

        var bare = Until(close).Trim();
        return bare.Length > 0 ? bare : throw Wrong(wanted, "a value is missing; an empty string is \"\"");
    }

    // What holds no space: an address, a truth value, bytes.
    private string Word(AbiType wanted)
    {
        var end = _at;
        while (end < text.Length && text[end] is not (',' or ']' or ')' or '[' or '(') && !char.IsWhiteSpace(text[end])) end++;
        var word = text[_at..end];
        _at = end;
        return word.Length > 0 || wanted.Kind == AbiKind.Bytes ? word : throw Wrong(wanted, "a value is missing");
    }

    private string Until(char close)
    {
        var end = _at;
        while (end < text.Length && (close == Nothing || text[end] != ',' && text[end] != close)) end++;
        var token = text[_at..end];
        _at = end;
        return token;
    }

    private byte[] Bytes(AbiType wanted, string token)
    {
        if (token.Length == 0 || token.StartsWith("0X", StringComparison.Ordinal) || !Hex.TryParseData(token, out var bytes))
            throw Wrong(wanted, $"'{Hex.Shorten(token)}' is not hex with an even number of digits");
        return wanted.Kind == AbiKind.Bytes || bytes.Length == wanted.Size
            ? bytes
            : throw Wrong(wanted, $"{wanted.Size} bytes are needed, but {bytes.Length} are given");
    }

    private BigInteger Number(AbiType wanted, string token)
    {
        if (!TryNumber(token, wanted.Kind is AbiKind.UInt or AbiKind.UFixed, wanted.Places, out var number))
            throw Wrong(wanted, $"'{Hex.Shorten(token)}' is not a whole number");
        return AbiValues.InRange(wanted, number) ? number : throw Wrong(wanted, $"{Hex.Shorten(token.Trim())} is out of range");
    }

    // Sign of a signed type, then 0x, 0b, 0o or decimal with point and exponent, then a unit: exact, and whole once scaled.
    private static bool TryNumber(string token, bool unsigned, int places, out BigInteger number)
    {
        number = default;
        var digits = token.AsSpan();
        var negative = !unsigned && digits.StartsWith("-");
        if (negative || !unsigned && digits.StartsWith("+")) digits = digits[1..];
        var scale = places;
        foreach (var (name, decimals) in Units)
        {
            if (!digits.EndsWith(name, StringComparison.Ordinal)) continue;
            digits = digits[..^name.Length];
            scale += decimals;
            break;
        }

        digits = digits.TrimEnd(' ');
        var radix = digits.Length < 2 || digits[0] != '0' ? 10 : digits[1] switch { 'x' or 'X' => 16, 'b' or 'B' => 2, 'o' or 'O' => 8, _ => 10 };
        if (radix == 10)
        {
            if (!TryDecimal(digits, scale, out number)) return false;
        }
        else if (TryInteger(digits[2..], radix, out number)) number *= BigInteger.Pow(10, scale);
        else return false;
        if (negative) number = -number;
        return true;
    }

    private static bool TryInteger(ReadOnlySpan<char> digits, int radix, out BigInteger number)
    {
        number = BigInteger.Zero;
        // No word has more digits, and text of any length must not cost its square.
        if (digits.IsEmpty || digits.TrimStart('0').Length > 256) return false;
        foreach (var c in digits.TrimStart('0'))
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix) return false;
            number = number * radix + digit;
        }

        return true;
    }

    private static bool TryDecimal(ReadOnlySpan<char> digits, int scale, out BigInteger number)
    {
        number = default;
        var e = digits.IndexOfAny('e', 'E');
        if (e >= 0)
        {
            var power = digits[(e + 1)..];
            if (power.StartsWith("+")) power = power[1..];
            if (!int.TryParse(power, NumberStyles.None, CultureInfo.InvariantCulture, out var raised) || raised > 200) return false;
            scale += raised;
            digits = digits[..e];
        }

        if (digits.Length > 200) return false;
        var point = digits.IndexOf('.');
        var after = point < 0 ? 0 : digits.Length - point - 1;
        // Digits stand on both sides of a point, and no more after it than the exponent and the unit shift away.
        if (digits.IsEmpty || point == 0 || point >= 0 && after == 0 || after > scale) return false;
        var whole = point < 0 ? digits.ToString() : string.Concat(digits[..point], digits[(point + 1)..]);
        if (!BigInteger.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        number *= BigInteger.Pow(10, scale - after);
        return true;
    }

    private void Space()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private AbiException Wrong(AbiType wanted, string what) =>
        new($"{where} is {type}{(ReferenceEquals(wanted, type) ? "" : $", within it {wanted}")}: {what} in '{Hex.Shorten(text)}'.", _at);
}
