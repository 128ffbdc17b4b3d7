using System.Text.Json.Nodes;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Forks;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>
/// An endpoint whose chain takes the last block back once, at the worst moment: after a transaction's receipt was given and before what
/// it was for is read back.
/// </summary>
internal sealed class ReorganisingDoor(Uri chain, DevnetRpc rpc, string readBack) : RpcDoor(chain)
{
    private int _receipts;
    private int _reorganised;

    /// <summary>Whether it happened.</summary>
    public bool Reorganised => _reorganised != 0;

    protected override async Task<JsonNode> Answer(JsonObject request, CancellationToken cancel)
    {
        var method = (string?)request["method"];
        var reads = method == "eth_call" && (string?)request["params"]?[0]?["data"] == readBack;
        if (reads && Volatile.Read(ref _receipts) > 0 && Interlocked.Exchange(ref _reorganised, 1) == 0)
            await rpc.Send("anvil_reorg", [1, Array.Empty<object>()], cancel);
        var answer = await Pass(request, cancel);
        if (method == "eth_getTransactionReceipt" && answer["result"] is not null) Interlocked.Increment(ref _receipts);
        return answer;
    }
}
