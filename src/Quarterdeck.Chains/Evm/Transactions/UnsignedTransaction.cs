using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>
/// A transaction before it is signed: what a signer signs, and how the signed bytes are put together. This library holds no
/// key and sends nothing.
/// </summary>
public abstract record UnsignedTransaction
{
    /// <summary>The sender's count of transactions before this one.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>What is called; null creates a contract.</summary>
    public Address? To { get; init; }

    /// <summary>Wei sent along.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Calldata, or creation code.</summary>
    public byte[] Data { get; init; } = [];

    /// <summary>Gas that it may use.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>The type byte of EIP-2718; 0 for legacy transactions, which carry none on the wire.</summary>
    public abstract byte Type { get; }

    /// <summary>The EIP-155 chain that it is valid on; null only for legacy transactions without replay protection.</summary>
    public abstract ulong? ChainNumber { get; }

    /// <summary>The most wei that its gas can cost.</summary>
    public abstract BigInteger MaxGasCost { get; }

    /// <summary>What the sender's key signs.</summary>
    public Hash32 SigningHash() => Keccak256.Hash(Payload(null));

    /// <summary>The signed transaction.</summary>
    /// <exception cref="FormatException">The signature is malformed, or its s is in the upper half, which EIP-2 forbids.</exception>
    public SignedTransaction Sign(EcdsaSignature signature)
    {
        if (!signature.IsWellFormed || !signature.IsLowS)
            throw new FormatException("A transaction's signature needs r and s in range and s in the lower half of the order (EIP-2).");
        return new SignedTransaction(this, signature, Payload(signature));
    }

    /// <summary>The signed transaction's bytes, ready for <c>eth_sendRawTransaction</c>.</summary>
    /// <exception cref="FormatException">As <see cref="Sign"/>.</exception>
    public byte[] Encode(EcdsaSignature signature) => Sign(signature).Raw;

    private byte[] Payload(EcdsaSignature? signature)
    {
        var writer = new RlpWriter();
        var list = writer.BeginList();
        WriteFields(writer, signature);
        writer.EndList(list);
        return Type == 0 ? writer.ToArray() : [Type, .. writer.ToArray()];
    }

    private protected abstract void WriteFields(RlpWriter writer, EcdsaSignature? signature);

    private protected void WriteCall(RlpWriter writer)
    {
        Span<byte> to = stackalloc byte[Address.Length];
        To?.CopyTo(to);
        writer.Write(To is null ? [] : to);
        writer.Write(Value);
        writer.Write(Data);
    }

    private protected static void WriteAccessList(RlpWriter writer, IReadOnlyList<AccessListEntry> entries)
    {
        var all = writer.BeginList();
        foreach (var entry in entries)
        {
            var one = writer.BeginList();
            writer.Write(entry.Contract.ToArray());
            var keys = writer.BeginList();
            foreach (var key in entry.StorageKeys) writer.Write(key.ToArray());
            writer.EndList(keys);
            writer.EndList(one);
        }

        writer.EndList(all);
    }

    private protected static void WriteSignature(RlpWriter writer, EcdsaSignature? signature)
    {
        if (signature is null) return;
        writer.Write((ulong)signature.YParity);
        writer.Write(signature.R);
        writer.Write(signature.S);
    }
}

/// <summary>The first kind of transaction, replay-protected where a chain is given. Source: EIP-155.</summary>
public sealed record LegacyTransaction : UnsignedTransaction
{
    /// <summary>The chain; null makes it valid on every chain, which is only for deployments by Nick's method.</summary>
    public ulong? Chain { get; init; }

    /// <summary>Wei for each gas.</summary>
    public required BigInteger GasPrice { get; init; }

    /// <inheritdoc/>
    public override byte Type => 0;

    /// <inheritdoc/>
    public override ulong? ChainNumber => Chain;

    /// <inheritdoc/>
    public override BigInteger MaxGasCost => GasPrice * GasLimit;

    private protected override void WriteFields(RlpWriter writer, EcdsaSignature? signature)
    {
        writer.Write(Nonce);
        writer.Write(GasPrice);
        writer.Write(GasLimit);
        WriteCall(writer);
        if (signature is not null)
        {
            writer.Write(Chain is { } chain ? new BigInteger(chain) * 2 + 35 + signature.YParity : 27 + signature.YParity);
            writer.Write(signature.R);
            writer.Write(signature.S);
        }
        else if (Chain is { } chain)
        {
            writer.Write(chain);
            writer.Write(0UL);
            writer.Write(0UL);
        }
    }
}

/// <summary>A transaction with an access list. Source: EIP-2930.</summary>
public sealed record Transaction2930 : UnsignedTransaction
{
    /// <summary>The chain.</summary>
    public required ulong Chain { get; init; }

    /// <summary>Wei for each gas.</summary>
    public required BigInteger GasPrice { get; init; }

    /// <summary>What is paid for beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <inheritdoc/>
    public override byte Type => 1;

    /// <inheritdoc/>
    public override ulong? ChainNumber => Chain;

    /// <inheritdoc/>
    public override BigInteger MaxGasCost => GasPrice * GasLimit;

    private protected override void WriteFields(RlpWriter writer, EcdsaSignature? signature)
    {
        writer.Write(Chain);
        writer.Write(Nonce);
        writer.Write(GasPrice);
        writer.Write(GasLimit);
        WriteCall(writer);
        WriteAccessList(writer, AccessList);
        WriteSignature(writer, signature);
    }
}

/// <summary>What transactions with a cap on their fee and a tip have in common. Source: EIP-1559.</summary>
public abstract record FeeCapTransaction : UnsignedTransaction
{
    private protected FeeCapTransaction()
    {
    }

    [SetsRequiredMembers]
    private protected FeeCapTransaction(FeeCapFields fields) =>
        (Chain, Nonce, MaxPriorityFeePerGas, MaxFeePerGas, GasLimit, To, Value, Data, AccessList) = fields;

    /// <summary>The chain.</summary>
    public required ulong Chain { get; init; }

    /// <summary>Wei for each gas to the block's producer, at most.</summary>
    public required BigInteger MaxPriorityFeePerGas { get; init; }

    /// <summary>Wei for each gas in all, at most.</summary>
    public required BigInteger MaxFeePerGas { get; init; }

    /// <summary>What is paid for beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <inheritdoc/>
    public override ulong? ChainNumber => Chain;

    /// <summary>Without what a type pays for beside gas.</summary>
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
        WriteOwnFields(writer);
        WriteSignature(writer, signature);
    }

    // What a later type adds after the fields of EIP-1559.
    private protected virtual void WriteOwnFields(RlpWriter writer)
    {
    }
}

/// <summary>The fields that each of them begins with, in their order on the wire.</summary>
internal sealed record FeeCapFields(
    ulong Chain, ulong Nonce, BigInteger MaxPriorityFeePerGas, BigInteger MaxFeePerGas, ulong GasLimit, Address? To, BigInteger Value, byte[] Data,
    IReadOnlyList<AccessListEntry> AccessList);

/// <summary>A transaction with a cap on its fee and a tip. Source: EIP-1559.</summary>
public sealed record Transaction1559 : FeeCapTransaction
{
    /// <summary>Made with its members.</summary>
    public Transaction1559()
    {
    }

    [SetsRequiredMembers]
    internal Transaction1559(FeeCapFields fields) : base(fields)
    {
    }

    /// <inheritdoc/>
    public override byte Type => 2;
}
