using System.Numerics;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>A call to execute without sending it.</summary>
/// <param name="To">The contract; null to run creation code.</param>
/// <param name="Data">Calldata.</param>
public sealed record CallRequest(Address? To, byte[] Data)
{
    /// <summary>Whom the contract sees as the caller; the zero address where null.</summary>
    public Address? From { get; init; }

    /// <summary>Wei sent along.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Gas to give it; the node's own limit where null.</summary>
    public ulong? Gas { get; init; }

    internal Dictionary<string, object?> Parameter
    {
        get
        {
            var fields = new Dictionary<string, object?>();
            if (From is { } from) fields["from"] = from;
            if (To is { } to) fields["to"] = to;
            if (!Value.IsZero) fields["value"] = Value;
            if (Gas is { } gas) fields["gas"] = gas;
            fields["input"] = Data;
            return fields;
        }
    }
}

/// <summary>The outcome of one of several calls.</summary>
/// <param name="Succeeded">False where it reverted.</param>
/// <param name="Data">Return data, or revert data.</param>
public sealed record CallResult(bool Succeeded, byte[] Data);

/// <summary>What a contract or account is pretended to be during a call. Null leaves it as it is.</summary>
public sealed record AccountOverride
{
    /// <summary>Wei.</summary>
    public BigInteger? Balance { get; init; }

    /// <summary>Transaction count.</summary>
    public ulong? Nonce { get; init; }

    /// <summary>Runtime code.</summary>
    public byte[]? Code { get; init; }

    /// <summary>Storage slots to change; the others stay.</summary>
    public IReadOnlyDictionary<Hash32, Hash32>? StateDiff { get; init; }

    /// <summary>The whole storage; slots not named are zero.</summary>
    public IReadOnlyDictionary<Hash32, Hash32>? State { get; init; }

    internal Dictionary<string, object?> Parameter
    {
        get
        {
            var fields = new Dictionary<string, object?>();
            if (Balance is { } balance) fields["balance"] = balance;
            if (Nonce is { } nonce) fields["nonce"] = nonce;
            if (Code is not null) fields["code"] = Code;
            if (StateDiff is not null) fields["stateDiff"] = Slots(StateDiff);
            if (State is not null) fields["state"] = Slots(State);
            return fields;
        }
    }

    private static Dictionary<string, object?> Slots(IReadOnlyDictionary<Hash32, Hash32> slots) =>
        slots.ToDictionary(s => s.Key.ToString(), object? (s) => s.Value);
}

/// <summary>What the block is pretended to be during a call. Null leaves it as it is.</summary>
public sealed record BlockOverrides
{
    /// <summary>Height.</summary>
    public ulong? Number { get; init; }

    /// <summary>Timestamp.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Gas limit.</summary>
    public ulong? GasLimit { get; init; }

    /// <summary>Wei burnt for each gas.</summary>
    public BigInteger? BaseFeePerGas { get; init; }

    /// <summary>Who is paid.</summary>
    public Address? FeeRecipient { get; init; }

    internal Dictionary<string, object?> Parameter
    {
        get
        {
            var fields = new Dictionary<string, object?>();
            if (Number is { } number) fields["number"] = number;
            if (Time is { } time) fields["time"] = (ulong)time.ToUnixTimeSeconds();
            if (GasLimit is { } gas) fields["gasLimit"] = gas;
            if (BaseFeePerGas is { } fee) fields["baseFeePerGas"] = fee;
            if (FeeRecipient is { } recipient) fields["feeRecipient"] = recipient;
            return fields;
        }
    }
}

/// <summary>What a call is to pretend: accounts, block, or both.</summary>
public sealed record CallOverrides
{
    /// <summary>By address.</summary>
    public IReadOnlyDictionary<Address, AccountOverride>? Accounts { get; init; }

    /// <summary>The block.</summary>
    public BlockOverrides? Block { get; init; }

    internal Dictionary<string, object?>? AccountsParameter =>
        Accounts?.ToDictionary(a => a.Key.ToLowerHex(), object? (a) => a.Value.Parameter);
}

/// <summary>Which logs to read: of a range of heights or of one certain block, by contracts and topics.</summary>
public sealed record LogFilter
{
    /// <summary>First height; ignored where <see cref="BlockHash"/> is set.</summary>
    public ulong FromBlock { get; init; }

    /// <summary>Last height, inclusive; ignored where <see cref="BlockHash"/> is set.</summary>
    public ulong ToBlock { get; init; }

    /// <summary>The one block to read, so that logs and block agree.</summary>
    public Hash32? BlockHash { get; init; }

    /// <summary>Contracts; any where empty.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];

    /// <summary>For each topic the accepted values; any where null or empty.</summary>
    public IReadOnlyList<IReadOnlyList<Hash32>?> Topics { get; init; } = [];

    internal Dictionary<string, object?> Parameter
    {
        get
        {
            var fields = new Dictionary<string, object?>();
            if (BlockHash is { } hash) fields["blockHash"] = hash;
            else (fields["fromBlock"], fields["toBlock"]) = (FromBlock, ToBlock);
            if (Addresses.Count > 0) fields["address"] = Addresses;
            if (Topics.Count > 0) fields["topics"] = Topics.Select(t => t is { Count: > 0 } ? t : null).ToArray();
            return fields;
        }
    }
}
