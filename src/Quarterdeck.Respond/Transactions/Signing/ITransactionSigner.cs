using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Transactions;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>
/// Signs transactions for one account. The one seam behind which keys are: a key file, a key service, a development node.
/// It is asked only by the transaction lane, for calls of consumed plans, and the lane checks what it gives.
/// </summary>
public interface ITransactionSigner
{
    /// <summary>The account.</summary>
    Address Address { get; }

    /// <summary>Signs; sends nothing.</summary>
    Task<SignedTransaction> Sign(UnsignedTransaction transaction, CancellationToken cancel);
}
