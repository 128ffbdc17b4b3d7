using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>A transaction with its signature and wire bytes.</summary>
public sealed class SignedTransaction
{
    internal SignedTransaction(UnsignedTransaction transaction, EcdsaSignature signature, byte[] raw) =>
        (Transaction, Signature, Raw, Hash) = (transaction, signature, raw, Keccak256.Hash(raw));

    /// <summary>What was signed.</summary>
    public UnsignedTransaction Transaction { get; }

    /// <summary>By whom.</summary>
    public EcdsaSignature Signature { get; }

    /// <summary>The bytes that are broadcast.</summary>
    public byte[] Raw { get; }

    /// <summary>The name under which nodes know it.</summary>
    public Hash32 Hash { get; }

    /// <summary>Whose key signed it.</summary>
    /// <exception cref="FormatException">No key can have made the signature.</exception>
    public Address Sender() => Signature.Recover(Transaction.SigningHash());

    /// <summary>Reads the raw bytes of a signed transaction of type 0 to 4, as blocks hold them.</summary>
    /// <exception cref="FormatException">Malformed, of another type, or with a signature that EIP-2 forbids.</exception>
    public static SignedTransaction Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) throw new FormatException("The transaction is empty.");
        var (transaction, signature) = TransactionReader.Read(raw);
        var signed = transaction.Sign(signature);
        // The reader takes canonical RLP only, so that anything else was meant to have a second name.
        return raw.SequenceEqual(signed.Raw) ? signed : throw new FormatException("The transaction is not in its canonical form.");
    }
}
