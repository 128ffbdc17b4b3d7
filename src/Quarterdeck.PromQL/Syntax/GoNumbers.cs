using System.Globalization;
using System.Numerics;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>Numbers as Go reads and prints them.</summary>
public static class GoNumbers
{
    /// <summary>Reads a Go number: decimal, <c>0x</c>, <c>0o</c>, <c>0b</c>, a leading 0 for octal, underscores, Inf and NaN.</summary>
    /// <exception cref="FormatException">Not a number.</exception>
    public static double Parse(string text) => Parse(text, out _);

    internal static double Parse(string text, out Rational? exact)
    {
        ArgumentNullException.ThrowIfNull(text);
        exact = null;
        var body = text.AsSpan().TrimStart("+-");
        if (text.Length - body.Length > 1) throw Bad(text);
        var negative = text.StartsWith('-');
        if (body.Equals("inf", StringComparison.OrdinalIgnoreCase) || body.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            return negative ? double.NegativeInfinity : double.PositiveInfinity;
        if (body.Equals("nan", StringComparison.OrdinalIgnoreCase)) return double.NaN;
        if (body.Length == 0 || Scan(body) != body.Length) throw Bad(text);

        var plain = body.ToString().Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        var magnitude = Integer(plain) is { } integer ? new Rational(integer) : Decimal(plain);
        var value = magnitude is { } known && known.IsInteger && plain.StartsWith('0') && plain.Length > 1 && plain[1] != '.'
            && plain[1] != 'e'
            ? (double)known.Numerator
            : double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : throw Bad(text);
        if (magnitude is { } amount && double.IsFinite(value)) exact = negative ? -amount : amount;
        return negative ? -value : value;
    }

    /// <summary>Shortest text that reads back as the same double, as Go's <c>FormatFloat(v, 'f', -1, 64)</c>: no exponent; <c>+Inf</c>, <c>NaN</c>.</summary>
    public static string FormatPlain(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "+Inf" : "-Inf";
        var (negative, digits, exponent) = Shortest(value);
        string text;
        if (exponent <= 0) text = "0." + new string('0', -exponent) + digits;
        else if (exponent >= digits.Length) text = digits + new string('0', exponent - digits.Length);
        else text = digits[..exponent] + "." + digits[exponent..];
        if (digits == "0") text = "0";
        return negative ? "-" + text : text;
    }

    /// <summary>As Go's <c>%v</c> and <c>FormatFloat(v, 'g', -1, 64)</c>: exponent form below 1e-4 and from 1e21.</summary>
    public static string Format(double value)
    {
        if (!double.IsFinite(value) || value == 0) return FormatPlain(value);
        var (negative, digits, exponent) = Shortest(value);
        if (exponent is > -4 and <= 21) return FormatPlain(value);
        return (negative ? "-" : "") + Scientific(digits, exponent);
    }

    /// <summary>As Prometheus's HTTP API writes sample values: exponent form below 1e-6 and from 1e21.</summary>
    public static string FormatSample(double value)
    {
        if (!double.IsFinite(value) || value == 0 || Math.Abs(value) is >= 1e-6 and < 1e21) return FormatPlain(value);
        var (negative, digits, exponent) = Shortest(value);
        return (negative ? "-" : "") + Scientific(digits, exponent);
    }

    /// <summary>As Go's <c>FormatFloat(v, 'e', -1, 64)</c>, for a finite number: <c>1e+00</c>.</summary>
    public static string FormatScientific(double value)
    {
        var (negative, digits, exponent) = Shortest(value);
        return (negative ? "-" : "") + Scientific(digits, value == 0 ? 1 : exponent);
    }

    internal static string Scientific(string digits, int exponent)
    {
        var power = exponent - 1;
        var mantissa = digits.Length == 1 ? digits : digits[..1] + "." + digits[1..];
        return mantissa + "e" + (power < 0 ? "-" : "+") + Math.Abs(power).ToString("00", CultureInfo.InvariantCulture);
    }

    /// <summary>Sign, significant digits and decimal point position: value = 0.digits × 10^exponent.</summary>
    private static (bool Negative, string Digits, int Exponent) Shortest(double value)
    {
        var text = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        var round = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = round.IndexOf('E', StringComparison.Ordinal);
        var mantissa = exponentAt < 0 ? round : round[..exponentAt];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        var power = int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        // E16 can round up to the next power of ten where R does not, so the power is taken from R where it says one.
        if (exponentAt >= 0)
        {
            var shown = int.Parse(round.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            var point = mantissa.IndexOf('.', StringComparison.Ordinal);
            power = shown + (point < 0 ? mantissa.Length : point) - 1;
        }
        else if (Math.Abs(value) >= 1)
        {
            var point = mantissa.IndexOf('.', StringComparison.Ordinal);
            power = (point < 0 ? mantissa.Length : point) - 1;
        }

        return (double.IsNegative(value), digits.Length == 0 ? "0" : digits, digits.Length == 0 ? 1 : power + 1);
    }

    /// <summary>Length of the number at the start of the text; 0 where there is none.</summary>
    internal static int Scan(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && text[0] == '0' && char.ToLowerInvariant(text[1]) is 'x' or 'o' or 'b')
        {
            var allowed = char.ToLowerInvariant(text[1]) switch
            {
                'x' => "0123456789abcdefABCDEF_",
                'o' => "01234567_",
                _ => "01_",
            };
            var length = 2 + Span(text[2..], allowed);
            return length > 2 && text[length - 1] != '_' ? length : 0;
        }

        var at = Digits(text);
        var any = at > 0;
        if (at < text.Length && text[at] == '.')
        {
            var fraction = Digits(text[(at + 1)..]);
            any |= fraction > 0;
            at += 1 + fraction;
        }

        if (!any) return 0;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            var power = Digits(text[(at + 1 + sign)..]);
            if (power > 0) at += 1 + sign + power;
        }

        return at;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var at = Span(text, "0123456789_");
        // An underscore stands between digits.
        return at > 0 && (text[0] == '_' || text[at - 1] == '_' || text[..at].Contains("__", StringComparison.Ordinal)) ? 0 : at;
    }

