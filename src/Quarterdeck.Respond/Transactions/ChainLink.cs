using System.Collections.Concurrent;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Transactions;

/// <summary>
/// One chain of an environment: reads that cannot write, through all endpoints with failover and hedging, and the endpoints that
/// signed bytes are broadcast to. An endpoint that serves another chain is asked nothing and sent nothing.
/// </summary>
public sealed class ChainLink : IAsyncDisposable
{
    private readonly RpcEndpoints _endpoints;
    private readonly ConcurrentDictionary<JsonRpcTransport, Task> _checked = new();
    private readonly bool _agree;

    /// <summary>Connects to nothing yet.</summary>
    public ChainLink(EnvironmentChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        Id = chain.Id;
        Confirmations = Math.Max(1, chain.Confirmations);
        BlockTime = chain.BlockTime ?? TimeSpan.FromSeconds(12);
        _endpoints = new RpcEndpoints(
            [.. chain.Endpoints.Select(endpoint => new JsonRpcTransport(endpoint, RpcMethods.ReadOnly, Options(chain)))],
            new EndpointsOptions { Chain = chain.Id });
        Reads = _endpoints;
        _agree = chain.Agree > 1;
        Critical = new EvmReader(_agree ? _endpoints.Agree(chain.Agree) : _endpoints);
        Sends = [.. chain.Endpoints.Select(endpoint => new JsonRpcTransport(endpoint, RpcMethods.Any, Options(chain)))];
    }

    /// <summary>The chain.</summary>
    public ChainId Id { get; }

    /// <summary>Read-only: the healthiest endpoint answers, another where it fails or is slow.</summary>
    public IJsonRpc Reads { get; }

    /// <summary>
    /// For facts that must not come from one liar (what is paused, what became of a transaction, a Safe's owners): an answer
    /// counts when as many endpoints gave it as the environment says (<c>agree</c>).
    /// </summary>
    internal EvmReader Critical { get; }

    /// <summary>How the endpoints are.</summary>
    internal IReadOnlyList<EndpointHealth> Health => _endpoints.Health;

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
        var call = new CallRequest(target, Hex.ParseData(calldata));
        if (_agree)
        {
            // Endpoints differ in their heads most of the time: all are asked at one block that enough of them have.
            var head = (await Critical.Head(cancel)).Ref;
            var agreed = (await Critical.Calls([call], head.Number, cancel: cancel))[0];
            return agreed.Succeeded ? Boolean(agreed.Data, head.Number, head.Hash.ToString()) : null;
        }

        var replies = await Reads.SendBatch(
        [
            new RpcRequest("eth_getBlockByNumber", "latest", false),
            new RpcRequest("eth_call", new Dictionary<string, object?> { ["to"] = target.ToString(), ["data"] = calldata }, "latest"),
        ], cancel);
        var block = replies[0].Result;
        return replies[1].Error is not null
            ? null
            : Boolean(
                Hex.ParseData(replies[1].Result.GetString()), Hex.ParseUInt64(block.GetProperty("number").GetString()),
                block.GetProperty("hash").GetString()!);
    }

    private static BooleanRead? Boolean(byte[] answer, ulong block, string hash) =>
        answer.Length != 32 || answer[31] > 1 || answer.AsSpan(0, 31).ContainsAnyExcept((byte)0)
            ? null
            : new BooleanRead(answer[31] == 1, block, hash);

    /// <summary>The head's number.</summary>
    internal async Task<ulong> Head(CancellationToken cancel) =>
        Hex.ParseUInt64((await Reads.Send("eth_blockNumber", [], cancel)).GetString());

    /// <summary>
    /// The receipt; null where the transaction is in no block of the chain as any endpoint sees it. An endpoint that lags says
    /// null as well, so that all are asked before that is believed.
    /// </summary>
    internal async Task<Receipt?> Receipt(Hash32 hash, CancellationToken cancel)
    {
        if (await Reads.Send("eth_getTransactionReceipt", [hash.ToString()], cancel) is { ValueKind: not JsonValueKind.Null } known) return Read(hash, known);
        if (_endpoints.Members.Count == 1) return null;
        var others = await Task.WhenAll(_endpoints.Members.Select(rpc => ReceiptOf(rpc, hash, cancel)));
        return others.FirstOrDefault(receipt => receipt is not null);
    }

    /// <summary>The receipt with the logs of the same transaction, from as many endpoints as must agree.</summary>
    internal Task<EvmReceipt?> AgreedReceipt(Hash32 hash, CancellationToken cancel) => Critical.Receipt(hash, cancel);

    private async Task<Receipt?> ReceiptOf(IJsonRpc rpc, Hash32 hash, CancellationToken cancel)
    {
        try
        {
            if (_endpoints.Health.First(health => health.Name == rpc.Name).Fault == EndpointFault.WrongChain) return null;
            var json = await rpc.Send("eth_getTransactionReceipt", [hash.ToString()], cancel);
            return json.ValueKind == JsonValueKind.Null ? null : Read(hash, json);
        }
        catch (Exception problem) when (problem is TransientException or RpcException)
        {
            // Its health is kept by the reads that go through all.
            return null;
        }
    }

    private static Receipt Read(Hash32 hash, JsonElement json) => new(
        hash, json.GetProperty("status").GetString() == "0x1", Hex.ParseUInt64(json.GetProperty("blockNumber").GetString()),
        Hash32.Parse(json.GetProperty("blockHash").GetString()!), (long)Hex.ParseUInt64(json.GetProperty("gasUsed").GetString()));

    /// <summary>Asks every endpoint which chain it serves. Those of another are named and get nothing from then on.</summary>
    internal async Task<IReadOnlyList<WrongChainException>> CheckChain(CancellationToken cancel)
    {
        await _endpoints.Probe(cancel);
        var wrong = await Task.WhenAll(Sends.Select(async rpc =>
        {
            try
            {
                await RequireChain(rpc, cancel);
                return null;
            }
            catch (WrongChainException problem)
            {
                return problem;
            }
            catch (Exception problem) when (problem is TransientException or RpcException)
            {
                // Asked again before anything is sent to it.
                return null;
            }
        }));
        return [.. wrong.OfType<WrongChainException>()];
    }

    /// <summary>Refuses an endpoint that serves another chain; asked once, and again only where it did not answer.</summary>
    /// <exception cref="WrongChainException">It serves another.</exception>
    internal async Task RequireChain(JsonRpcTransport rpc, CancellationToken cancel)
    {
        var check = _checked.AddOrUpdate(
            rpc, key => new EvmReader(key).RequireChain(Id, CancellationToken.None),
            (key, before) => before.IsFaulted && before.Exception.InnerException is not WrongChainException
                ? new EvmReader(key).RequireChain(Id, CancellationToken.None)
                : before);
        await check.WaitAsync(cancel);
    }

    private static JsonRpcOptions Options(EnvironmentChain chain) => new() { MaxRequestsPerSecond = chain.RequestsPerSecond };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _endpoints.DisposeAsync();
        foreach (var transport in Sends) await transport.DisposeAsync();
    }
}

/// <summary>A boolean as read at a block.</summary>
internal sealed record BooleanRead(bool Value, ulong Block, string BlockHash);

/// <summary>What became of a transaction in a block.</summary>
internal sealed record Receipt(Hash32 Hash, bool Succeeded, ulong Block, Hash32 BlockHash, long GasUsed);
