using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Names that one file uses and another defines.</summary>
internal static class ReferenceCheck
{
    public static bool Contract(
        string name, IReadOnlyDictionary<string, ContractDefinition> contracts, Position at, FindingList findings) =>
        Known("contract", name, contracts.Keys, at, findings);

    public static bool Known(string kind, string name, IEnumerable<string> known, Position at, FindingList findings)
    {
        var names = known.ToArray();
        if (names.Contains(name)) return true;
        findings.Error(FindingCodes.NameUnknown, at, $"The pack has no {kind} '{name}'.", NearestName.Suggest(name, names,
            names.Length == 0 ? $"Define the {kind} first." : $"Use one of {string.Join(", ", names.Take(20))}."));
        return false;
    }
}