    private static int Span(ReadOnlySpan<char> text, string allowed)
    {
        var at = text.IndexOfAnyExcept(allowed);
        return at < 0 ? text.Length : at;
    }

    private static BigInteger? Integer(string text)
    {
        if (text.Length < 2 || text[0] != '0' || text.AsSpan().IndexOfAny(".e") >= 0 && text[1] != 'x') return null;
        var (digits, radix) = text[1] switch
        {
            'x' => (text[2..], 16),
            'o' => (text[2..], 8),
            'b' => (text[2..], 2),
            _ => (text[1..], 8),
        };
        BigInteger value = 0;
        foreach (var c in digits)
        {
            var digit = Convert.ToInt32(c.ToString(), 16);
            // 089 is no octal number, so it is read as a decimal one, as Go's ParseFloat does after ParseInt has failed.
            if (digit >= radix) return null;
            value = value * radix + digit;
        }

        return value;
    }

    private static Rational? Decimal(string text)
    {
        var exponentAt = text.IndexOf('e', StringComparison.Ordinal);
        var power = 0;
        if (exponentAt >= 0 && !int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power))
            return null;
        // Beyond a double's range nothing is exact, and a short text must not make a number of a million digits.
        if (power is < -400 or > 400) return null;
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        var scale = (point < 0 ? 0 : mantissa.Length - point - 1) - power;
        var integer = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return scale >= 0 ? Rational.FromScaled(integer, scale) : new Rational(integer * BigInteger.Pow(10, -scale));
    }

    private static FormatException Bad(string text) => new($"error parsing number: {GoStrings.Quote(text)}");
}
