using System.Numerics;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>Reads the node's JSON into records. What is missing or misshapen is a <see cref="FormatException"/> that names the field.</summary>
internal static class RpcJson
{
    public static T Parse<T>(ReadOnlySpan<byte> json, Func<JsonElement, T> read) => read(JsonElement.Parse(json));

    public static T? ParseOrNull<T>(ReadOnlySpan<byte> json, Func<JsonElement, T> read) where T : class =>
        json.SequenceEqual("null"u8) ? null : read(JsonElement.Parse(json));

    public static ulong UInt64(ReadOnlySpan<byte> json) => Parse(json, e => Hex.ParseUInt64(String(e)));

    public static BigInteger Quantity(ReadOnlySpan<byte> json) => Parse(json, e => Hex.ParseQuantity(String(e)));

    public static byte[] Data(ReadOnlySpan<byte> json) => Parse(json, e => Hex.ParseData(String(e)));

    public static EvmTransaction Transaction(JsonElement e) => new()
    {
        Hash = HashOf(e, "hash"),
        From = AddressOf(e, "from") ?? throw Missing("from"),
        To = AddressOf(e, "to"),
        Nonce = UInt64Of(e, "nonce"),
        Value = QuantityOf(e, "value") ?? default,
        Input = DataOf(e, "input"),
        Type = (int)(OptionalUInt64(e, "type") ?? 0),
        Gas = UInt64Of(e, "gas"),
        BlockHash = Find(e, "blockHash") is { } hash ? Hash32.Parse(String(hash)) : null,
        BlockNumber = OptionalUInt64(e, "blockNumber"),
        MaxFeePerGas = QuantityOf(e, "maxFeePerGas"),
        MaxPriorityFeePerGas = QuantityOf(e, "maxPriorityFeePerGas"),
    };

    public static EvmReceipt Receipt(JsonElement e) => new()
    {
        TransactionHash = HashOf(e, "transactionHash"),
        // Receipts before Byzantium carry a state root instead of a status; nothing that is operated dates from then.
        Succeeded = UInt64Of(e, "status") == 1,
        BlockHash = HashOf(e, "blockHash"),
        BlockNumber = UInt64Of(e, "blockNumber"),
        TransactionIndex = (int)UInt64Of(e, "transactionIndex"),
        From = AddressOf(e, "from") ?? default,
        To = AddressOf(e, "to"),
        ContractAddress = AddressOf(e, "contractAddress"),
        GasUsed = UInt64Of(e, "gasUsed"),
        EffectiveGasPrice = QuantityOf(e, "effectiveGasPrice") ?? default,
        Logs = Find(e, "logs") is { } logs ? LogsReader.Read(System.Text.Encoding.UTF8.GetBytes(logs.GetRawText())) : [],
    };

    public static FeeHistory FeeHistory(JsonElement e) => new(
        UInt64Of(e, "oldestBlock"),
        List(e, "baseFeePerGas", i => Hex.ParseQuantity(String(i))),
        List(e, "gasUsedRatio", i => i.GetDouble()),
        List(e, "reward", IReadOnlyList<BigInteger> (i) => [.. i.EnumerateArray().Select(r => Hex.ParseQuantity(String(r)))]));

    public static JsonElement? Find(JsonElement e, string field) =>
        e.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static Hash32 HashOf(JsonElement e, string field) => Hash32.Parse(String(Find(e, field) ?? throw Missing(field)));

    public static Address? AddressOf(JsonElement e, string field)
    {
        if (Find(e, field) is not { } value) return null;
        return Address.TryParseAnyCase(String(value), out var address) ? address : throw new FormatException($"field '{field}' is not an address: {value}");
    }

    public static ulong UInt64Of(JsonElement e, string field) => OptionalUInt64(e, field) ?? throw Missing(field);

    public static ulong? OptionalUInt64(JsonElement e, string field) => Find(e, field) is { } value ? Hex.ParseUInt64(String(value)) : null;

    public static BigInteger? QuantityOf(JsonElement e, string field) => Find(e, field) is { } value ? Hex.ParseQuantity(String(value)) : null;

    public static byte[] DataOf(JsonElement e, string field) => Find(e, field) is { } value ? Hex.ParseData(String(value)) : [];

    private static List<T> List<T>(JsonElement e, string field, Func<JsonElement, T> read) =>
        Find(e, field) is { } value ? [.. value.EnumerateArray().Select(read)] : [];

    public static string String(JsonElement e) => e.ValueKind == JsonValueKind.String
        ? e.GetString()!
        : throw new FormatException($"a string was expected, not {Hex.Shorten(e.GetRawText())}");

    private static FormatException Missing(string field) => new($"field '{field}' is missing");
}
