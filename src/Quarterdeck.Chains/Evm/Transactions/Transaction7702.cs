using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>An account's word that it runs another contract's code as its own. Source: EIP-7702.</summary>
/// <param name="Chain">Where; 0 on every chain.</param>
/// <param name="Delegate">Whose code; the zero address takes an earlier word back.</param>
/// <param name="Nonce">The account's nonce for which it holds.</param>
/// <param name="Signature">The account's; a block may hold one that nobody made, which then has no effect.</param>
public sealed record SetCodeAuthorization(BigInteger Chain, Address Delegate, ulong Nonce, EcdsaSignature Signature)
{
    /// <summary>What the account signs: keccak(0x05 ‖ rlp([chain, delegate, nonce])).</summary>
    public Hash32 SigningHash()
    {
        var writer = new RlpWriter();
        var list = writer.BeginList();
        WriteFields(writer);
        writer.EndList(list);
        return Keccak256.Hash([5, .. writer.ToArray()]);
    }

    /// <summary>The account that gives its word; null where the signature is nobody's.</summary>
    public Address? Authority() => Signature.IsLowS && Signature.TryRecover(SigningHash(), out var signer) ? signer : null;

    internal void Write(RlpWriter writer)
    {
        var list = writer.BeginList();
        WriteFields(writer);
        writer.Write((ulong)Signature.YParity);
        writer.Write(Signature.R);
        writer.Write(Signature.S);
        writer.EndList(list);
    }

    private void WriteFields(RlpWriter writer)
    {
        writer.Write(Chain);
        writer.Write(Delegate.ToArray());
        writer.Write(Nonce);
    }
}

/// <summary>A transaction that sets the code of accounts. For reading; the transaction lane sends none. Source: EIP-7702.</summary>
public sealed record Transaction7702 : FeeCapTransaction
{
    /// <summary>Made with its members.</summary>
    public Transaction7702()
    {
    }

    [SetsRequiredMembers]
    internal Transaction7702(FeeCapFields fields, IReadOnlyList<SetCodeAuthorization> authorizations) : base(fields) => Authorizations = authorizations;

    /// <summary>Whose code it sets.</summary>
    public required IReadOnlyList<SetCodeAuthorization> Authorizations { get; init; }

    /// <inheritdoc/>
    public override byte Type => 4;

    private protected override void WriteOwnFields(RlpWriter writer)
    {
        var list = writer.BeginList();
        foreach (var authorization in Authorizations) authorization.Write(writer);
        writer.EndList(list);
    }
}
