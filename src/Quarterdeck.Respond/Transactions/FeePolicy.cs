using System.Numerics;

namespace Quarterdeck.Respond.Transactions;

/// <summary>What a transaction may pay for each unit of gas, in wei.</summary>
public sealed record Fee(BigInteger Max, BigInteger Priority);

/// <summary>How fees are chosen and raised. Pure.</summary>
public static class FeePolicy
{
    /// <summary>Room for six full blocks of rising base fee: twice the present one, plus the tip.</summary>
    public static Fee First(BigInteger baseFee, BigInteger suggestedTip)
    {
        var tip = BigInteger.Max(suggestedTip, BigInteger.One);
        return new Fee(baseFee * 2 + tip, tip);
    }

    /// <summary>
    /// A replacement on the same nonce: both parts 12.5 % up (nodes demand 10 %) and not under what a first attempt would
    /// pay now. Null where the limit is reached.
    /// </summary>
    /// <param name="limit">Nobody pays more than this for a unit of gas.</param>
    public static Fee? Raise(Fee before, BigInteger baseFee, BigInteger suggestedTip, BigInteger limit)
    {
        ArgumentNullException.ThrowIfNull(before);
        var now = First(baseFee, suggestedTip);
        var raised = new Fee(BigInteger.Max(Up(before.Max), now.Max), BigInteger.Max(Up(before.Priority), now.Priority));
        return raised.Max > limit ? null : raised;
    }

    private static BigInteger Up(BigInteger value) => value + BigInteger.Max(value / 8, BigInteger.One) + BigInteger.One;
}
