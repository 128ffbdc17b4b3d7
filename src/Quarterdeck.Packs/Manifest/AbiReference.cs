using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Looks up functions and events that an author named.</summary>
internal static class AbiReference
{
    /// <summary>
    /// The function of the ABI that <paramref name="text"/> names: a name alone, a signature, or a signature with results.
    /// Null where there is none, or where a name alone is overloaded.
    /// </summary>
    public static AbiFunction? Find(ContractAbi abi, string text)
    {
        var signature = SignatureOf(text);
        if (!signature.Contains('(')) return abi.Functions.Where(f => f.Name == signature).Take(2).ToArray() is [var only] ? only : null;
        return abi.Functions.FirstOrDefault(f => f.Signature == signature);
    }

    /// <summary>Name and parameter types in canonical form: no spaces, no parameter names, no results, <c>uint</c> as <c>uint256</c>.</summary>
    public static string SignatureOf(string text)
    {
        var trimmed = text.Trim();
        if (!trimmed.Contains('(')) return trimmed;
        try
        {
            return AbiFunction.Parse(trimmed).Signature;
        }
        catch (FormatException)
        {
            return trimmed;
        }
    }

    public static void Function(ContractAbi? abi, string contract, string text, Position at, FindingList findings)
    {
        if (abi is null || Find(abi, text) is not null) return;
        var signature = SignatureOf(text);
        var name = signature.Split('(')[0];
        var same = abi.Functions.Where(f => f.Name == name).Select(f => f.Signature).ToArray();
        findings.Error(FindingCodes.AbiLacks, at, $"The ABI of '{contract}' has no function '{signature}'.", same.Length > 0
            ? $"It has {string.Join(" and ", same.Select(s => $"'{s}'"))}; write the parameters as there."
            : NearestName.Suggest(name, abi.Functions.Select(f => f.Name), "Name a function of the ABI, or update the ABI."));
    }

    public static AbiEvent? Event(ContractAbi? abi, string contract, string name, Position at, FindingList findings)
    {
        if (abi is null) return null;
        var found = abi.Events.FirstOrDefault(e => e.Name == name || e.Signature == SignatureOf(name));
        if (found is null)
        {
            findings.Error(FindingCodes.AbiLacks, at, $"The ABI of '{contract}' has no event '{name}'.",
                NearestName.Suggest(name, abi.Events.Select(e => e.Name), "Name an event of the ABI, or update the ABI."));
        }

        return found;
    }
}
