using System.Globalization;

namespace Quarterdeck.Packs.Checking;

/// <summary>The EIP-155 numbers of chains that commands call by name.</summary>
internal static class ChainNumbers
{
    private static readonly Dictionary<string, ulong> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["mainnet"] = 1,
        ["ethereum"] = 1,
        ["homestead"] = 1,
        ["sepolia"] = 11_155_111,
        ["holesky"] = 17_000,
        ["hoodi"] = 560_048,
        ["optimism"] = 10,
        ["optimism-sepolia"] = 11_155_420,
        ["bsc"] = 56,
        ["gnosis"] = 100,
        ["polygon"] = 137,
        ["base"] = 8_453,
        ["base-sepolia"] = 84_532,
        ["arbitrum"] = 42_161,
        ["arbitrum-sepolia"] = 421_614,
        ["avalanche"] = 43_114,
        ["linea"] = 59_144,
        ["scroll"] = 534_352,
        ["anvil-hardhat"] = 31_337,
        ["dev"] = 1_337,
    };

    /// <summary>The number of a name or of digits; null for a name that is not known.</summary>
    public static ulong? Of(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Names.TryGetValue(text, out number) ? number : null;
}
