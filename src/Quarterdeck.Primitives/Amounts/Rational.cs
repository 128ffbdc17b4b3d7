using System.Globalization;
using System.Numerics;

namespace Quarterdeck.Primitives.Amounts;

/// <summary>
/// An exact number: a quotient of integers in lowest terms with a positive denominator. What contract amounts are while
/// formulas add, subtract, multiply, divide and compare them; it becomes a double only where a range function or the
/// Prometheus exposition needs one.
/// </summary>
public readonly struct Rational : IEquatable<Rational>, IComparable<Rational>
{
    private readonly BigInteger _denominatorLessOne;

    /// <summary>numerator ÷ denominator, reduced.</summary>
    /// <exception cref="DivideByZeroException">The denominator is zero.</exception>
    public Rational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero) throw new DivideByZeroException("A ratio with denominator zero has no value.");
        if (denominator.Sign < 0) (numerator, denominator) = (-numerator, -denominator);
        if (!denominator.IsOne)
        {
            var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
            if (!divisor.IsOne) (numerator, denominator) = (numerator / divisor, denominator / divisor);
        }

        Numerator = numerator;
        _denominatorLessOne = denominator - 1;
    }

    /// <summary>The integer itself.</summary>
    public Rational(BigInteger integer) : this(integer, BigInteger.One)
    {
    }

    /// <summary>Zero.</summary>
    public static Rational Zero => default;

    /// <summary>One.</summary>
    public static Rational One { get; } = new(BigInteger.One);

    /// <summary>Signed numerator in lowest terms.</summary>
    public BigInteger Numerator { get; }

    /// <summary>Denominator in lowest terms, at least 1.</summary>
    public BigInteger Denominator => _denominatorLessOne + 1;

    /// <summary>True where the denominator is 1.</summary>
    public bool IsInteger => _denominatorLessOne.IsZero;

    /// <summary>raw ÷ 10^decimals: a contract's integer in whole tokens.</summary>
    public static Rational FromScaled(BigInteger raw, int decimals) => new(raw, BigInteger.Pow(10, decimals));

    /// <summary>Reads a decimal such as <c>-12.5</c> exactly.</summary>
    /// <exception cref="FormatException">Not a plain decimal number.</exception>
    public static Rational Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? text : text.Remove(point, 1);
        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw new FormatException($"'{text}' is not a decimal number such as 12.5.");
        return FromScaled(value, point < 0 ? 0 : text.Length - point - 1);
    }

    /// <summary>The double nearest to the value, to within one unit in the last place.</summary>
    public double ToDouble()
    {
        var denominator = Denominator;
        if (denominator.IsOne) return (double)Numerator;
        // Scale so that the integer quotient keeps 64 significant bits before it is rounded.
        var shift = 64 - (int)(Numerator.GetBitLength() - denominator.GetBitLength());
        var quotient = shift >= 0 ? (Numerator << shift) / denominator : Numerator / (denominator << -shift);
        return Math.ScaleB((double)quotient, -shift);
    }

    /// <summary>The value in decimal, rounded half away from zero to at most <paramref name="places"/> digits after the point, trailing zeros dropped.</summary>
    public string ToString(int places)
    {
        var scale = BigInteger.Pow(10, places);
        var doubled = BigInteger.Abs(Numerator) * scale * 2 + Denominator;
        var rounded = doubled / (Denominator * 2);
        var (whole, rest) = (rounded / scale, rounded % scale);
        var text = whole.ToString(CultureInfo.InvariantCulture);
        if (!rest.IsZero)
            text += "." + rest.ToString(CultureInfo.InvariantCulture).PadLeft(places, '0').TrimEnd('0');
        return Numerator.Sign < 0 && !rounded.IsZero ? "-" + text : text;
    }

    /// <summary>Up to 18 decimal places.</summary>
    public override string ToString() => ToString(18);

    /// <inheritdoc/>
    public int CompareTo(Rational other) =>
        (Numerator * other.Denominator).CompareTo(other.Numerator * Denominator);

    /// <inheritdoc/>
    public bool Equals(Rational other) =>
        Numerator == other.Numerator && _denominatorLessOne == other._denominatorLessOne;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Rational other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Numerator, _denominatorLessOne);

    /// <summary>Exact sum.</summary>
    public static Rational operator +(Rational a, Rational b) =>
        new(a.Numerator * b.Denominator + b.Numerator * a.Denominator, a.Denominator * b.Denominator);

    /// <summary>Exact difference.</summary>
    public static Rational operator -(Rational a, Rational b) =>
        new(a.Numerator * b.Denominator - b.Numerator * a.Denominator, a.Denominator * b.Denominator);

    /// <summary>Negation.</summary>
    public static Rational operator -(Rational a) => new(-a.Numerator, a.Denominator);

    /// <summary>Exact product.</summary>
    public static Rational operator *(Rational a, Rational b) =>
        new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    /// <summary>Exact quotient.</summary>
    /// <exception cref="DivideByZeroException">The divisor is zero.</exception>
    public static Rational operator /(Rational a, Rational b) =>
        new(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

    /// <summary>Exact equality.</summary>
    public static bool operator ==(Rational a, Rational b) => a.Equals(b);

    /// <summary>Exact inequality.</summary>
    public static bool operator !=(Rational a, Rational b) => !a.Equals(b);

    /// <summary>Exact order.</summary>
    public static bool operator <(Rational a, Rational b) => a.CompareTo(b) < 0;

    /// <summary>Exact order.</summary>
    public static bool operator >(Rational a, Rational b) => a.CompareTo(b) > 0;

    /// <summary>Exact order.</summary>
    public static bool operator <=(Rational a, Rational b) => a.CompareTo(b) <= 0;

    /// <summary>Exact order.</summary>
    public static bool operator >=(Rational a, Rational b) => a.CompareTo(b) >= 0;
}
