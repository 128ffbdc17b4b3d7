using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>
/// <c>bc</c>: arithmetic with POSIX's rules of scale, exact in every digit that they keep. Assignments, <c>scale</c>,
/// <c>+ - * / % ^</c>, comparisons and brackets.
/// </summary>
internal sealed class BcFilter
{
    private readonly Dictionary<string, BcNumber> _variables = new(StringComparer.Ordinal);
    private readonly string _text;
    private int _at;

    private BcFilter(string text, int scale) => (_text, _variables["scale"]) = (text, new BcNumber(scale, 0));

    private int Scale => (int)_variables["scale"].Unscaled;

    public static TextFilter? Parse(string[] words) => words switch
    {
        [] or ["-q"] => input => new Filtered(Evaluate(input, 0)),
        ["-l"] => input => new Filtered(Evaluate(input, 20)),
        _ => null,
    };

    /// <summary>The lines that a program prints.</summary>
    /// <exception cref="FilterException">It is not understood, or divides by zero.</exception>
    public static string Evaluate(string program, int scale = 0)
    {
        var printed = new List<string>();
        var run = new BcFilter("", scale);
        foreach (var statement in program.Split('\n', ';'))
        {
            if (statement.Trim().Length == 0) continue;
            var one = new BcFilter(statement, 0);
            foreach (var (name, value) in run._variables) one._variables[name] = value;
            if (one.Statement() is { } shown) printed.Add(shown.ToString());
            foreach (var (name, value) in one._variables) run._variables[name] = value;
        }

        return TextLines.Join(printed);
    }

    private BcNumber? Statement()
    {
        var start = _at;
        if (Name() is { } name && Next() == '=' && (_at + 1 >= _text.Length || _text[_at + 1] != '='))
        {
            _at++;
            var value = Comparison();
            End();
            if (name == "scale" && (value.Scale > 0 || value.Unscaled.Sign < 0 || value.Unscaled > 1000)) throw new FilterException("bc: scale is a whole number up to 1000.");
            _variables[name] = value;
            return null;
        }

        _at = start;
        var result = Comparison();
        End();
        return result;
    }

    private BcNumber Comparison()
    {
        var left = Sum();
        foreach (var sign in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
        {
            if (!Take(sign)) continue;
            var order = left.CompareTo(Sum());
            var holds = sign switch { "==" => order == 0, "!=" => order != 0, "<=" => order <= 0, ">=" => order >= 0, "<" => order < 0, _ => order > 0 };
            return new BcNumber(holds ? 1 : 0, 0);
        }

        return left;
    }

    private BcNumber Sum()
    {
        var value = Product();
        while (true)
        {
            if (Take("+")) value = value.Add(Product());
            else if (Take("-")) value = value.Add(Product().Negated());
            else return value;
        }
    }

    private BcNumber Product()
    {
        var value = Power();
        while (true)
        {
            if (Take("*")) value = value.Multiply(Power(), Scale);
            else if (Take("/")) value = value.Divide(Power(), Scale);
            else if (Take("%")) value = value.Remainder(Power(), Scale);
            else return value;
        }
    }

    private BcNumber Power()
    {
        var value = Signed();
        return Take("^") ? value.Raise(Power(), Scale) : value;
    }

    // In bc the sign binds closer than the power: -2^2 is 4.
    private BcNumber Signed() => Take("-") ? Signed().Negated() : Atom();

    private BcNumber Atom()
    {
        if (Take("("))
        {
            var inner = Comparison();
            return Take(")") ? inner : throw Unknown();
        }

        if (Name() is { } name)
            return _variables.TryGetValue(name, out var value) ? value : throw new FilterException($"bc: '{name}' has no value.");
        Next();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.')) _at++;
        return start < _at && BcNumber.Parse(_text[start.._at]) is { } number ? number : throw Unknown();
    }

    private string? Name()
    {
        Next();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterLower(_text[_at]) || (_at > start && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '_')))) _at++;
        return start == _at ? null : _text[start.._at];
    }

    private char Next()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private bool Take(string sign)
    {
        Next();
        if (!_text.AsSpan(_at).StartsWith(sign)) return false;
        _at += sign.Length;
        return true;
    }

    private void End()
    {
        if (Next() != '\0') throw Unknown();
    }

    private FilterException Unknown() => new($"bc: '{_text.Trim()}' is not understood at position {_at + 1}.");
}

