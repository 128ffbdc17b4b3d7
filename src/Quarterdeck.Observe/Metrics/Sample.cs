using System.Numerics;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>One value of one series.</summary>
/// <param name="Labels">Identity, with the metric's name.</param>
/// <param name="Value">As a double: what range functions and the exposition use.</param>
/// <param name="Exact">The exact value; null where the source is not exact.</param>
public sealed record Sample(Labels Labels, double Value, Rational? Exact)
{
    /// <summary>A contract's integer, divided by ten to the power of <paramref name="decimals"/>.</summary>
    public static Sample Scaled(Labels labels, BigInteger raw, int decimals)
    {
        var exact = Rational.FromScaled(raw, decimals);
        return new Sample(labels, exact.ToDouble(), exact);
    }

    /// <summary>A whole number.</summary>
    public static Sample Whole(Labels labels, BigInteger value) => Scaled(labels, value, 0);
}

/// <summary>A value that could not be read: its series ends, and the failure is counted.</summary>
/// <param name="Labels">The series.</param>
/// <param name="Why">What failed, for people.</param>
public sealed record FailedRead(Labels Labels, string Why);

/// <summary>What one round of sampling brought.</summary>
/// <param name="At">When, by the server's clock: the time rules see.</param>
/// <param name="Block">The block the contract reads are of; null for a round without any.</param>
/// <param name="Samples">Values.</param>
/// <param name="Failures">Series without a value this time.</param>
public sealed record SamplingRound(
    DateTimeOffset At, BlockRef? Block, IReadOnlyList<Sample> Samples, IReadOnlyList<FailedRead> Failures);
