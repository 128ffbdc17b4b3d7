using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Dashboards;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs;

/// <summary>Loads protocol packs. Never throws for what an author wrote: findings say what is wrong, and other packs go on.</summary>
public static class PackLoader
{
    /// <summary>Loads each folder by itself; a broken pack is a result without a pack.</summary>
    public static IReadOnlyList<PackLoadResult> LoadAll(IEnumerable<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var results = new List<PackLoadResult>();
        foreach (var folder in folders)
        {
            var result = Load(folder);
            if (result.Pack is { } pack && results.Find(r => r.Pack?.Name == pack.Name) is { } first)
            {
                result = result with
                {
                    Pack = null,
                    Findings =
                    [
                        .. result.Findings,
                        new Finding(FindingCodes.NameTwice, FindingSeverity.Error, "protocol.yaml", 1,
                            $"Two packs are named '{pack.Name}': {first.Folder} and {folder}.", "Rename one of them."),
                    ],
                };
            }

            results.Add(result);
        }

        return results;
    }

    /// <summary>Loads one pack folder.</summary>
    public static PackLoadResult Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var load = new PackFiles(Path.GetFullPath(folder));
        if (!File.Exists(Path.Combine(load.Root, "protocol.yaml")))
        {
            return new PackLoadResult(folder, null,
            [
                new Finding(FindingCodes.FileUnreadable, FindingSeverity.Error, "protocol.yaml", 0,
                    $"The folder '{folder}' has no protocol.yaml, so it is not a pack.",
                    "Name the folder that holds protocol.yaml, or write one."),
            ]);
        }

        var protocol = new ProtocolReader(load.Root, load.FindingsOf("protocol.yaml"));
        load.Read("protocol.yaml", protocol.Read);
        var index = new IndexReader(load.Root, protocol.Contracts);
        var metrics = new MetricsReader(protocol.Contracts, protocol.Services, protocol.Databases, index.Factories);
        var faults = new FaultsReader(protocol.Contracts, protocol.Services);
        var pack = new ProtocolPack
        {
            Name = protocol.Name,
            Title = protocol.Title,
            Root = load.Root,
            Chains = protocol.Chains,
            Contracts = protocol.Contracts,
            Services = protocol.Services,
            Databases = protocol.Databases,
            Roles = protocol.Roles,
            External = protocol.External,
            Index = load.Read("index.yaml", index.Read) ?? [],
            Metrics = load.Read("metrics.yaml", metrics.Read) ?? [],
            Policies = load.Read("policies.yaml", PoliciesReader.Read) ?? PolicyBook.Empty,
            Schedules = load.Read("schedules.yaml", SchedulesReader.Read) ?? [],
            Faults = load.Read("faults.yaml", faults.Read) ?? [],
            Environments = load.Environments(),
        };
        pack = pack with { Rules = load.Rules(), RunbookDocuments = load.Runbooks(pack) };
        var drawn = pack;
        pack = pack with { Dashboards = load.Read("dashboards.yaml", file => new DashboardsReader(drawn).Read(file)) ?? [] };
        PackReferences.Check(pack, load);
        var findings = load.Findings;
        return new PackLoadResult(folder, findings.Any(f => f.Severity == FindingSeverity.Error) ? null : pack, findings);
    }
}

/// <summary>The files of one pack folder and what was found in each.</summary>
internal sealed class PackFiles(string root)
{
    private readonly OrderedDictionary<string, FindingList> _lists = new(StringComparer.Ordinal);

    public string Root => root;

    public IReadOnlyList<Finding> Findings => [.. _lists.Values.SelectMany(l => l.All)];

    public FindingList FindingsOf(string file)
    {
        if (!_lists.TryGetValue(file, out var list)) _lists[file] = list = new FindingList(file);
        return list;
    }

    public void Read(string file, Action<YamlMap> read) => Read<object>(file, map =>
    {
        read(map);
        return map;
    });

    /// <summary>Reads a file of the pack; null where it is not there or not YAML.</summary>
    public T? Read<T>(string file, Func<YamlMap, T> read) where T : class
    {
        var path = Path.Combine(root, file);
        if (!File.Exists(path)) return null;
        var findings = FindingsOf(file);
        return YamlFile.Load(path, findings) is { } map ? read(map) : null;
    }

    /// <summary>Reads alerts.yaml and alerts/*.yaml.</summary>
    public IReadOnlyList<RuleFile> Rules()
    {
        var folder = Path.Combine(root, "alerts");
        string[] files =
        [
            .. new[] { Path.Combine(root, "alerts.yaml"), Path.Combine(root, "alerts.yml") }.Where(File.Exists),
            .. (Directory.Exists(folder) ? Directory.GetFiles(folder, "*.y*ml") : []).Where(f => !f.Contains(".test.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
        var rules = new List<RuleFile>();
        foreach (var file in files)
        {
            var shown = Path.GetRelativePath(root, file).Replace('\\', '/');
            var result = RuleFile.Load(file);
            FindingsOf(shown).AddRange(result.Findings.Select(f => f with { File = shown }));
            rules.Add(result.File with { Path = shown });
        }

        return rules;
    }

    /// <summary>Reads runbooks/*.md. A file that cannot be read is a finding; the others go on.</summary>
    public IReadOnlyList<RunbookDocument> Runbooks(ProtocolPack pack)
    {
        var folder = Path.Combine(root, "runbooks");
        if (!Directory.Exists(folder)) return [];
        var files = Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var slugs = files.Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet(StringComparer.Ordinal);
        var documents = new List<RunbookDocument>();
        foreach (var file in files)
        {
            var shown = Path.GetRelativePath(root, file).Replace('\\', '/');
            try
            {
                var document = RunbookParser.Parse(shown, File.ReadAllBytes(file), pack, slugs);
                FindingsOf(shown).AddRange(document.Findings);
                documents.Add(document);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                FindingsOf(shown).Error(FindingCodes.FileUnreadable, Position.WholeFile, $"The runbook cannot be read: {e.Message}", "Check the file's permissions.");
            }
        }

        return documents;
    }

    public IReadOnlyDictionary<string, string> Environments()
    {
        var folder = Path.Combine(root, "environments");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)
                .ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => f, StringComparer.Ordinal)
            : new Dictionary<string, string>();
    }
}
