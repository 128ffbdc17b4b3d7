using System.Numerics;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>An exact value that travels beside a double. Literals take part, but alone they behave as Prometheus's doubles.</summary>
internal sealed class ExactNumber(Rational value, bool fromSample)
{
    public Rational Value => value;

    public bool FromSample => fromSample;
}

/// <summary>A double and, where known, the exact value it stands for.</summary>
internal readonly record struct Num(double Value, ExactNumber? Exact)
{
    // A rule that multiplies amounts a few times stays far below this; it only stops runaway formulas.
    private const long MaximalBits = 8192;

    public static Num Of(double value) => new(value, null);

    public Num Negate() => Exact is { } exact ? new Num(-Value, new ExactNumber(-exact.Value, exact.FromSample)) : new Num(-Value, null);

    public static bool Compare(BinaryOperator op, in Num a, in Num b)
    {
        if (a.Exact is { } left && b.Exact is { } right && (left.FromSample || right.FromSample))
        {
            var order = left.Value.CompareTo(right.Value);
            return op switch
            {
                BinaryOperator.Equal => order == 0,
                BinaryOperator.NotEqual => order != 0,
                BinaryOperator.Less => order < 0,
                BinaryOperator.LessOrEqual => order <= 0,
                BinaryOperator.Greater => order > 0,
                _ => order >= 0,
            };
        }

        return op switch
        {
            BinaryOperator.Equal => a.Value == b.Value,
            BinaryOperator.NotEqual => a.Value != b.Value,
            BinaryOperator.Less => a.Value < b.Value,
            BinaryOperator.LessOrEqual => a.Value <= b.Value,
            BinaryOperator.Greater => a.Value > b.Value,
            _ => a.Value >= b.Value,
        };
    }

    public static Num Calculate(BinaryOperator op, in Num a, in Num b)
    {
        if (a.Exact is { } left && b.Exact is { } right && Exactly(op, left, right) is { } exact)
            return exact.FromSample ? new Num(exact.Value.ToDouble(), exact) : new Num(Double(op, a.Value, b.Value), exact);
        return new Num(Double(op, a.Value, b.Value), null);
    }

    private static ExactNumber? Exactly(BinaryOperator op, ExactNumber a, ExactNumber b)
    {
        if (op > BinaryOperator.Divide || (op == BinaryOperator.Divide && b.Value.Numerator.IsZero)) return null;
        var result = op switch
        {
            BinaryOperator.Add => a.Value + b.Value,
            BinaryOperator.Subtract => a.Value - b.Value,
            BinaryOperator.Multiply => a.Value * b.Value,
            _ => a.Value / b.Value,
        };
        return Bits(result.Numerator) + Bits(result.Denominator) > MaximalBits
            ? null
            : new ExactNumber(result, a.FromSample || b.FromSample);
    }

    private static long Bits(BigInteger value) => value.GetBitLength();

    private static double Double(BinaryOperator op, double a, double b) => op switch
    {
        BinaryOperator.Add => a + b,
        BinaryOperator.Subtract => a - b,
        BinaryOperator.Multiply => a * b,
        BinaryOperator.Divide => a / b,
        BinaryOperator.Modulo => a % b,
        BinaryOperator.Power => Math.Pow(a, b),
        _ => Math.Atan2(a, b),
    };
}
