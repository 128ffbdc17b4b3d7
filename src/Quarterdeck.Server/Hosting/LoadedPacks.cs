using Quarterdeck.Packs;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Server.Hosting;

/// <summary>The packs that this server serves, and what it refused.</summary>
/// <param name="Packs">Bound to the environment.</param>
/// <param name="Refused">Why others were not loaded; each with file, line and remedy.</param>
internal sealed record LoadedPacks(IReadOnlyList<BoundPack> Packs, IReadOnlyList<Finding> Refused)
{
    /// <summary>The environment that all packs share.</summary>
    public PackEnvironment? Environment => Packs.Count == 0 ? null : Packs[0].Environment;

    /// <summary>Loads each folder by itself and holds it against its chains; a pack with an error is left out and the others go on.</summary>
    public static async Task<LoadedPacks> Load(
        IReadOnlyList<string> folders, string environment, Func<string, string?> process, CancellationToken cancel)
    {
        var packs = new List<BoundPack>();
        var refused = new List<Finding>();
        foreach (var loaded in PackLoader.LoadAll(folders))
        {
            var name = loaded.Pack?.Name ?? Path.GetFileName(loaded.Folder.TrimEnd('/'));
            Keep(name, loaded.Findings);
            if (loaded.Pack is not { } pack) continue;
            var bound = EnvironmentLoader.Load(pack, environment, process);
            Keep(name, bound.Findings);
            if (bound.Environment is not { } place) continue;
            var result = BoundPack.Bind(pack, place);
            Keep(name, result.Findings);
            if (result.Pack is not { } ready) continue;
            var deployed = await DeploymentChecker.Check(ready, cancel);
            Keep(name, deployed);
            if (deployed.All(f => f.Severity != FindingSeverity.Error)) packs.Add(ready);
        }

        return new LoadedPacks(packs, refused);

        void Keep(string pack, IEnumerable<Finding> findings) => refused.AddRange(
            findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f with { File = $"{pack}/{f.File}" }));
    }
}
