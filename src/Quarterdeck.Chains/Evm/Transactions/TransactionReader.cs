using System.Numerics;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>Takes the fields of a signed transaction out of its RLP, each type's in the order of its EIP.</summary>
internal static class TransactionReader
{
    /// <summary>Reads raw bytes that are not empty.</summary>
    /// <exception cref="FormatException">Malformed or of an unknown type.</exception>
    public static (UnsignedTransaction Transaction, EcdsaSignature Signature) Read(ReadOnlySpan<byte> raw)
    {
        var type = raw[0] >= 0xc0 ? 0 : raw[0];
        if (raw[0] is 0 or > 4 and < 0xc0)
        {
            throw new FormatException(
                $"The transaction is of type {raw[0]}; types 0 (legacy), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844) and 4 (EIP-7702) are understood.");
        }

        var outer = new RlpReader(type == 0 ? raw : raw[1..]);
        var fields = outer.ReadList();
        outer.ExpectEnd();
        if (type == 0) return Legacy(ref fields);
        UnsignedTransaction transaction = type switch
        {
            1 => WithAccessList(ref fields),
            2 => new Transaction1559(FeeCap(ref fields)),
            3 => new Transaction4844(FeeCap(ref fields, target: true), fields.ReadInteger(), ReadHashes(ref fields)),
            _ => new Transaction7702(FeeCap(ref fields, target: true), ReadAuthorizations(ref fields)),
        };
        return (transaction, ReadSignature(ref fields));
    }

    private static (UnsignedTransaction, EcdsaSignature) Legacy(ref RlpReader fields)
    {
        var (nonce, price, gas) = (fields.ReadUInt64(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = ReadCall(ref fields, target: false);
        var (v, r, s) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadInteger());
        fields.ExpectEnd();
        ulong? chain = null;
        int parity;
        if (v == 27 || v == 28) parity = (int)v - 27;
        else if (v >= 35 && (v - 35) / 2 <= ulong.MaxValue) (chain, parity) = ((ulong)((v - 35) / 2), (int)((v - 35) % 2));
        else throw new FormatException($"v is {v}; 27, 28 or 35 and more (EIP-155) is needed.");
        var transaction = new LegacyTransaction { Nonce = nonce, GasPrice = price, GasLimit = gas, To = to, Value = value, Data = data, Chain = chain };
        return (transaction, new EcdsaSignature(r, s, parity));
    }

    private static Transaction2930 WithAccessList(ref RlpReader fields)
    {
        var (chain, nonce, price, gas) = (fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = ReadCall(ref fields, target: false);
        return new Transaction2930
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
    }

    // What EIP-1559 and the types after it begin with.
    private static FeeCapFields FeeCap(ref RlpReader fields, bool target = false)
    {
        var (chain, nonce) = (fields.ReadUInt64(), fields.ReadUInt64());
        var (tip, cap, gas) = (fields.ReadInteger(), fields.ReadInteger(), fields.ReadUInt64());
        var (to, value, data) = ReadCall(ref fields, target);
        return new FeeCapFields(chain, nonce, tip, cap, gas, to, value, data, ReadAccessList(ref fields));
    }

    private static (Address? To, BigInteger Value, byte[] Data) ReadCall(ref RlpReader fields, bool target) =>
        (target ? ReadTarget(ref fields) : ReadTo(ref fields), fields.ReadInteger(), fields.ReadBytes().ToArray());

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
