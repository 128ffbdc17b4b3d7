using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>A transaction as a node shows it, mined or waiting.</summary>
public sealed record EvmTransaction
{
    /// <summary>Its hash.</summary>
    public required Hash32 Hash { get; init; }

    /// <summary>Who signed it.</summary>
    public required Address From { get; init; }

    /// <summary>What it calls; null where it creates a contract.</summary>
    public Address? To { get; init; }

    /// <summary>The sender's count of transactions before it.</summary>
    public ulong Nonce { get; init; }

    /// <summary>Wei sent along.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Calldata, or creation code.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>Envelope (EIP-2718): 0 legacy, 1 with access list, 2 with fee cap.</summary>
    public int Type { get; init; }

    /// <summary>Gas that it may use.</summary>
    public ulong Gas { get; init; }

    /// <summary>Its block; null while it waits.</summary>
    public Hash32? BlockHash { get; init; }

    /// <summary>Its block's height; null while it waits.</summary>
    public ulong? BlockNumber { get; init; }

    /// <summary>Most wei for each gas in all; null for older types.</summary>
    public BigInteger? MaxFeePerGas { get; init; }

    /// <summary>Most wei for each gas to the block's producer; null for older types.</summary>
    public BigInteger? MaxPriorityFeePerGas { get; init; }
}

/// <summary>What became of a mined transaction.</summary>
public sealed record EvmReceipt
{
    /// <summary>Whose receipt it is.</summary>
    public required Hash32 TransactionHash { get; init; }

    /// <summary>True where it was executed, false where it reverted; gas was paid in both cases.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>Its block.</summary>
    public required Hash32 BlockHash { get; init; }

    /// <summary>Its block's height.</summary>
    public required ulong BlockNumber { get; init; }

    /// <summary>Place in the block, from 0.</summary>
    public int TransactionIndex { get; init; }

    /// <summary>Who signed it.</summary>
    public Address From { get; init; }

    /// <summary>What it called; null where it created a contract.</summary>
    public Address? To { get; init; }

    /// <summary>The contract it created; null elsewhere.</summary>
    public Address? ContractAddress { get; init; }

    /// <summary>Gas that it used.</summary>
    public ulong GasUsed { get; init; }

    /// <summary>Wei paid for each gas.</summary>
    public BigInteger EffectiveGasPrice { get; init; }

    /// <summary>Its logs, in order.</summary>
    public IReadOnlyList<EvmLog> Logs { get; init; } = [];
}

/// <summary>Recent fees, oldest block first. Source: eth_feeHistory.</summary>
/// <param name="OldestBlock">Height of the first entry.</param>
/// <param name="BaseFeePerGas">Wei for each gas; one more than blocks, the last being the next block's.</param>
/// <param name="GasUsedRatio">0 to 1 for each block.</param>
/// <param name="Rewards">For each block the priority fee at each percentile asked for.</param>
public sealed record FeeHistory(
    ulong OldestBlock, IReadOnlyList<BigInteger> BaseFeePerGas, IReadOnlyList<double> GasUsedRatio, IReadOnlyList<IReadOnlyList<BigInteger>> Rewards);
