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
        if (raw[0] >= 0xc0) return Checked(Legacy(raw), raw);
        return raw[0] switch
        {
            1 => Checked(WithAccessList(raw[1..]), raw),
            2 => Checked(WithFeeCap(raw[1..]), raw),
            3 => Checked(WithBlobs(raw[1..]), raw),
            4 => Checked(WithAuthorizations(raw[1..]), raw),
            _ => throw new FormatException(
                $"The transaction is of type {raw[0]}; types 0 (legacy), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844) and 4 (EIP-7702) are understood."),
        };
    }

    private static SignedTransaction Checked((UnsignedTransaction Transaction, EcdsaSignature Signature) parts, ReadOnlySpan<byte> raw)
    {
        var signed = parts.Transaction.Sign(parts.Signature);
        // The reader takes canonical RLP only, so that anything else was meant to have a second name.
        return raw.SequenceEqual(signed.Raw) ? signed : throw new FormatException("The transaction is not in its canonical form.");
    }

    private static (UnsignedTransaction, EcdsaSignature) Legacy(ReadOnlySpan<byte> raw)
    {
        var outer = new RlpReader(raw);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        var (nonce, price, gas) = (fields.ReadUInt64(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = (ReadTo(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());
        var (v, r, s) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadInteger());
        fields.ExpectEnd();
        ulong? chain = null;
        int parity;
        if (v == 27 || v == 28) parity = (int)v - 27;
        else if (v >= 35 && (v - 35) / 2 <= ulong.MaxValue) (chain, parity) = ((ulong)((v - 35) / 2), (int)((v - 35) % 2));
        else throw new FormatException($"v is {v}; 27, 28 or 35 and more (EIP-155) is needed.");
        var transaction = new LegacyTransaction
        {
            Nonce = nonce,
            GasPrice = price,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            Chain = chain,
        };
        return (transaction, new EcdsaSignature(r, s, parity));
    }

    private static (UnsignedTransaction, EcdsaSignature) WithAccessList(ReadOnlySpan<byte> payload)
    {
        var outer = new RlpReader(payload);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        var (chain, nonce, price, gas) = (fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = (ReadTo(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());
        var transaction = new Transaction2930
        {
            Chain = chain,
            Nonce = nonce,
            GasPrice = price,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            AccessList = ReadAccessList(ref fields),
        };
        return (transaction, ReadSignature(ref fields));
    }

    private static (UnsignedTransaction, EcdsaSignature) WithFeeCap(ReadOnlySpan<byte> payload)
    {
        var outer = new RlpReader(payload);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        var (chain, nonce) = (fields.ReadUInt64(), fields.ReadUInt64());
        var (tip, cap, gas) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = (ReadTo(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());
        var transaction = new Transaction1559
        {
            Chain = chain,
            Nonce = nonce,
            MaxPriorityFeePerGas = tip,
            MaxFeePerGas = cap,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            AccessList = ReadAccessList(ref fields),
        };
        return (transaction, ReadSignature(ref fields));
    }

    private static (UnsignedTransaction, EcdsaSignature) WithBlobs(ReadOnlySpan<byte> payload)
    {
        var outer = new RlpReader(payload);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        var (chain, nonce) = (fields.ReadUInt64(), fields.ReadUInt64());
        var (tip, cap, gas) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = (ReadTarget(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());
        var transaction = new Transaction4844
        {
            Chain = chain,
            Nonce = nonce,
            MaxPriorityFeePerGas = tip,
            MaxFeePerGas = cap,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            AccessList = ReadAccessList(ref fields),
            MaxFeePerBlobGas = fields.ReadInteger(),
            BlobVersionedHashes = ReadHashes(ref fields),
        };
        return (transaction, ReadSignature(ref fields));
    }

    private static (UnsignedTransaction, EcdsaSignature) WithAuthorizations(ReadOnlySpan<byte> payload)
    {
        var outer = new RlpReader(payload);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        var (chain, nonce) = (fields.ReadUInt64(), fields.ReadUInt64());
        var (tip, cap, gas) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = (ReadTarget(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());
        var transaction = new Transaction7702
        {
            Chain = chain,
            Nonce = nonce,
            MaxPriorityFeePerGas = tip,
            MaxFeePerGas = cap,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            AccessList = ReadAccessList(ref fields),
            Authorizations = ReadAuthorizations(ref fields),
        };
        return (transaction, ReadSignature(ref fields));
    }

    private static List<SetCodeAuthorization> ReadAuthorizations(ref RlpReader fields)
    {
        var authorizations = new List<SetCodeAuthorization>();
        var list = fields.ReadList();
        while (!list.AtEnd)
        {
            var one = list.ReadList();
            var (chain, account, nonce) = (one.ReadInteger(), ReadTarget(ref one), one.ReadUInt64());
            var at = one.Offset;
            var (parity, r, s) = (one.ReadUInt64(), one.ReadInteger(), one.ReadInteger());
            one.ExpectEnd();
            if (parity > byte.MaxValue) throw new RlpException($"yParity is {parity}; a byte is needed", at);
            authorizations.Add(new SetCodeAuthorization(chain, account, nonce, new EcdsaSignature(r, s, (int)parity)));
        }

        return authorizations;
    }

    // Transactions of these types create no contract.
    private static Address ReadTarget(ref RlpReader fields)
    {
        var at = fields.Offset;
        return ReadTo(ref fields) ?? throw new RlpException("An address of 20 bytes is needed", at);
    }

    private static List<Hash32> ReadHashes(ref RlpReader fields)
    {
        var hashes = new List<Hash32>();
        var list = fields.ReadList();
        while (!list.AtEnd)
        {
            var at = list.Offset;
            var hash = list.ReadBytes();
            hashes.Add(hash.Length == 32 ? new Hash32(hash) : throw new RlpException("A blob's hash of another length than 32 bytes", at));
        }

        return hashes;
    }

    private static Address? ReadTo(ref RlpReader fields)
    {
        var at = fields.Offset;
        var bytes = fields.ReadBytes();
        if (bytes.IsEmpty) return null;
        return bytes.Length == Address.Length ? new Address(bytes) : throw new RlpException("An address of another length than 20 bytes", at);
    }

    private static List<AccessListEntry> ReadAccessList(ref RlpReader fields)
    {
        var entries = new List<AccessListEntry>();
        var list = fields.ReadList();
        while (!list.AtEnd)
        {
            var entry = list.ReadList();
            var at = entry.Offset;
            var contract = ReadTo(ref entry) ?? throw new RlpException("An access list names no contract", at);
            var keys = new List<Hash32>();
            var slots = entry.ReadList();
            while (!slots.AtEnd)
            {
                at = slots.Offset;
                var slot = slots.ReadBytes();
                keys.Add(slot.Length == 32 ? new Hash32(slot) : throw new RlpException("A storage key of another length than 32 bytes", at));
            }

            entry.ExpectEnd();
            entries.Add(new AccessListEntry(contract, keys));
        }

        return entries;
    }

    private static EcdsaSignature ReadSignature(ref RlpReader fields)
    {
        var at = fields.Offset;
        var (parity, r, s) = (fields.ReadUInt64(), fields.ReadInteger(), fields.ReadInteger());
        fields.ExpectEnd();
        return parity <= 1 ? new EcdsaSignature(r, s, (int)parity) : throw new RlpException($"yParity is {parity}; 0 or 1 is needed", at);
    }
}
