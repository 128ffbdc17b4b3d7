using System.Globalization;
using System.Text;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>Go's fmt for the values that templates meet.</summary>
internal static class GoFormat
{
    public static string TypeName(object? value) => value switch
    {
        null => "nil",
        string => "string",
        double => "float64",
        long => "int",
        bool => "bool",
        Labels or IReadOnlyDictionary<string, string> => "map[string]string",
        IReadOnlyDictionary<string, object?> => "map[string]interface {}",
        TemplateSample => "*template.sample",
        _ => "template.queryResult",
    };

    /// <summary>As <c>%v</c>.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        double number => GoNumbers.Format(number),
        long number => number.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        Labels or IReadOnlyDictionary<string, string> or IReadOnlyDictionary<string, object?> =>
            "map[" + string.Join(" ", TemplateValues.Items(value).Select(pair => $"{Print(pair.Key)}:{Print(pair.Value)}")) + "]",
        TemplateSample sample => $"&{{{Print(sample.Labels)} {Print(sample.Value)}}}",
        IEnumerable<TemplateSample> list => "[" + string.Join(" ", list.Select(Print)) + "]",
        _ => value.ToString() ?? "",
    };

    /// <summary>As <c>%.Ng</c>: N significant digits, trailing zeros dropped.</summary>
    public static string General(double value, int precision, bool alternate = false)
    {
        if (!double.IsFinite(value)) return GoNumbers.FormatPlain(value);
        if (value == 0) return double.IsNegative(value) ? "-0" : "0";
        precision = Math.Max(1, precision);
        var text = Math.Abs(value).ToString("E" + (precision - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var at = text.IndexOf('E', StringComparison.Ordinal);
        var power = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = text[..at].Replace(".", "", StringComparison.Ordinal);
        if (!alternate) digits = digits.TrimEnd('0');
        var sign = value < 0 ? "-" : "";
        if (power < -4 || power >= precision)
            return sign + Exponent(digits, power);
        if (power < 0) return sign + "0." + new string('0', -power - 1) + digits;
        return sign + (digits.Length <= power + 1
            ? digits.PadRight(power + 1, '0')
            : digits[..(power + 1)] + "." + digits[(power + 1)..]);
    }

    private static string Exponent(string digits, int power) =>
        (digits.Length == 1 ? digits : digits[..1] + "." + digits[1..])
        + "e" + (power < 0 ? "-" : "+") + Math.Abs(power).ToString("00", CultureInfo.InvariantCulture);

    /// <summary>As <c>fmt.Sprintf</c>.</summary>
    public static string Sprintf(string format, IReadOnlyList<object?> arguments)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            var spec = default(Spec);
            i++;
            while (i < format.Length && "+-# 0".Contains(format[i], StringComparison.Ordinal)) spec = spec.With(format[i++]);
            spec = spec with { Width = Count(format, ref i, arguments, ref next) };
            if (i < format.Length && format[i] == '.')
            {
                i++;
                spec = spec with { Precision = Count(format, ref i, arguments, ref next) ?? 0 };
            }

            if (i >= format.Length)
            {
                result.Append("%!(NOVERB)");
                break;
            }

            if (format[i] == '%') result.Append('%');
            else if (next >= arguments.Count) result.Append("%!").Append(format[i]).Append("(MISSING)");
            else result.Append(spec.Pad(Verb(format[i], spec, arguments[next++])));
        }

        if (next < arguments.Count)
        {
            result.Append("%!(EXTRA ").AppendJoin(", ", arguments.Skip(next).Select(value => $"{TypeName(value)}={Print(value)}")).Append(')');
        }

        return result.ToString();
    }

    private static int? Count(string format, ref int i, IReadOnlyList<object?> arguments, ref int next)
    {
        if (i < format.Length && format[i] == '*')
        {
            i++;
            return next < arguments.Count && arguments[next++] is long given ? (int)Math.Clamp(given, -10_000, 10_000) : null;
        }

        var start = i;
        while (i < format.Length && char.IsAsciiDigit(format[i])) i++;
        return i > start && int.TryParse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture, out var count) ? Math.Min(count, 10_000) : null;
    }

    private static string Verb(char verb, in Spec spec, object? value)
    {
        var wrong = $"%!{verb}({TypeName(value)}={Print(value)})";
        switch (value)
        {
            case double number:
                return verb switch
                {
                    'v' => spec.Signed(spec.Precision is { } g ? General(number, g) : GoNumbers.Format(number), number >= 0),
                    'f' or 'F' => spec.Signed(Fixed(number, spec.Precision ?? 6), number >= 0),
                    'e' or 'E' => spec.Signed(Scientific(number, spec.Precision ?? 6, verb), number >= 0),
                    'g' or 'G' => spec.Signed(spec.Precision is { } p ? General(number, p) : GoNumbers.Format(number), number >= 0),
                    _ => wrong,
                };
            case long number:
                return verb switch
                {
                    'v' or 'd' => spec.Signed(number.ToString(CultureInfo.InvariantCulture), number >= 0),
                    'x' => number.ToString("x", CultureInfo.InvariantCulture),
                    'X' => number.ToString("X", CultureInfo.InvariantCulture),
                    'o' => Convert.ToString(number, 8),
                    'b' => Convert.ToString(number, 2),
                    'c' => char.ConvertFromUtf32((int)number),
                    _ => wrong,
                };
            case bool flag: return verb is 'v' or 't' ? Print(flag) : wrong;
            case string text:
                var cut = spec.Precision is { } length && length < text.Length ? text[..length] : text;
                return verb switch
                {
                    'v' or 's' => cut,
                    'q' => GoStrings.Quote(cut),
                    'x' => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(cut)),
                    'X' => Convert.ToHexString(Encoding.UTF8.GetBytes(cut)),
                    _ => wrong,
                };
            case null: return verb == 'v' ? "<nil>" : $"%!{verb}(<nil>)";
            default: return verb is 'v' or 's' ? Print(value) : wrong;
        }
    }

    private static string Fixed(double value, int precision) => double.IsFinite(value)
        ? value.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : GoNumbers.FormatPlain(value);

    private static string Scientific(double value, int precision, char verb)
    {
        if (!double.IsFinite(value)) return GoNumbers.FormatPlain(value);
        var text = value.ToString($"{verb}{precision}", CultureInfo.InvariantCulture);
        var at = text.IndexOf(verb, StringComparison.Ordinal);
        var power = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return text[..(at + 1)] + (power < 0 ? "-" : "+") + Math.Abs(power).ToString("00", CultureInfo.InvariantCulture);
    }

    private readonly record struct Spec(bool Plus, bool Left, bool Zero, bool Space, int? Width, int? Precision)
    {
        public Spec With(char flag) => flag switch
        {
            '+' => this with { Plus = true },
            '-' => this with { Left = true },
            '0' => this with { Zero = true },
            ' ' => this with { Space = true },
            _ => this,
        };

        public string Signed(string text, bool positive) =>
            !positive || text.StartsWith('+') ? text : Plus ? "+" + text : Space ? " " + text : text;

        public string Pad(string text)
        {
            if (Width is not { } width || text.Length >= Math.Abs(width)) return text;
            if (Left || width < 0) return text.PadRight(Math.Abs(width));
            if (!Zero || text.Length == 0) return text.PadLeft(width);
            var sign = text[0] is '-' or '+' ? 1 : 0;
            return text[..sign] + text[sign..].PadLeft(width - sign, '0');
        }
    }
}