/// <summary>A decimal with its scale, as POSIX's bc keeps it: unscaled ÷ 10^scale.</summary>
internal readonly record struct BcNumber(BigInteger Unscaled, int Scale) : IComparable<BcNumber>
{
    private const int MostDigits = 10_000;

    public static BcNumber? Parse(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? text : text.Remove(point, 1);
        return BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new BcNumber(value, point < 0 ? 0 : text.Length - point - 1)
            : null;
    }

    public BcNumber Negated() => new(-Unscaled, Scale);

    public BcNumber Add(BcNumber other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return new BcNumber(At(scale) + other.At(scale), scale);
    }

    public BcNumber Multiply(BcNumber other, int scale)
    {
        var full = Scale + other.Scale;
        var kept = Math.Min(full, Math.Max(scale, Math.Max(Scale, other.Scale)));
        return new BcNumber(BigInteger.Divide(Unscaled * other.Unscaled, BigInteger.Pow(10, full - kept)), kept);
    }

    public BcNumber Divide(BcNumber other, int scale)
    {
        if (other.Unscaled.IsZero) throw new FilterException("bc: division by zero.");
        var shift = scale + other.Scale - Scale;
        return shift >= 0
            ? new BcNumber(BigInteger.Divide(Unscaled * BigInteger.Pow(10, shift), other.Unscaled), scale)
            : new BcNumber(BigInteger.Divide(Unscaled, other.Unscaled * BigInteger.Pow(10, -shift)), scale);
    }

    public BcNumber Remainder(BcNumber other, int scale)
    {
        var kept = Math.Max(scale + other.Scale, Scale);
        var taken = Divide(other, scale);
        var product = new BcNumber(taken.Unscaled * other.Unscaled, taken.Scale + other.Scale);
        var rest = Add(product.Negated());
        return new BcNumber(rest.At(kept), kept);
    }

    public BcNumber Raise(BcNumber exponent, int scale)
    {
        var whole = BigInteger.Divide(exponent.Unscaled, BigInteger.Pow(10, exponent.Scale));
        var bits = (double)BigInteger.Abs(whole) * Math.Max(1, Unscaled.GetBitLength());
        if (bits > MostDigits * 3.4) throw new FilterException("bc: the power has too many digits.");
        var power = (int)BigInteger.Abs(whole);
        var raised = new BcNumber(BigInteger.Pow(Unscaled, power), Scale * power);
        if (whole.Sign < 0) return new BcNumber(1, 0).Divide(raised, scale);
        var kept = Math.Min(Scale * power, Math.Max(scale, Scale));
        return new BcNumber(BigInteger.Divide(raised.Unscaled, BigInteger.Pow(10, raised.Scale - kept)), kept);
    }

    public int CompareTo(BcNumber other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return At(scale).CompareTo(other.At(scale));
    }

    /// <summary>As bc prints it: no zero before the point.</summary>
    public override string ToString()
    {
        if (Unscaled.IsZero) return "0";
        var digits = BigInteger.Abs(Unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(Scale, '0');
        var whole = digits[..^Scale];
        return (Unscaled.Sign < 0 ? "-" : "") + whole + (Scale > 0 ? "." + digits[^Scale..] : "");
    }

    private BigInteger At(int scale) =>
        scale >= Scale ? Unscaled * BigInteger.Pow(10, scale - Scale) : BigInteger.Divide(Unscaled, BigInteger.Pow(10, Scale - scale));
}
