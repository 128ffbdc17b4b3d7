using System.Globalization;
using System.Numerics;
using System.Text;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// Values as people write and read them in a terminal, after cast: <c>1e18</c>, <c>0x…</c>, <c>[1,2]</c>,
/// <c>(1,0xabc…)</c>, <c>1 ether</c>.
/// </summary>
public static class AbiText
{
    /// <summary>Reads a value of the type from text.</summary>
    /// <exception cref="AbiException">The text is not such a value; the message says what is wanted.</exception>
    public static object? Parse(AbiType type, string text, string where = "value") => new AbiTextParser(type, text, where).Parse();

    /// <summary>
    /// A value in text: strings quoted inside arrays and tuples and everywhere else too, bytes in hex, addresses checksummed.
    /// With <paramref name="exponent"/>, integers of five digits and more are followed by their size, as cast shows them:
    /// <c>1500000000000000000 [1.5e18]</c>.
    /// </summary>
    public static string Print(AbiType type, object? value, bool exponent = false)
    {
        var text = new StringBuilder();
        Append(text, type, value, exponent);
        return text.ToString();
    }

    /// <summary>As <see cref="Print"/> without the outer quotes of a string: what a variable in a script takes.</summary>
    public static string PrintBare(AbiType type, object? value) => value as string ?? Print(type, value);

    private static void Append(StringBuilder text, AbiType type, object? value, bool exponent)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool flag: text.Append(flag ? "true" : "false"); break;
            case string line: AppendQuoted(text, line); break;
            case byte[] bytes: text.Append(Hex.Data(bytes)); break;
            case BigInteger number: AppendNumber(text, type, number, exponent); break;
            case object?[] items:
                var isTuple = type.Kind == AbiKind.Tuple;
                text.Append(isTuple ? '(' : '[');
                for (var i = 0; i < items.Length; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, isTuple ? type.Components[i].Type : type.Element!, items[i], exponent);
                }

                text.Append(isTuple ? ')' : ']');
                break;
            default: text.Append(string.Create(CultureInfo.InvariantCulture, $"{value}")); break;
        }
    }

    private static void AppendNumber(StringBuilder text, AbiType type, BigInteger number, bool exponent)
    {
        var digits = BigInteger.Abs(number).ToString(CultureInfo.InvariantCulture);
        var sign = number.Sign < 0 ? "-" : "";
        if (type.Kind is AbiKind.Fixed or AbiKind.UFixed)
        {
            digits = digits.PadLeft(type.Places + 1, '0').Insert(Math.Max(1, digits.Length - type.Places), ".").TrimEnd('0').TrimEnd('.');
            text.Append(sign).Append(digits);
            return;
        }

        text.Append(sign).Append(digits);
        if (!exponent || digits.Length < 5) return;
        var mantissa = digits[..4].TrimEnd('0');
        if (mantissa.Length > 1) mantissa = mantissa.Insert(1, ".");
        text.Append(CultureInfo.InvariantCulture, $" [{sign}{mantissa}e{digits.Length - 1}]");
    }

    // What cannot be seen is shown as its number, so that two texts that differ look different.
    private static readonly UnicodeCategory[] Hidden =
    [
        UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.Surrogate, UnicodeCategory.PrivateUse,
        UnicodeCategory.OtherNotAssigned, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator,
        UnicodeCategory.SpaceSeparator, UnicodeCategory.NonSpacingMark, UnicodeCategory.EnclosingMark,
    ];

    private static void AppendQuoted(StringBuilder text, string line)
    {
        text.Append('"');
        foreach (var rune in line.EnumerateRunes())
        {
            var plain = rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                0 => "\\0",
                _ => null,
            };
            if (plain is not null) text.Append(plain);
            else if (rune.Value != ' ' && Hidden.Contains(Rune.GetUnicodeCategory(rune)))
                text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else text.Append(rune);
        }

        text.Append('"');
    }
}
