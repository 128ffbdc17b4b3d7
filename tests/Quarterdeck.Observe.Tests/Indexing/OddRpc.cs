using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>An endpoint with the habits of public ones.</summary>
internal sealed class OddRpc(IJsonRpc inner) : IJsonRpc
{
    /// <summary>Blocks in one log query at most; more is refused with an error.</summary>
    public ulong LongestRange { get; init; } = ulong.MaxValue;

    /// <summary>Blocks above are not known here; their logs are no logs, without any error.</summary>
    public ulong HasUpTo { get; init; } = ulong.MaxValue;

    /// <summary>True to leave out the block time of logs.</summary>
    public bool HidesTimes { get; init; }

    public string Name => inner.Name;

    public async Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel)
    {
        if (request is { Method: "eth_getLogs", Parameters: [IReadOnlyDictionary<string, object?> filter] } && filter.TryGetValue("fromBlock", out var first))
        {
            var (from, to) = ((ulong)first!, (ulong)filter["toBlock"]!);
            if (to - from + 1 > LongestRange) throw new RpcException(-32600, $"block range is limited to {LongestRange}");
            if (to > HasUpTo) return read("[]"u8);
        }

        if (HasUpTo != ulong.MaxValue)
        {
            if (request is { Method: "eth_getBlockByNumber", Parameters: [string number, ..] } && number.StartsWith("0x", StringComparison.Ordinal)
                && ulong.Parse(number.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) > HasUpTo) return read("null"u8);
            if (request.Method is "eth_getBlockByHash" || request is { Method: "eth_getBlockByNumber", Parameters: ["latest" or "finalized", ..] }) return read("null"u8);
        }

        if (!HidesTimes || request.Method != "eth_getLogs") return await inner.Send(request, read, cancel);
        var logs = (JsonArray)JsonNode.Parse(await inner.Send(request, json => Encoding.UTF8.GetString(json), cancel))!;
        foreach (var log in logs) log!.AsObject().Remove("blockTimestamp");
        return read(Encoding.UTF8.GetBytes(logs.ToJsonString()));
    }

    public async Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel) => await inner.SendBatch(requests, cancel);
}
