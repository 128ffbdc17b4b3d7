using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Safe;

namespace Quarterdeck.Respond.Approvals;

/// <summary>
/// The one transaction of a Safe that a plan is, where its calls are made by a Safe. What its approvers sign is this
/// transaction (<see cref="SafeTx.Hash"/>), so that the Safe itself demands their signatures on chain.
/// </summary>
/// <param name="Transaction">One call, or several at once through MultiSendCallOnly.</param>
/// <param name="Executor">The environment's account that sends it; it can do nothing without the owners.</param>
/// <param name="ExecutorAddress">Its address.</param>
/// <param name="Threshold">How many owners the Safe demanded when the plan was made.</param>
/// <param name="Owners">Who they were, ascending.</param>
/// <param name="Positions">The plan's calls that are in the transaction; the others held already or would have reverted.</param>
public sealed record PlannedSafe(
    SafeTx Transaction, string Executor, Address ExecutorAddress, int Threshold, IReadOnlyList<Address> Owners,
    IReadOnlyList<int> Positions)
{
    /// <summary>The Safe.</summary>
    public Address Address => Transaction.Safe;

    /// <summary>
    /// Whether the Safe, as it is now, takes what these signed; null where it does, else why not. Its nonce, owners and
    /// threshold are those of this moment, not of the plan.
    /// </summary>
    public string? Problem(SafeState now, IEnumerable<Address> signed)
    {
        ArgumentNullException.ThrowIfNull(now);
        if (now.Address != Address) return $"It is for the Safe {Address}, not {now.Address}.";
        if (now.Nonce != Transaction.Nonce)
            return $"The Safe {Address} is at nonce {now.Nonce}; the owners signed for nonce {Transaction.Nonce}, which is used up.";
        var counted = signed.Distinct().Count(now.Owners.Contains);
        return counted >= now.Threshold
            ? null
            : $"The Safe {Address} demands {now.Threshold} of its owners, and {counted} of those who signed are owners now.";
    }
}
