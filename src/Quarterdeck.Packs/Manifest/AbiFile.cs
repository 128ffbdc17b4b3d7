using System.Text.Json;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads a JSON ABI or a build artifact that holds one.</summary>
internal static class AbiFile
{
    private const long MaxBytes = 32 << 20;

    public static ContractAbi? Load(string path, string shown, Position at, FindingList findings)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
                throw new FormatException($"it has more than {MaxBytes >> 20} MiB");
            return ContractAbi.FromJson(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Error(FindingCodes.FileUnreadable, at, $"The ABI '{shown}' cannot be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message)}.",
                "Write the contract's ABI there: 'forge inspect NAME abi --json', or the artifact from 'out' or 'artifacts'.");
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            findings.Error(FindingCodes.AbiInvalid, at, $"The ABI '{shown}' is not valid: {e.Message}",
                "Use a JSON ABI array, or a Foundry or Hardhat artifact with a key 'abi'.");
        }

        return null;
    }
}
