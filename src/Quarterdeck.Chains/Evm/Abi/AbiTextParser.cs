using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>Recursive descent over one argument in cast's notation.</summary>
internal sealed class AbiTextParser(AbiType type, string text, string where)
{
    private static readonly Dictionary<string, int> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["wei"] = 0,
        ["kwei"] = 3,
        ["babbage"] = 3,
        ["mwei"] = 6,
        ["lovelace"] = 6,
        ["gwei"] = 9,
        ["shannon"] = 9,
        ["twei"] = 12,
        ["szabo"] = 12,
        ["microether"] = 12,
        ["pwei"] = 15,
        ["finney"] = 15,
        ["milliether"] = 15,
        ["eth"] = 18,
        ["ether"] = 18,
    };

    private int _at;

    public object? Parse()
    {
        if (type.Kind == AbiKind.String) return Unquoted(text);
        var value = Value(type);
        Space();
        return _at == text.Length ? value : throw Wrong(type, "more follows than one value");
    }

    private object? Value(AbiType wanted)
    {
        Space();
        return wanted.Kind switch
        {
            AbiKind.Array or AbiKind.FixedArray => Items(wanted, '[', ']'),
            AbiKind.Tuple => Items(wanted, '(', ')'),
            AbiKind.String => Text(wanted),
            AbiKind.Address => Address.TryParseAnyCase(Token(wanted, out var token), out var address) ? address : throw NotAddress(wanted, token),
            AbiKind.Bool => Token(wanted, out var token).ToLowerInvariant() switch
            {
                "true" or "1" => true,
                "false" or "0" => false,
                _ => throw Wrong(wanted, $"'{token}' is neither true nor false"),
            },
            AbiKind.Bytes or AbiKind.FixedBytes or AbiKind.Function => Bytes(wanted, Token(wanted, out _)),
            _ => Number(wanted, Token(wanted, out _)),
        };
    }

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
                if (_at < text.Length && text[_at] == close) break;
            }

            if (wanted.Kind == AbiKind.Tuple && items.Count == wanted.Components.Count)
                throw Wrong(wanted, $"more than {wanted.Components.Count} values are given");
            items.Add(Value(wanted.Kind == AbiKind.Tuple ? wanted.Components[items.Count].Type : wanted.Element!));
            Space();
        }

        if (_at >= text.Length) throw Wrong(wanted, $"'{close}' is missing");
        _at++;
        var expected = wanted.Kind == AbiKind.Tuple ? wanted.Components.Count : wanted.Kind == AbiKind.FixedArray ? wanted.Size : items.Count;
        return items.Count == expected ? items.ToArray() : throw Wrong(wanted, $"{expected} values are needed, but {items.Count} are given");
    }

    private string Text(AbiType wanted)
    {
        if (_at < text.Length && text[_at] is '"' or '\'')
        {
            var end = _at + 1;
            while (end < text.Length && text[end] != text[_at]) end++;
            if (end >= text.Length) throw Wrong(wanted, "the closing quote is missing");
            var quoted = text[_at..(end + 1)];
            _at = end + 1;
            return Unquoted(quoted);
        }

        return Token(wanted, out _);
    }

    private string Token(AbiType wanted, out string token)
    {
        // Inside a list a value ends where the list goes on; alone it is the whole text.
        var end = _at;
        while (end < text.Length && text[end] is not (',' or ']' or ')' or '[' or '(')) end++;
        token = text[_at..end].Trim();
        _at = end;
        if (token.Length == 0 && wanted.Kind != AbiKind.String) throw Wrong(wanted, "a value is missing");
        if (token.Length >= 2 && token[0] == token[^1] && token[0] is '"' or '\'') token = token[1..^1];
        return token;
    }

    private byte[] Bytes(AbiType wanted, string token)
    {
        if (!Hex.TryParseData(token, out var bytes)) throw Wrong(wanted, $"'{Hex.Shorten(token)}' is not hex with an even number of digits");
        return wanted.Kind == AbiKind.Bytes || bytes.Length == wanted.Size
            ? bytes
            : throw Wrong(wanted, $"{wanted.Size} bytes are needed, but {bytes.Length} are given");
    }

    private BigInteger Number(AbiType wanted, string token)
    {
        if (!TryNumber(token, wanted.Places, out var number)) throw Wrong(wanted, $"'{Hex.Shorten(token)}' is not a whole number");
        return AbiValues.InRange(wanted, number) ? number : throw Wrong(wanted, $"{Hex.Shorten(token)} is out of range");
    }

    // Sign, then 0x hex, 0b, 0o or decimal with point, exponent and unit: all exact, and whole once scaled.
    private static bool TryNumber(string token, int places, out BigInteger number)
    {
        number = default;
        var digits = token.Replace("_", "", StringComparison.Ordinal).AsSpan();
        var negative = digits.StartsWith("-");
        if (negative || digits.StartsWith("+")) digits = digits[1..];
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!TryHex(digits[2..], out number)) return false;
        }
        else if (!TryDecimal(digits, places, out number)) return false;

        if (negative) number = -number;
        return true;
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out BigInteger number)
    {
        digits = digits.TrimStart('0') is { Length: > 0 } rest ? rest : digits;
        var parsed = UInt256.TryParseHex(digits, out var word);
        number = word.ToBigInteger();
        return parsed;
    }

    private static bool TryDecimal(ReadOnlySpan<char> digits, int places, out BigInteger number)
    {
        number = default;
        var scale = places;
        var letters = digits.Length;
        while (letters > 0 && char.IsAsciiLetter(digits[letters - 1])) letters--;
        if (letters < digits.Length)
        {
            if (!Units.TryGetValue(digits[letters..].ToString(), out var unit)) return false;
            scale += unit;
            digits = digits[..letters].TrimEnd();
        }

        var e = digits.IndexOfAny('e', 'E');
        if (e >= 0)
        {
            if (!int.TryParse(digits[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) ||
                Math.Abs((long)power) > 200)
                return false;
            scale += power;
            digits = digits[..e];
        }

        var point = digits.IndexOf('.');
        if (digits.Length > 200 || digits.IsEmpty) return false;
        if (point >= 0) scale -= digits.Length - point - 1;
        var whole = point < 0 ? digits.ToString() : string.Concat(digits[..point], digits[(point + 1)..]);
        if (!BigInteger.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        if (scale >= 0) number *= BigInteger.Pow(10, scale);
        else
        {
            number = BigInteger.DivRem(number, BigInteger.Pow(10, -scale), out var rest);
            return rest.IsZero;
        }

        return true;
    }

    // As cast reads it: quotes are taken off, and a backslash is a backslash.
    private static string Unquoted(string quoted) =>
        quoted.Length >= 2 && quoted[0] == quoted[^1] && quoted[0] is '"' or '\'' ? quoted[1..^1] : quoted;

    private void Space()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private AbiException NotAddress(AbiType wanted, string token) =>
        Wrong(wanted, $"'{Hex.Shorten(token)}' is not an address of 40 hex digits");

    private AbiException Wrong(AbiType wanted, string what) =>
        new($"{where} is {type}{(ReferenceEquals(wanted, type) ? "" : $", within it {wanted}")}: {what} in '{Hex.Shorten(text)}'.", _at);
}
