using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Checking;

/// <summary>What a check knows beside the runbook: contracts, variables, accounts, alerts and metrics.</summary>
public sealed record CheckScope
{
    /// <summary>The contracts.</summary>
    public required IReadOnlyList<CheckContract> Contracts { get; init; }

    /// <summary>Values of variables, without <c>$</c>; null where no environment was given and so nothing is known.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>Variables whose value is a secret: known, never read.</summary>
    public IReadOnlySet<string> Secrets { get; init; } = new HashSet<string>();

    /// <summary>Addresses of accounts by name; an account without address is there with null.</summary>
    public IReadOnlyDictionary<string, Address?> Accounts { get; init; } = new Dictionary<string, Address?>();

    /// <summary>True where <see cref="Accounts"/> is complete, so that an unlisted account is an error.</summary>
    public bool AccountsKnown { get; init; }

    /// <summary>Names of alerts that rules define; null where no rules were given.</summary>
    public IReadOnlySet<string>? Alerts { get; init; }

    /// <summary>Names of metrics; null where unknown.</summary>
    public IReadOnlySet<string>? Metrics { get; init; }

    /// <summary>All runbooks at hand, the checked ones included: an inverse may be in another.</summary>
    public IReadOnlyList<Runbook> Runbooks { get; init; } = [];

    /// <summary>First block of the deployment, for events of roles.</summary>
    public ulong DeploymentBlock { get; init; }

    /// <summary>The scope of a pack, bound or not.</summary>
    public static CheckScope Of(ProtocolPack pack, PackEnvironment? environment)
    {
        ArgumentNullException.ThrowIfNull(pack);
        Dictionary<string, string>? variables = null;
        if (environment is not null)
        {
            variables = new Dictionary<string, string>(environment.Variables, StringComparer.Ordinal);
            foreach (var contract in pack.Contracts.Values)
            {
                if (!environment.Contracts.TryGetValue(contract.Name, out var address)) continue;
                foreach (var variable in contract.Variables) variables.TryAdd(variable, address.ToString());
            }
        }

        return new CheckScope
        {
            Contracts = [.. pack.Contracts.Values.Select(c => new CheckContract(c.Name, c.Abi, environment?.Contracts.TryGetValue(c.Name, out var a) == true ? a : null, c))],
            Variables = variables,
            Secrets = environment?.Secrets.Keys.ToHashSet(StringComparer.Ordinal) ?? [],
            Accounts = environment?.Accounts.ToDictionary(a => a.Key, a => a.Value.Address, StringComparer.Ordinal) ?? [],
            AccountsKnown = environment is not null,
            Alerts = pack.Rules.Count == 0 ? null : pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<Alerts.AlertingRule>().Select(r => r.Name).ToHashSet(StringComparer.Ordinal),
            Metrics = PackMetrics.Names(pack),
            Runbooks = [.. pack.Runbooks],
            DeploymentBlock = environment?.DeploymentBlock ?? 0,
        };
    }

    /// <summary>Values that the runbook itself gives to variables, where each has only one.</summary>
    internal IReadOnlyDictionary<string, string> Assigned { get; init; } = new Dictionary<string, string>();

    /// <summary>This scope with the values that a runbook gives to its variables.</summary>
    internal CheckScope With(RunbookDocument document)
    {
        var assigned = Assignments.Of(document, this);
        return assigned.Count == 0 ? this : this with { Assigned = assigned };
    }

    /// <summary>Folder that relative links start from; null where links to files are not checked.</summary>
    public string? Folder { get; init; }

    /// <summary>Tables and columns that SQL may name; null where unknown.</summary>
    public DatabaseSchema? Schema { get; init; }

    /// <summary>Objects that kubectl may name; null where unknown.</summary>
    public ClusterObjects? Objects { get; init; }

    /// <summary>Metrics that rules use; null where no rules were given.</summary>
    public IReadOnlySet<string>? UsedMetrics { get; init; }

    /// <summary>The contract a word means: by variable, name or address; null where none is known.</summary>
    public CheckContract? Contract(ShellWord word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var name = word.Parts is [VariablePart variable] ? variable.Name : word.Text;
        if (Contracts.FirstOrDefault(c => c.Definition?.Variables.Contains(name) == true || c.Name == name) is { } named) return named;
        var value = Assigned.GetValueOrDefault(name) ?? Variables?.GetValueOrDefault(name) ?? name;
        return Address.TryParseAnyCase(value, out var address)
            ? Contracts.FirstOrDefault(c => c.Address == address) ?? new CheckContract(name, null, address, null)
            : null;
    }

    /// <summary>The word's value where every variable in it is known; else null.</summary>
    public string? Value(ShellWord word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Expand(
            name => Assigned.GetValueOrDefault(name) ?? Variables?.GetValueOrDefault(name)
                ?? Contracts.FirstOrDefault(c => c.Definition?.Variables.Contains(name) == true)?.Address?.ToString(),
            part => CastValue.Of(part, Value), out _);
    }
}

/// <summary>A contract as a check knows it.</summary>
/// <param name="Name">Its name, or the variable it was named by.</param>
/// <param name="Abi">Its ABI; null where unknown.</param>
/// <param name="Address">Its address; null where unknown.</param>
/// <param name="Definition">What the pack says; null where there is no pack.</param>
public sealed record CheckContract(string Name, ContractAbi? Abi, Address? Address, ContractDefinition? Definition)
{
    /// <summary>True for a proxy or diamond: functions may be in code elsewhere, beside those of its ABI.</summary>
    public bool Forwards { get; init; }

    /// <summary>The code at its address, a proxy's implementation included; null where no chain was asked.</summary>
    internal byte[]? Code { get; init; }

    /// <summary>True for an EIP-2535 diamond, which says itself which functions it has.</summary>
    public bool IsDiamond { get; init; }
}
