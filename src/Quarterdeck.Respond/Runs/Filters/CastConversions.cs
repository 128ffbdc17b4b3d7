using System.Globalization;
using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>cast's conversions of one value: <c>to-dec</c>, <c>to-hex</c>, <c>from-wei</c>, <c>to-wei</c>, <c>format-units</c>, <c>parse-units</c>.</summary>
internal static class CastConversions
{
    /// <summary>As a filter: the value comes by the pipe.</summary>
    public static TextFilter? Parse(string[] words) =>
        words.Length > 0 && Convert(words[0].TrimStart('-'), words[1..]) is { } convert
            ? input => new Filtered(convert(input.Trim()) + "\n")
            : null;

    /// <summary>As a command of its own: the value is its first argument; null where it is none of these.</summary>
    public static string? Evaluate(IReadOnlyList<string> words) =>
        words.Count > 1 && Convert(words[0].TrimStart('-'), [.. words.Skip(2)]) is { } convert ? convert(words[1]) : null;

    private static Func<string, string>? Convert(string name, string[] rest) => (name, rest) switch
    {
        ("to-dec", []) => value => Integer(value).ToString(CultureInfo.InvariantCulture),
        ("to-hex", []) => value => Hex.Quantity(Integer(value)),
        ("from-wei", _) when Decimals(rest, "eth") is { } unit => value => Exact(Rational.FromScaled(Integer(value), unit), 18),
        ("to-wei", _) when Decimals(rest, "eth") is { } unit => value => Raw(value, unit),
        ("format-units", _) when Decimals(rest, "18") is { } unit => value => Exact(Rational.FromScaled(Integer(value), unit), 0),
        ("parse-units", _) when Decimals(rest, "18") is { } unit => value => Raw(value, unit),
        _ => null,
    };

    private static int? Decimals(string[] rest, string usual) => rest.Length > 1 ? null : (rest.Length == 0 ? usual : rest[0]) switch
    {
        "eth" or "ether" => 18,
        "gwei" => 9,
        "wei" => 0,
        var text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var places) && places <= 77 ? places : null,
    };

    private static BigInteger Integer(string text)
    {
        // cast call prints "123 [1.23e2]": the value is the first word.
        var word = text.Split(' ', 2)[0];
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && BigInteger.TryParse("0" + word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)) return hex;
        return BigInteger.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FilterException($"cast: '{text}' is no whole number.");
    }

    private static string Raw(string text, int decimals)
    {
        try
        {
            var raw = Rational.Parse(text) * new Rational(BigInteger.Pow(10, decimals));
            return raw.IsInteger ? raw.Numerator.ToString(CultureInfo.InvariantCulture) : throw new FilterException($"cast: '{text}' has more than {decimals} decimals.");
        }
        catch (FormatException problem)
        {
            throw new FilterException($"cast: {problem.Message}");
        }
    }

    // from-wei pads to 18 places, as cast does; units print what is needed.
    private static string Exact(Rational value, int padded)
    {
        var text = value.ToString(77);
        if (padded == 0) return text;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? text + "." + new string('0', padded) : text.PadRight(point + 1 + padded, '0');
    }
}
