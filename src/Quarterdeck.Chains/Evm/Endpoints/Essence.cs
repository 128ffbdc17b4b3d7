using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>
/// What of an answer two honest nodes must have in common. Nodes add fields of their own and spell errors differently; a
/// block's hash covers all that is in it.
/// </summary>
internal static class Essence
{
    public static string Of(RpcException error) => error.IsRevert ? $"revert {Hex.Data(error.RevertData)}" : $"error {error.Code}";

    public static string Of(string method, ReadOnlySpan<byte> json)
    {
        if (json.SequenceEqual("null"u8)) return "null";
        try
        {
            var root = JsonElement.Parse(json);
            return method switch
            {
                "eth_getBlockByNumber" or "eth_getBlockByHash" => Pick(root, "hash", "parentHash", "number", "timestamp"),
                "eth_getTransactionReceipt" => Pick(root, "transactionHash", "blockHash", "status", "gasUsed") + Logs(root.GetProperty("logs")),
                "eth_getTransactionByHash" => Pick(root, "hash", "blockHash", "from", "nonce", "input", "value"),
                "eth_getLogs" => Logs(root),
                _ => root.ValueKind == JsonValueKind.String ? root.GetString()!.ToLowerInvariant() : Canonical(root),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "unreadable";
        }
    }

    private static string Logs(JsonElement logs)
    {
        var text = new StringBuilder();
        foreach (var log in logs.EnumerateArray()) text.Append(Pick(log, "blockHash", "transactionHash", "logIndex", "address", "data")).Append(Canonical(log.GetProperty("topics")));
        return text.Length <= 200 ? text.ToString() : $"{logs.GetArrayLength()} logs {Keccak256.Hash(text.ToString())}";
    }

    private static string Pick(JsonElement item, params ReadOnlySpan<string> fields)
    {
        var text = new StringBuilder();
        foreach (var field in fields)
            text.Append(field).Append('=').Append(item.TryGetProperty(field, out var value) ? value.ToString().ToLowerInvariant() : "").Append(' ');
        return text.ToString();
    }

    private static string Canonical(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", element.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => p.Name + ":" + Canonical(p.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(",", element.EnumerateArray().Select(Canonical)) + "]",
        _ => element.ToString().ToLowerInvariant(),
    };
}
