using System.Numerics;

namespace Quarterdeck.Respond.Transactions;

/// <summary>How transactions are sent.</summary>
public sealed class TransactionOptions
{
    /// <summary>
    /// How many usual block times to wait for a block before the fee is raised. Default: 2. In an emergency (a critical
    /// runbook, or a call that pauses) each block that comes without the transaction raises it.
    /// </summary>
    public int BlocksBeforeRaise { get; set; } = 2;

    /// <summary>Nobody pays more than this for a unit of gas, in wei. Default: 500 gwei.</summary>
    public BigInteger MaxFeePerGas { get; set; } = BigInteger.Parse("500000000000", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>How many blocks deep a settled transaction is still looked after. Default: 64.</summary>
    public ulong RejudgeDepth { get; set; } = 64;
}
