using Quarterdeck.Packs.Environments;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs;

/// <summary>Loads environment files.</summary>
public static class EnvironmentLoader
{
    /// <summary>
    /// Loads the environment that <paramref name="nameOrPath"/> means for a pack: the name of one of its files, or a path.
    /// </summary>
    /// <param name="pack">The pack.</param>
    /// <param name="nameOrPath">Such as <c>devnet</c>, or the path of a YAML file.</param>
    /// <param name="process">Looks up variables of the process; null means unset.</param>
    public static EnvironmentLoadResult Load(ProtocolPack pack, string nameOrPath, Func<string, string?> process)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (pack.Environments.TryGetValue(nameOrPath, out var path)) return Load(path, process);
        if (File.Exists(nameOrPath)) return Load(nameOrPath, process);
        return new EnvironmentLoadResult(null,
        [
            new Finding(FindingCodes.NameUnknown, FindingSeverity.Error, $"environments/{nameOrPath}.yaml", 0,
                $"The pack '{pack.Name}' has no environment '{nameOrPath}'.",
                NearestName.Suggest(nameOrPath, pack.Environments.Keys, pack.Environments.Count == 0
                    ? "Write environments/NAME.yaml."
                    : $"Use one of {string.Join(", ", pack.Environments.Keys)}, or write the file.")),
        ]);
    }

    /// <summary>Loads an environment file.</summary>
    public static EnvironmentLoadResult Load(string path, Func<string, string?> process)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(process);
        var full = Path.GetFullPath(path);
        var findings = new FindingList($"environments/{Path.GetFileName(full)}");
        var map = YamlFile.Load(full, findings);
        var environment = map is null ? null : new EnvironmentReader(full, process, findings).Read(map);
        return new EnvironmentLoadResult(findings.HasErrors ? null : environment, findings.All);
    }
}
