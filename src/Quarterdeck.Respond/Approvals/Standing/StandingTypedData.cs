using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>What an operator's wallet shows and signs for a standing approval: EIP-712 typed data from the stored grant alone.</summary>
public static class StandingTypedData
{
    /// <summary>The JSON that <c>eth_signTypedData_v4</c> takes.</summary>
    public static JsonObject For(StandingGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        var calls = grant.Calls;
        return new JsonObject
        {
            ["types"] = new JsonObject
            {
                ["EIP712Domain"] = new JsonArray(Field("name", "string"), Field("version", "string"), Field("chainId", "uint256")),
                ["StandingApproval"] = new JsonArray(
                    Field("grant", "bytes32"), Field("environment", "string"), Field("runbook", "string"), Field("alert", "string"),
                    Field("uses", "uint256"), Field("calls", "Call[]"), Field("expiresAt", "uint256")),
                ["Call"] = new JsonArray(
                    Field("target", "address"), Field("targetName", "string"), Field("function", "string"), Field("data", "bytes"),
                    Field("value", "uint256")),
            },
            ["primaryType"] = "StandingApproval",
            ["domain"] = new JsonObject
            {
                ["name"] = "Quarterdeck",
                ["version"] = "1",
                ["chainId"] = calls[0].Chain.EvmNumber.ToString(CultureInfo.InvariantCulture),
            },
            ["message"] = new JsonObject
            {
                ["grant"] = grant.Hash.ToString(),
                ["environment"] = grant.Environment,
                ["runbook"] = grant.Runbook,
                ["alert"] = grant.Alert,
                ["uses"] = grant.Uses.ToString(CultureInfo.InvariantCulture),
                ["calls"] = new JsonArray([.. calls.Select(call => (JsonNode)new JsonObject
                {
                    ["target"] = call.Target.ToString(),
                    ["targetName"] = call.TargetName,
                    ["function"] = call.Function,
                    ["data"] = "0x" + Convert.ToHexStringLower(call.Calldata),
                    ["value"] = call.Value.ToString(CultureInfo.InvariantCulture),
                })]),
                ["expiresAt"] = grant.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>The digest that the wallet signs (EIP-712).</summary>
    public static Hash32 SigningHash(StandingGrant grant) => Eip712.FromJson(For(grant).ToJsonString()).Hash();

    private static JsonObject Field(string name, string type) => new() { ["name"] = name, ["type"] = type };
}
