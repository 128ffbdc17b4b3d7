using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs;

/// <summary>A pack bound to an environment: every contract has an address, every chain an endpoint.</summary>
public sealed partial class BoundPack
{
    private readonly Dictionary<string, BoundContract> _byName;
    private readonly Dictionary<string, BoundContract> _byVariable;
    private readonly Dictionary<Address, BoundContract> _byAddress;

    private BoundPack(ProtocolPack pack, PackEnvironment environment, IEnumerable<BoundContract> contracts)
    {
        (Pack, Environment) = (pack, environment);
        Contracts = [.. contracts];
        _byName = Contracts.ToDictionary(c => c.Name, StringComparer.Ordinal);
        _byVariable = Contracts.SelectMany(c => c.Definition.Variables.Select(v => (v, c)))
            .DistinctBy(c => c.v).ToDictionary(c => c.v, c => c.c, StringComparer.Ordinal);
        _byAddress = Contracts.DistinctBy(c => c.Address).ToDictionary(c => c.Address);
    }

    /// <summary>The pack.</summary>
    public ProtocolPack Pack { get; }

    /// <summary>The environment.</summary>
    public PackEnvironment Environment { get; }

    /// <summary>The EVM contracts with their addresses, in the pack's order.</summary>
    public IReadOnlyList<BoundContract> Contracts { get; }

    /// <summary>
    /// Binds a pack. Contracts without address and chains without endpoint are findings; the result has a pack where none of
    /// them is an error.
    /// </summary>
    public static BindResult Bind(ProtocolPack pack, PackEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(environment);
        var findings = new FindingList($"environments/{Path.GetFileName(environment.Path)}");
        foreach (var chain in pack.Chains.Values.Where(c => c.Family == ChainFamily.Evm))
        {
            if (environment.Chains.TryGetValue(chain.Name, out var known) && known.Endpoints.Count > 0) continue;
            findings.Error(FindingCodes.EndpointMissing, Position.WholeFile, $"The chain '{chain.Name}' has no endpoint here.",
                $"Add chains: {{ {chain.Name}: {{ id: \"eip155:…\", endpoints: [\"https://…\"] }} }}.");
        }

        foreach (var chain in environment.Chains.Values.Where(c => c.Endpoints.Count > 0 && c.Agree > c.Endpoints.Count))
        {
            findings.Error(FindingCodes.ValueInvalid, Position.WholeFile,
                $"The chain '{chain.Name}' demands that {chain.Agree} endpoints agree, but has {chain.Endpoints.Count}.",
                $"Add endpoints of other operators, or write agree: {chain.Endpoints.Count}.");
        }

        var contracts = new List<BoundContract>();
        foreach (var contract in pack.Contracts.Values.Where(c => c.Abi is not null))
        {
            if (environment.Contracts.TryGetValue(contract.Name, out var address))
            {
                contracts.Add(new BoundContract(contract, address));
                continue;
            }

            findings.Error(FindingCodes.AddressMissing, Position.WholeFile, $"The contract '{contract.Name}' has no address here.",
                $"Write its address under 'contracts:' or deploy it so that the deployment file names it.");
        }

        foreach (var name in environment.Contracts.Keys.Where(n => !pack.Contracts.ContainsKey(n)))
        {
            findings.Note(FindingCodes.NameUnknown, Position.WholeFile, $"An address is given for '{name}', which the pack does not define.",
                NearestName.Suggest(name, pack.Contracts.Keys, "Add it to protocol.yaml if it is operated."));
        }

        return new BindResult(findings.HasErrors ? null : new BoundPack(pack, environment, contracts), findings.All);
    }

    /// <summary>The contract that a name, <c>$VARIABLE</c>, <c>${VARIABLE}</c> or address means; null where none.</summary>
    public BoundContract? Contract(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_byName.TryGetValue(text, out var contract)) return contract;
        var name = text.StartsWith('$') ? text[1..].Trim('{', '}') : text;
        if (_byVariable.TryGetValue(name, out contract)) return contract;
        if (Environment.Variables.TryGetValue(name, out var value)) text = value;
        return Address.TryParse(text, out var address) ? Contract(address) : null;
    }

    /// <summary>The contract at an address; null where the pack has none there.</summary>
    public BoundContract? Contract(Address address) => _byAddress.GetValueOrDefault(address);

    /// <summary>The address that a name, variable or address text means; null where it means none.</summary>
    public Address? ResolveAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Contract(text) is { } contract) return contract.Address;
        if (Environment.Accounts.TryGetValue(text, out var account)) return account.Address;
        return Address.TryParse(Expand(text).Text, out var address) ? address : null;
    }

    /// <summary>
    /// The plain value of a variable, without <c>$</c>: the environment's own, else a contract's address. Null where unset or
    /// where it is a secret.
    /// </summary>
    public string? Variable(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Environment.Variables.TryGetValue(name, out var value)) return value;
        if (_byVariable.TryGetValue(name, out var contract)) return contract.Address.ToString();
        return _byName.TryGetValue(name, out contract) ? contract.Address.ToString() : null;
    }

    /// <summary>True where the variable's value is a secret.</summary>
    public bool IsSecret(string name) => Environment.Secrets.ContainsKey(name);

    /// <summary>The reference of a secret variable; null where it is none.</summary>
    public SecretReference? Secret(string name) => Environment.Secrets.GetValueOrDefault(name);

    /// <summary>Fills <c>$NAME</c> and <c>${NAME}</c> with plain values. Unset names and secrets stay as written and are listed.</summary>
    public (string Text, IReadOnlyList<string> Unresolved) Expand(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var unresolved = new List<string>();
        var filled = VariableUse().Replace(text, match =>
        {
            var name = match.Groups["braced"].Success ? match.Groups["braced"].Value : match.Groups["plain"].Value;
            if (Variable(name) is { } value) return value;
            unresolved.Add(name);
            return match.Value;
        });
        return (filled, unresolved);
    }

    [GeneratedRegex(@"\$(?:\{(?<braced>[A-Za-z_][A-Za-z0-9_]*)\}|(?<plain>[A-Za-z_][A-Za-z0-9_]*))")]
    private static partial Regex VariableUse();
}

/// <summary>A contract with its address.</summary>
/// <param name="Definition">What the pack says of it; its ABI is there.</param>
/// <param name="Address">Where it is.</param>
public sealed record BoundContract(ContractDefinition Definition, Address Address)
{
    /// <summary>The pack's name.</summary>
    public string Name => Definition.Name;

    /// <summary>The pack's name of its chain.</summary>
    public string Chain => Definition.Chain;

    /// <summary>Its ABI.</summary>
    public Quarterdeck.Chains.Evm.Abi.ContractAbi Abi => Definition.Abi!;
}

/// <summary>What came of binding.</summary>
/// <param name="Pack">The bound pack; null where a finding is an error.</param>
/// <param name="Findings">Everything found.</param>
public sealed record BindResult(BoundPack? Pack, IReadOnlyList<Finding> Findings);
