using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>
/// A transaction that carries blobs, as blocks hold it: the blobs' hashes, without the blobs themselves. For reading; the form with blobs
/// that nodes pass on among themselves is refused. Source: EIP-4844.
/// </summary>
public sealed record Transaction4844 : FeeCapTransaction
{
    /// <summary>Made with its members.</summary>
    public Transaction4844()
    {
    }

    [SetsRequiredMembers]
    internal Transaction4844(FeeCapFields fields, BigInteger maxFeePerBlobGas, IReadOnlyList<Hash32> blobs) : base(fields) =>
        (MaxFeePerBlobGas, BlobVersionedHashes) = (maxFeePerBlobGas, blobs);

    /// <summary>Wei for each unit of blob gas, at most.</summary>
    public required BigInteger MaxFeePerBlobGas { get; init; }

    /// <summary>The versioned hash of each blob.</summary>
    public required IReadOnlyList<Hash32> BlobVersionedHashes { get; init; }

    /// <inheritdoc/>
    public override byte Type => 3;

    private protected override void WriteOwnFields(RlpWriter writer)
    {
        writer.Write(MaxFeePerBlobGas);
        var hashes = writer.BeginList();
        foreach (var hash in BlobVersionedHashes) writer.Write(hash.ToArray());
        writer.EndList(hashes);
    }
}
