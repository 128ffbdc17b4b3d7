using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads protocol.yaml.</summary>
internal sealed partial class ProtocolReader(string root, FindingList findings)
{
    private static readonly Dictionary<string, ChainFamily> Families = new(StringComparer.Ordinal)
    {
        ["evm"] = ChainFamily.Evm,
        ["stacks"] = ChainFamily.Stacks,
        ["cosmos"] = ChainFamily.Cosmos,
        ["canton"] = ChainFamily.Canton,
    };

    public static readonly IReadOnlyDictionary<string, ActionClass> ClassWords =
        Enum.GetValues<ActionClass>().ToDictionary(c => c.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    public OrderedDictionary<string, ChainDefinition> Chains { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, ContractDefinition> Contracts { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, ServiceDefinition> Services { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, DatabaseDefinition> Databases { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, Hash32> Roles { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> External { get; private set; } = [];

    public string Name { get; private set; } = "";

    public string Title { get; private set; } = "";

    public void Read(YamlMap file)
    {
        Name = file.RequiredText("name", "Add 'name:' with a short lower-case name, the same as the folder's.");
        if (Name.Length > 0 && !NameShape().IsMatch(Name))
        {
            findings.Error(FindingCodes.ValueInvalid, file.PositionOf("name"), $"The pack's name is '{Name}'.",
                "Use 1 to 40 lower-case letters, digits and dashes, beginning with a letter: it names a database schema and links.");
        }

        if (Name is "quarterdeck" or "external")
        {
            findings.Error(FindingCodes.ValueInvalid, file.PositionOf("name"), $"The name '{Name}' is taken: it stands for what Quarterdeck itself watches.",
                "Choose another name.");
        }

        Title = file.Text("title") ?? Name;
        foreach (var (name, _, value) in Entries(file, "chains", "chain")) ReadChain(name, value);
        foreach (var (name, at, value) in Entries(file, "contracts", "contract")) ReadContract(name, at, value);
        foreach (var (name, at, value) in Entries(file, "services", "service")) ReadService(name, at, value);
        foreach (var (name, _, value) in Entries(file, "databases", "database")) ReadDatabase(name, value);
        foreach (var (name, at, value) in Entries(file, "roles", "role")) ReadRole(name, at, value);
        External = file.Texts("external");
        file.Close();
    }

    private static IEnumerable<(string Name, Position At, YamlValue Value)> Entries(YamlMap file, string key, string what) =>
        file.Map(key)?.Entries(what) ?? [];

    private void ReadChain(string name, YamlValue value)
    {
        if (value.Map() is not { } map) return;
        if (!map.Has("family")) map.Missing("family", "Add 'family: evm' (or stacks, cosmos, canton).");
        var family = map.Word("family", Families) ?? ChainFamily.Evm;
        map.Close();
        Chains[name] = new ChainDefinition(name, family);
    }

    private void ReadContract(string name, Position at, YamlValue value)
    {
        if (value.Map() is not { } map) return;
        var chain = map.RequiredText("chain", $"Add 'chain:' with one of {string.Join(", ", Chains.Keys)}.");
        var definition = Chains.GetValueOrDefault(chain);
        if (chain.Length > 0 && definition is null)
        {
            findings.Error(FindingCodes.NameUnknown, map.PositionOf("chain"), $"Contract '{name}' is on the chain '{chain}', which is not defined.",
                NearestName.Suggest(chain, Chains.Keys, $"Define it under 'chains:' or use one of {string.Join(", ", Chains.Keys)}."));
        }

        var (path, abi) = ReadAbi(map, name, definition?.Family ?? ChainFamily.Evm);
        List<string> variables = [.. map.Text("variable") is { } one ? [one] : (string[])[], .. map.Texts("variables")];
        var contract = new ContractDefinition(name, chain, path, abi)
        {
            Variables = [.. variables.Select(v => v.TrimStart('$')).Distinct(StringComparer.Ordinal)],
            Pause = map.Map("pause") is { } pause ? ReadPause(pause, name, abi) : null,
            Classes = ReadClasses(map, abi, name),
            Decimals = ReadDecimals(map),
            Line = at.Line,
        };
        map.Close();
        foreach (var variable in contract.Variables)
        {
            if (Contracts.Values.FirstOrDefault(c => c.Variables.Contains(variable)) is { } other)
            {
                findings.Error(FindingCodes.NameTwice, at, $"The variable '{variable}' means both '{other.Name}' and '{name}'.",
                    "Give each contract its own variable.");
            }
        }

        Contracts[name] = contract;
    }

    private (string? Path, ContractAbi? Abi) ReadAbi(YamlMap map, string name, ChainFamily family)
    {
        if (map.Text("abi") is not { } path)
        {
            if (family == ChainFamily.Evm) map.Missing("abi", $"Add 'abi: abis/{name}.json'.");
            return (null, null);
        }

        var at = map.PositionOf("abi");
        if (PackPath.Resolve(root, path) is not { } full)
        {
            findings.Error(FindingCodes.PathOutside, at, $"The ABI path '{path}' leads out of the pack.",
                "Copy the ABI into the pack's abis folder and name it by a relative path.");
            return (null, null);
        }

        return (path, AbiFile.Load(full, path, at, findings));
    }

    private PauseDefinition ReadPause(YamlMap map, string contract, ContractAbi? abi)
    {
        var call = map.RequiredText("call", "Add 'call: \"pause()\"'.");
        var state = map.RequiredText("state", "Add 'state: \"paused()(bool)\"'.");
        var pause = new PauseDefinition(call, state, map.Text("role"), map.Text("inverse"), map.Text("inverseRole"))
        {
            Request = map.Text("request"),
            InverseDelay = map.Duration("inverseDelay"),
        };
        foreach (var (key, text) in new[] { ("call", call), ("state", state), ("inverse", pause.Inverse), ("request", pause.Request) })
        {
            if (!string.IsNullOrEmpty(text)) AbiReference.Function(abi, contract, text, map.PositionOf(key), findings);
        }

        map.Close();
        return pause;
    }

    private Dictionary<string, ActionClass> ReadClasses(YamlMap map, ContractAbi? abi, string contract)
    {
        var classes = new Dictionary<string, ActionClass>(StringComparer.Ordinal);
        if (map.Map("classes") is not { } words) return classes;
        foreach (var (function, at, _) in words.Entries("class of"))
        {
            AbiReference.Function(abi, contract, function, at, findings);
            if (words.Word(function, ClassWords) is { } actionClass) classes[function] = actionClass;
        }

        return classes;
    }

    private static Dictionary<string, int> ReadDecimals(YamlMap map)
    {
        var decimals = new Dictionary<string, int>(StringComparer.Ordinal);
        if (map.Value("decimals") is not { } value) return decimals;
        if (!value.IsMap)
        {
            if (map.Integer("decimals", 0, 77) is { } own) decimals["*"] = own;
            return decimals;
        }

        var words = value.Map("'decimals'")!;
        foreach (var (name, _, _) in words.Entries())
        {
            if (words.Integer(name, 0, 77) is { } number) decimals[name] = number;
        }

        return decimals;
    }

    private void ReadService(string name, Position at, YamlValue value)
    {
        if (value.Map() is not { } map) return;
        var probe = map.Map("probe") is { } p ? ReadProbe(p) : null;
        Services[name] = new ServiceDefinition(name, map.Text("job") ?? name, probe)
        {
            Aliases = map.Texts("aliases"),
            Run = map.Map("run") is { } run ? ReadRun(run) : null,
            Line = at.Line,
        };
        map.Close();
    }

    private ServiceRun ReadRun(YamlMap map)
    {
        var (project, args) = (map.RequiredText("project", "Add 'project:' with the folder of its project."), map.Texts("args"));
        if (project.Length > 0 && PackPath.Resolve(root, project) is null)
        {
            findings.Error(FindingCodes.PathOutside, map.PositionOf("project"), $"The project '{project}' is outside the pack.",
                "Name a folder of the pack by a relative path.");
        }

        map.Close();
        return new ServiceRun(project, args);
    }

    private static ServiceProbe? ReadProbe(YamlMap map)
    {
        var timeout = map.Duration("timeout") ?? TimeSpan.FromSeconds(2);
        var maxAge = map.Duration("maxAge");
        (ProbeKind Kind, string Target)? found = null;
        foreach (var kind in Enum.GetValues<ProbeKind>())
        {
            if (map.Text(kind.ToString().ToLowerInvariant()) is { } target) found ??= (kind, target);
        }

        if (found is null) map.Missing("http", "Say what is probed: http: URL, tcp: host:port, process: name, or heartbeat: file.");
        map.Close();
        return found is { } f ? new ServiceProbe(f.Kind, f.Target, timeout) { MaxAge = maxAge } : null;
    }

    private void ReadDatabase(string name, YamlValue value)
    {
        if (value.Map() is not { } map) return;
        List<string> variables = [.. map.Text("variable") is { } one ? [one] : (string[])[], .. map.Texts("variables")];
        Databases[name] = new DatabaseDefinition(name, [.. variables.Select(v => v.TrimStart('$'))], map.Texts("names"));
        map.Close();
    }

    private void ReadRole(string name, Position at, YamlValue value)
    {
        if (value.Text() is not { } text) return;
        if (Hash32.TryParse(text, out var hash))
        {
            Roles[name] = hash;
            return;
        }

        if (text is "" or "keccak") Roles[name] = Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(name));
        else
        {
            findings.Error(FindingCodes.ValueInvalid, at, $"The role '{name}' has the hash '{text}'.",
                "Write 32 bytes of hex, or 'keccak' for the hash of the name.");
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$")]
    private static partial Regex NameShape();
}
