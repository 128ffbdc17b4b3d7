using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Minted.Services.Attestations;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Participant;

/// <summary>
/// The assets on Canton for one attestation, in wei of 18 decimals. Here they are made up, the same for everyone who asks for the
/// same number, and falling a little each time: mUSD lets its cap rise only once a day.
/// </summary>
internal sealed record AssetSnapshot(long Number, IReadOnlyList<(string Id, string Category, BigInteger Value)> Assets)
{
    private static readonly BigInteger Wei = BigInteger.Pow(10, 18);
    private static readonly BigInteger Start = 110_000_000 * Wei;

    public BigInteger Total => Assets.Aggregate(BigInteger.Zero, (sum, asset) => sum + asset.Value);

    /// <summary>keccak-256 over the lines "id|category|value" and the number.</summary>
    public byte[] StateHash => Attestation.Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{string.Join('\n', Assets.Select(a => $"{a.Id}|{a.Category}|{a.Value}"))}\n{Number}")));

    public static AssetSnapshot Made(long number)
    {
        var noise = new BigInteger(Keccak256.Hash(Attestation.Word(number)).ToArray().AsSpan(0, 4), isUnsigned: true) % 100;
        var total = Start - ((100 * number) + noise) * Wei;
        var bonds = total * 6 / 10;
        var property = total * 3 / 10;
        return new AssetSnapshot(number,
            [("CANTON-TBILL", "FixedIncome", bonds), ("CANTON-PROPERTY", "RealEstate", property), ("CANTON-CASH", "CashEquivalent", total - bonds - property)]);
    }

    public JsonObject ToJson() => new()
    {
        ["snapshotId"] = Number.ToString(CultureInfo.InvariantCulture),
        ["assets"] = new JsonArray([.. Assets.Select(asset => (JsonNode)new JsonObject
        {
            ["assetId"] = asset.Id,
            ["category"] = asset.Category,
            ["currentValue"] = asset.Value.ToString(CultureInfo.InvariantCulture),
        })]),
        ["totalValue"] = Total.ToString(CultureInfo.InvariantCulture),
        ["stateHash"] = Hex.Data(StateHash),
    };

    /// <summary>Reads an answer and holds it to its own sums: the assets add up to the total, the hash is theirs. Null where not.</summary>
    public static AssetSnapshot? FromJson(JsonNode? node)
    {
        try
        {
            var snapshot = new AssetSnapshot(
                long.Parse(node!["snapshotId"]!.GetValue<string>(), CultureInfo.InvariantCulture),
                [.. node["assets"]!.AsArray().Select(asset => (
                    asset!["assetId"]!.GetValue<string>(), asset["category"]!.GetValue<string>(),
                    BigInteger.Parse(asset["currentValue"]!.GetValue<string>(), CultureInfo.InvariantCulture)))]);
            var total = BigInteger.Parse(node["totalValue"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            return total == snapshot.Total && node["stateHash"]!.GetValue<string>() == Hex.Data(snapshot.StateHash) ? snapshot : null;
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or NullReferenceException or OverflowException)
        {
            return null;
        }
    }
}
