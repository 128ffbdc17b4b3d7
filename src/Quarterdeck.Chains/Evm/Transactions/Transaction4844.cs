using System.Numerics;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>
/// A transaction that carries blobs, as blocks hold it: the blobs' hashes, without the blobs themselves. For reading; the form with blobs
/// that nodes pass on among themselves is refused. Source: EIP-4844.
/// </summary>
public sealed record Transaction4844 : UnsignedTransaction
{
    /// <summary>The chain.</summary>
    public required ulong Chain { get; init; }

    /// <summary>Wei for each gas to the block's producer, at most.</summary>
    public required BigInteger MaxPriorityFeePerGas { get; init; }

    /// <summary>Wei for each gas in all, at most.</summary>
    public required BigInteger MaxFeePerGas { get; init; }

    /// <summary>What is paid for beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>Wei for each unit of blob gas, at most.</summary>
    public required BigInteger MaxFeePerBlobGas { get; init; }

    /// <summary>The versioned hash of each blob.</summary>
    public required IReadOnlyList<Hash32> BlobVersionedHashes { get; init; }

    /// <inheritdoc/>
    public override byte Type => 3;

    /// <inheritdoc/>
    public override ulong? ChainNumber => Chain;

    /// <summary>Without the blobs' own gas.</summary>
    public override BigInteger MaxGasCost => MaxFeePerGas * GasLimit;

    private protected override void WriteFields(RlpWriter writer, EcdsaSignature? signature)
    {
        writer.Write(Chain);
        writer.Write(Nonce);
        writer.Write(MaxPriorityFeePerGas);
        writer.Write(MaxFeePerGas);
        writer.Write(GasLimit);
        WriteCall(writer);
        WriteAccessList(writer, AccessList);
        writer.Write(MaxFeePerBlobGas);
        var hashes = writer.BeginList();
        foreach (var hash in BlobVersionedHashes) writer.Write(hash.ToArray());
        writer.EndList(hashes);
        WriteSignature(writer, signature);
    }
}
