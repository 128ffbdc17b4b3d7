using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>A block's header, as far as Quarterdeck reads it.</summary>
public sealed record EvmBlock
{
    /// <summary>Number, hash, parent and time.</summary>
    public required BlockRef Ref { get; init; }

    /// <summary>Height.</summary>
    public ulong Number => Ref.Number;

    /// <summary>The block's own hash.</summary>
    public Hash32 Hash => Ref.Hash;

    /// <summary>The hash of the block below.</summary>
    public Hash32 ParentHash => Ref.ParentHash;

    /// <summary>The block's own timestamp.</summary>
    public DateTimeOffset Time => Ref.Time;

    /// <summary>Gas that the block may hold.</summary>
    public ulong GasLimit { get; init; }

    /// <summary>Gas that it holds.</summary>
    public ulong GasUsed { get; init; }

    /// <summary>Wei for each gas that is burnt (EIP-1559); null before London.</summary>
    public BigInteger? BaseFeePerGas { get; init; }

    /// <summary>Who was paid for it.</summary>
    public Address FeeRecipient { get; init; }

    /// <summary>The 2,048-bit filter over the addresses and topics of its logs; empty where the node gives none.</summary>
    public byte[] LogsBloom { get; init; } = [];

    /// <summary>Hashes of its transactions, in order.</summary>
    public IReadOnlyList<Hash32> TransactionHashes { get; init; } = [];

    /// <summary>
    /// False only where no log of the block has the address or topic. Source: Yellow Paper, section 4.3.1, logs bloom.
    /// </summary>
    public bool MayContain(ReadOnlySpan<byte> addressOrTopic)
    {
        if (LogsBloom.Length != 256) return true;
        Span<byte> hash = stackalloc byte[32];
        Keccak256.Hash(addressOrTopic, hash);
        for (var i = 0; i < 6; i += 2)
        {
            var bit = ((hash[i] << 8) | hash[i + 1]) & 2047;
            if ((LogsBloom[255 - bit / 8] & (1 << (bit % 8))) == 0) return false;
        }

        return true;
    }
}
