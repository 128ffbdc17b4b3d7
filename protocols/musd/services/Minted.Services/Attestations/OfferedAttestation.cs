using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Attestations;

/// <summary>An attestation and one validator's signature over it, as a validator offers it to the relay.</summary>
internal sealed record OfferedAttestation(Attestation Attestation, Address Validator, byte[] Signature)
{
    public JsonObject ToJson() => new()
    {
        ["cantonAssets"] = Text(Attestation.CantonAssets),
        ["nonce"] = Text(Attestation.Nonce),
        ["timestamp"] = Text(Attestation.Timestamp),
        ["entropy"] = Hex.Data(Attestation.Entropy),
        ["cantonStateHash"] = Hex.Data(Attestation.StateHash),
        ["validator"] = Validator.ToString(),
        ["signature"] = Hex.Data(Signature),
    };

    /// <summary>Reads what a validator sent; null where it is not an offer.</summary>
    public static OfferedAttestation? FromJson(JsonNode? node)
    {
        try
        {
            if (node is not JsonObject json) return null;
            var attestation = new Attestation(
                Number(json, "cantonAssets"), Number(json, "nonce"), Number(json, "timestamp"), Word(json, "entropy"), Word(json, "cantonStateHash"));
            return new OfferedAttestation(attestation, Address.Parse(Field(json, "validator")), Hex.ParseData(Field(json, "signature")));
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Field(JsonObject json, string name) =>
        json[name]?.GetValue<string>() ?? throw new FormatException($"'{name}' is missing.");

    private static BigInteger Number(JsonObject json, string name)
    {
        var text = Field(json, name);
        return text.Length <= 78 && BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{name}' is not a number.");
    }

    private static byte[] Word(JsonObject json, string name) =>
        Hex.ParseData(Field(json, name)) is { Length: 32 } word ? word : throw new FormatException($"'{name}' is not 32 bytes.");
}
