using System.Numerics;
using System.Security.Cryptography;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>Blocks and logs made from a seed: the same branch name and height always give the same block.</summary>
internal static class MadeChain
{
    private static readonly AbiEvent Deposited = AbiEvent.Parse("event Deposited(address indexed user, uint256 amount)");

    public static BlockRef Block(string branch, ulong number, Hash32 parent) => new(
        number, new Hash32(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{branch}/{number}"))), parent,
        DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + (double)number));

    /// <summary>Blocks on top of one another; each holds as many deposits as its height modulo three.</summary>
    public static BlockBatch Batch(string branch, BlockRef? below, int count, Address vault)
    {
        var (blocks, logs) = (new List<BlockRef>(), new List<EvmLog>());
        var (number, parent) = below is { } b ? (b.Number + 1, b.Hash) : (0UL, default);
        for (var i = 0; i < count; i++, number++)
        {
            var block = Block(branch, number, parent);
            blocks.Add(block);
            parent = block.Hash;
            for (var log = 0; log < (int)(number % 3); log++) logs.Add(Deposit(block, log, vault, BigInteger.Pow(10, 18) * number + log));
        }

        return new BlockBatch(blocks, logs);
    }

    public static EvmLog Deposit(BlockRef block, int index, Address vault, BigInteger amount) => new()
    {
        Address = vault,
        Topics = new LogTopics(Deposited.Topic0, AbiEvent.EncodeTopic(AbiType.Parse("address"), vault)),
        Data = AbiCodec.Encode([new AbiParameter(AbiType.Parse("uint256"))], [amount]),
        BlockNumber = block.Number,
        BlockHash = block.Hash,
        TransactionHash = block.Hash,
        LogIndex = index,
    };
}
