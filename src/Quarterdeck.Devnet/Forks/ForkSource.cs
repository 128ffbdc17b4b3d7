using System.Text.Json.Nodes;

namespace Quarterdeck.Devnet.Forks;

/// <summary>
/// The way to the chain that is forked: reads alone pass. Whatever the fork does, nothing that could change that chain is sent to it,
/// and what was asked is counted in <see cref="RpcDoor.Passed"/>.
/// </summary>
public sealed class ForkSource(Uri chain) : RpcDoor(chain)
{
    // What a fork needs, by name; anything else is refused, so that a method nobody thought of does not pass either.
    private static readonly HashSet<string> Reads = new(StringComparer.Ordinal)
    {
        "eth_accounts", "eth_blobBaseFee", "eth_blockNumber", "eth_call", "eth_chainId", "eth_createAccessList", "eth_estimateGas", "eth_feeHistory", "eth_gasPrice",
        "eth_getAccount", "eth_getAccountInfo", "eth_getBalance", "eth_getBlockByHash", "eth_getBlockByNumber", "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash", "eth_getBlockTransactionCountByNumber", "eth_getCode", "eth_getLogs", "eth_getProof", "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex", "eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByHash", "eth_getTransactionCount",
        "eth_getTransactionReceipt", "eth_getUncleByBlockHashAndIndex", "eth_getUncleByBlockNumberAndIndex", "eth_getUncleCountByBlockHash",
        "eth_getUncleCountByBlockNumber", "eth_maxPriorityFeePerGas", "eth_syncing", "net_listening", "net_version", "web3_clientVersion",
        "debug_traceTransaction", "trace_block", "trace_transaction", "anvil_nodeInfo",
    };

    /// <summary>The methods that were refused, in order.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Refused { get; } = new();

    /// <inheritdoc/>
    protected override async Task<JsonNode> Answer(JsonObject request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        var method = (string?)request["method"] ?? "";
        if (Reads.Contains(method)) return await Pass(request, cancel);
        Refused.Enqueue(method);
        return Refuse(request, -32601, $"{method} does not pass to the chain that is forked: it is only read.");
    }
}
