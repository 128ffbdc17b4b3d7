using System.Reflection;

namespace Quarterdeck.Architecture;

/// <summary>Which room may use which: docs/architecture.md as a table.</summary>
internal static class Rooms
{
    /// <summary>Assemblies, by short name, and the ones of ours that each may reference.</summary>
    public static IReadOnlyDictionary<string, string[]> Assemblies { get; } = new Dictionary<string, string[]>
    {
        ["Primitives"] = [],
        ["PromQL"] = ["Primitives"],
        ["Chains"] = ["Primitives"],
        ["Packs"] = ["Primitives", "PromQL", "Chains"],
        ["Store"] = ["Primitives"],
        ["Observe"] = ["Primitives", "PromQL", "Chains", "Packs", "Store"],
        ["Respond"] = ["Primitives", "PromQL", "Chains", "Packs", "Store", "Observe"],
        ["Server"] = ["Primitives", "PromQL", "Chains", "Packs", "Store", "Observe", "Respond"],
        ["Devnet"] = ["Primitives", "PromQL", "Chains", "Packs", "Store"],
        ["Cli"] = ["Primitives", "PromQL", "Chains", "Packs", "Store", "Devnet"],
    };

    /// <summary>Folders of the two halves, and the ones of the same assembly that each may use.</summary>
    public static IReadOnlyDictionary<string, string[]> Folders { get; } = new Dictionary<string, string[]>
    {
        ["Quarterdeck.Observe.Indexing"] = [],
        ["Quarterdeck.Observe.Metrics"] = ["Quarterdeck.Observe.Indexing"],
        ["Quarterdeck.Observe.Alerts"] = ["Quarterdeck.Observe.Indexing", "Quarterdeck.Observe.Metrics"],
        ["Quarterdeck.Observe.Notifying"] =
            ["Quarterdeck.Observe.Indexing", "Quarterdeck.Observe.Metrics", "Quarterdeck.Observe.Alerts"],
        ["Quarterdeck.Respond.Incidents"] = [],
        ["Quarterdeck.Respond.Approvals"] = [],
        ["Quarterdeck.Respond.Transactions"] = ["Quarterdeck.Respond.Approvals"],
        ["Quarterdeck.Respond.Runs"] =
            ["Quarterdeck.Respond.Incidents", "Quarterdeck.Respond.Approvals", "Quarterdeck.Respond.Transactions"],
        ["Quarterdeck.Respond.Rehearsals"] =
        [
            "Quarterdeck.Respond.Incidents", "Quarterdeck.Respond.Approvals", "Quarterdeck.Respond.Transactions",
            "Quarterdeck.Respond.Runs",
        ],
    };

    public static Assembly Load(string shortName) => Assembly.Load($"Quarterdeck.{shortName}");

    /// <summary>The folder a type is in; null for a type of no listed folder.</summary>
    public static string? FolderOf(Type type) => Folders.Keys.FirstOrDefault(folder =>
        type.Namespace == folder || type.Namespace?.StartsWith(folder + ".", StringComparison.Ordinal) == true);

    /// <summary>Uses of a folder that the table does not allow, in the given assembly.</summary>
    public static IReadOnlyList<string> Trespasses(Assembly assembly) =>
    [
        .. (from type in assembly.GetTypes()
            let own = FolderOf(type)
            where own is not null && !IsComposition(type)
            from member in CompiledReferences.Of(type)
            from used in CompiledReferences.Types(member)
            let other = FolderOf(used)
            where other is not null && other != own && Half(other) == Half(own) && !Folders[own].Contains(other)
            select $"{type.FullName} uses {used.FullName}").Distinct(),
    ];

    private static string Half(string folder) => folder[..folder.LastIndexOf('.')];

    // A module registers a folder's parts and may name what it wires.
    private static bool IsComposition(Type type) => (type.DeclaringType ?? type).Name.EndsWith("Module", StringComparison.Ordinal);
}
