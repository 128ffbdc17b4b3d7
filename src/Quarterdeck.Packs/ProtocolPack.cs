using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Dashboards;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs;

/// <summary>A protocol pack as loaded: everything a team wrote about its protocol, not yet bound to an environment.</summary>
public sealed record ProtocolPack
{
    /// <summary>Short name; also names the database schema of its tables.</summary>
    public required string Name { get; init; }

    /// <summary>Name for people.</summary>
    public required string Title { get; init; }

    /// <summary>Full path of the pack's folder.</summary>
    public required string Root { get; init; }

    /// <summary>Chains by name.</summary>
    public required IReadOnlyDictionary<string, ChainDefinition> Chains { get; init; }

    /// <summary>Contracts by name, in the order of the file.</summary>
    public required IReadOnlyDictionary<string, ContractDefinition> Contracts { get; init; }

    /// <summary>Services by name.</summary>
    public required IReadOnlyDictionary<string, ServiceDefinition> Services { get; init; }

    /// <summary>Databases by name.</summary>
    public required IReadOnlyDictionary<string, DatabaseDefinition> Databases { get; init; }

    /// <summary>Hashes of on-chain roles that the pack names itself; others are the Keccak-256 of their name.</summary>
    public required IReadOnlyDictionary<string, Hash32> Roles { get; init; }

    /// <summary>Programs that external steps may run by argv, such as <c>npx</c>; empty allows none.</summary>
    public required IReadOnlyList<string> External { get; init; }

    /// <summary>Event tables.</summary>
    public required IReadOnlyList<EventTable> Index { get; init; }

    /// <summary>Metrics.</summary>
    public required IReadOnlyList<MetricDefinition> Metrics { get; init; }

    /// <summary>The rule files.</summary>
    public IReadOnlyList<RuleFile> Rules { get; init; } = [];

    /// <summary>The boards that the console draws and Grafana's files are generated from.</summary>
    public IReadOnlyList<Dashboard> Dashboards { get; init; } = [];

    /// <summary>The runbook files, as understood.</summary>
    public IReadOnlyList<RunbookDocument> RunbookDocuments { get; init; } = [];

    /// <summary>Every procedure of every runbook file.</summary>
    public IEnumerable<Runbook> Runbooks => RunbookDocuments.SelectMany(d => d.Runbooks);

    /// <summary>The runbook with a slug; null where none.</summary>
    public Runbook? FindRunbook(string slug) => Runbooks.FirstOrDefault(r => r.Slug == slug);

    /// <summary>Approval policies.</summary>
    public required PolicyBook Policies { get; init; }

    /// <summary>What is due when.</summary>
    public required IReadOnlyList<Schedule> Schedules { get; init; }

    /// <summary>Faults that drills inject.</summary>
    public required IReadOnlyList<FaultDefinition> Faults { get; init; }

    /// <summary>Full paths of the environment files, by environment name.</summary>
    public required IReadOnlyDictionary<string, string> Environments { get; init; }

    /// <summary>The contract that <paramref name="text"/> means: its name, or its variable with or without <c>$</c> and braces.</summary>
    public ContractDefinition? FindContract(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Contracts.TryGetValue(text, out var contract)) return contract;
        var variable = text.TrimStart('$').Trim('{', '}');
        return Contracts.Values.FirstOrDefault(c => c.Variables.Contains(variable));
    }

    /// <inheritdoc/>
    public override string ToString() => $"pack {Name} in {Root}";
}

/// <summary>What came of loading a folder.</summary>
/// <param name="Folder">The folder as given.</param>
/// <param name="Pack">The pack; null where a finding is an error.</param>
/// <param name="Findings">Everything found, errors or not.</param>
public sealed record PackLoadResult(string Folder, ProtocolPack? Pack, IReadOnlyList<Finding> Findings);
