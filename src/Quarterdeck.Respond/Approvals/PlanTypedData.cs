using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Approvals;

/// <summary>
/// What an operator's wallet shows and signs for a plan: EIP-712 typed data built from the stored plan alone. It names
/// every call and carries the plan's hash, so that what is read and what is executed are the same. For a plan of a Safe it is
/// the Safe's own transaction, since nothing else is worth anything to the Safe.
/// </summary>
public static class PlanTypedData
{
    /// <summary>The JSON that <c>eth_signTypedData_v4</c> takes.</summary>
    public static JsonObject For(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Safe is { } safe) return safe.Transaction.TypedData();
        var types = new JsonObject
        {
            ["EIP712Domain"] = new JsonArray(Field("name", "string"), Field("version", "string")),
            ["PlanApproval"] = new JsonArray(
                Field("plan", "bytes32"), Field("environment", "string"), Field("runbook", "string"),
                Field("calls", "Call[]"), Field("expiresAt", "uint256")),
            ["Call"] = new JsonArray(
                Field("target", "address"), Field("targetName", "string"), Field("function", "string"),
                Field("data", "bytes"), Field("value", "uint256")),
        };
        var domain = new JsonObject { ["name"] = "Quarterdeck", ["version"] = "1" };
        var message = new JsonObject
        {
            ["plan"] = plan.Hash.ToString(),
            ["environment"] = plan.Environment,
            ["runbook"] = plan.Runbook,
            ["calls"] = new JsonArray([.. plan.Calls.Select(call => (JsonNode)new JsonObject
            {
                ["target"] = call.Target.ToString(),
                ["targetName"] = call.TargetName,
                ["function"] = call.Function,
                ["data"] = "0x" + Convert.ToHexStringLower(call.Calldata),
                ["value"] = call.Value.ToString(CultureInfo.InvariantCulture),
            })]),
            ["expiresAt"] = plan.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        };
        // A plan without calls is for no chain.
        if (plan.Calls.Count > 0)
        {
            types["EIP712Domain"]!.AsArray().Add(Field("chainId", "uint256"));
            domain["chainId"] = plan.Calls[0].Chain.EvmNumber.ToString(CultureInfo.InvariantCulture);
        }

        if (plan.Actions.Count > 0)
        {
            types["PlanApproval"]!.AsArray().Insert(4, Field("actions", "Action[]"));
            types["Action"] = new JsonArray(Field("kind", "string"), Field("target", "string"), Field("effect", "string"));
            message["actions"] = new JsonArray([.. plan.Actions.Select(action => (JsonNode)new JsonObject
            {
                ["kind"] = action.Effect.Kind,
                ["target"] = action.Target,
                ["effect"] = action.Effect.Said,
            })]);
        }

        return new JsonObject { ["types"] = types, ["primaryType"] = "PlanApproval", ["domain"] = domain, ["message"] = message };
    }

    /// <summary>The digest that the wallet signs (EIP-712).</summary>
    public static Hash32 SigningHash(Plan plan) => Eip712.FromJson(For(plan).ToJsonString()).Hash();

    private static JsonObject Field(string name, string type) => new() { ["name"] = name, ["type"] = type };
}
