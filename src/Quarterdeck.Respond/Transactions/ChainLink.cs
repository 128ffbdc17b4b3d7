using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Transactions;

/// <summary>One chain of an environment: reads that cannot write, and the endpoints that signed bytes are broadcast to.</summary>
public sealed class ChainLink : IAsyncDisposable
{
    private readonly List<JsonRpcTransport> _owned = [];

    /// <summary>Connects to nothing yet.</summary>
    public ChainLink(EnvironmentChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        Id = chain.Id;
        Confirmations = Math.Max(1, chain.Confirmations);
        BlockTime = chain.BlockTime ?? TimeSpan.FromSeconds(12);
        foreach (var endpoint in chain.Endpoints) _owned.Add(new JsonRpcTransport(endpoint, RpcMethods.ReadOnly));
        Reads = _owned[0];
        Sends = [.. chain.Endpoints.Select(endpoint => new JsonRpcTransport(endpoint, RpcMethods.Any))];
        _owned.AddRange(Sends);
    }

    /// <summary>The chain.</summary>
    public ChainId Id { get; }

    /// <summary>Read-only.</summary>
    public IJsonRpc Reads { get; }

    /// <summary>May send. Used by the transaction lane alone.</summary>
    internal IReadOnlyList<JsonRpcTransport> Sends { get; }

    /// <summary>Blocks, its own included, after which a receipt is believed; at least 1.</summary>
    public int Confirmations { get; }

    /// <summary>Usual time between blocks.</summary>
    public TimeSpan BlockTime { get; }

    /// <summary>How often to look for a receipt.</summary>
    internal TimeSpan Poll => TimeSpan.FromMilliseconds(Math.Clamp(BlockTime.TotalMilliseconds / 20, 20, 1000));

    /// <summary>Reads a boolean view at the head; null where the contract does not answer with one.</summary>
    internal async Task<BooleanRead?> ReadBoolean(Address target, string calldata, CancellationToken cancel)
    {
        var replies = await Reads.SendBatch(
        [
            new RpcRequest("eth_getBlockByNumber", "latest", false),
            new RpcRequest("eth_call", new Dictionary<string, object?> { ["to"] = target.ToString(), ["data"] = calldata }, "latest"),
        ], cancel);
        var block = replies[0].Result;
        if (replies[1].Error is not null) return null;
        var answer = Hex.ParseData(replies[1].Result.GetString());
        if (answer.Length != 32 || answer[31] > 1 || answer.AsSpan(0, 31).ContainsAnyExcept((byte)0)) return null;
        return new BooleanRead(
            answer[31] == 1, Hex.ParseUInt64(block.GetProperty("number").GetString()), block.GetProperty("hash").GetString()!);
    }

    /// <summary>The head's number.</summary>
    internal async Task<ulong> Head(CancellationToken cancel) =>
        Hex.ParseUInt64((await Reads.Send("eth_blockNumber", [], cancel)).GetString());

    /// <summary>The receipt; null where the transaction is in no block of the chain as the endpoint sees it.</summary>
    internal async Task<Receipt?> Receipt(Hash32 hash, CancellationToken cancel)
    {
        var json = await Reads.Send("eth_getTransactionReceipt", [hash.ToString()], cancel);
        if (json.ValueKind == JsonValueKind.Null) return null;
        return new Receipt(
            hash, json.GetProperty("status").GetString() == "0x1", Hex.ParseUInt64(json.GetProperty("blockNumber").GetString()),
            Hash32.Parse(json.GetProperty("blockHash").GetString()!), (long)Hex.ParseUInt64(json.GetProperty("gasUsed").GetString()));
    }

    /// <summary>Refuses an endpoint that serves another chain.</summary>
    internal async Task RequireChain(CancellationToken cancel)
    {
        foreach (var rpc in Sends)
        {
            var found = ChainId.Evm(Hex.ParseUInt64((await rpc.Send("eth_chainId", [], cancel)).GetString()));
            if (found != Id) throw new WrongChainException(Id, found, rpc.Name);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var transport in _owned) await transport.DisposeAsync();
    }
}

/// <summary>A boolean as read at a block.</summary>
internal sealed record BooleanRead(bool Value, ulong Block, string BlockHash);

/// <summary>What became of a transaction in a block.</summary>
internal sealed record Receipt(Hash32 Hash, bool Succeeded, ulong Block, Hash32 BlockHash, long GasUsed);
