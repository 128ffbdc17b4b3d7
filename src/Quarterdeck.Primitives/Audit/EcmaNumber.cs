using System.Globalization;
using System.Text;

namespace Quarterdeck.Primitives.Audit;

/// <summary>Prints doubles as ECMAScript's Number::toString does (ECMA-262 6.1.6.1.20), which RFC 8785 section 3.2.2.3 takes over.</summary>
internal static class EcmaNumber
{
    public static int Write(double value, Span<byte> output) => Encoding.ASCII.GetBytes(ToText(value), output);

    public static string ToText(double value)
    {
        if (value == 0) return "0";
        if (value == Math.Truncate(value) && Math.Abs(value) <= 9007199254740992)
            return ((long)value).ToString(CultureInfo.InvariantCulture);
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var (digits, exponent) = Digits(shortest);
        var text = Layout(digits, exponent);
        return value < 0 ? "-" + text : text;
    }

    // value = 0.digits × 10^exponent, digits without leading or trailing zeros.
    private static (string Digits, int Exponent) Digits(string text)
    {
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var all = point < 0 ? mantissa : mantissa.Remove(point, 1);
        var leading = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), exponent + whole - leading);
    }

    private static string Layout(string digits, int n)
    {
        var k = digits.Length;
        if (k <= n && n <= 21) return digits + new string('0', n - k);
        if (n is > 0 and <= 21) return $"{digits[..n]}.{digits[n..]}";
        if (n is > -6 and <= 0) return "0." + new string('0', -n) + digits;
        var power = (n - 1).ToString("+0;-0", CultureInfo.InvariantCulture);
        return k == 1 ? $"{digits}e{power}" : $"{digits[0]}.{digits[1..]}e{power}";
    }
}
