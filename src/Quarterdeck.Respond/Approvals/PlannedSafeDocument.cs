using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Safe;

namespace Quarterdeck.Respond.Approvals;

/// <summary>The part of a plan's JSON that tells its Safe transaction. Hash and execution follow from the rest, for the database and for readers.</summary>
internal static class PlannedSafeDocument
{
    public static JsonObject Write(PlannedSafe safe) => new()
    {
        ["address"] = safe.Address.ToString(),
        ["chain"] = safe.Transaction.Chain.ToString(CultureInfo.InvariantCulture),
        ["nonce"] = safe.Transaction.Nonce.ToString(CultureInfo.InvariantCulture),
        ["to"] = safe.Transaction.To.ToString(),
        ["value"] = safe.Transaction.Value.ToString(CultureInfo.InvariantCulture),
        ["data"] = Hex.Data(safe.Transaction.Data),
        ["operation"] = (int)safe.Transaction.Operation,
        ["hash"] = safe.Transaction.Hash().ToString(),
        ["threshold"] = safe.Threshold,
        ["owners"] = new JsonArray([.. safe.Owners.Select(owner => (JsonNode?)owner.ToString())]),
        ["executor"] = safe.Executor,
        ["executorAddress"] = safe.ExecutorAddress.ToString(),
        ["positions"] = new JsonArray([.. safe.Positions.Select(position => (JsonNode?)position)]),
        ["execution"] = Hex.Data(safe.Transaction.ExecutionPrefix()),
    };

    public static PlannedSafe Read(JsonElement safe) => new(
        new SafeTx(
            ulong.Parse(Text(safe, "chain"), NumberStyles.None, CultureInfo.InvariantCulture), Address.Parse(Text(safe, "address")),
            Address.Parse(Text(safe, "to")), Number(safe, "value"), Hex.ParseData(Text(safe, "data")),
            (SafeOperation)safe.GetProperty("operation").GetInt32(), Number(safe, "nonce")),
        Text(safe, "executor"), Address.Parse(Text(safe, "executorAddress")), safe.GetProperty("threshold").GetInt32(),
        [.. safe.GetProperty("owners").EnumerateArray().Select(owner => Address.Parse(owner.GetString()))],
        [.. safe.GetProperty("positions").EnumerateArray().Select(position => position.GetInt32())]);

    private static BigInteger Number(JsonElement parent, string name) =>
        BigInteger.Parse(Text(parent, name), NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Text(JsonElement parent, string name) =>
        parent.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is missing from the plan's Safe transaction.");
}
