using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads index.yaml.</summary>
internal sealed partial class IndexReader(string root, IReadOnlyDictionary<string, ContractDefinition> contracts)
{
    private static readonly Dictionary<string, ConstantType> ConstantTypes = new(StringComparer.Ordinal)
    {
        ["text"] = ConstantType.Text,
        ["numeric"] = ConstantType.Numeric,
        ["boolean"] = ConstantType.Boolean,
    };

    private readonly Dictionary<string, EventFactory?> _factories = new(StringComparer.Ordinal);

    /// <summary>The factories by name, once the file is read; null for one that has findings.</summary>
    public IReadOnlyDictionary<string, EventFactory?> Factories => _factories;

    public IReadOnlyList<EventTable> Read(YamlMap file)
    {
        foreach (var (name, at, value) in file.Map("factories")?.Entries("factory") ?? [])
        {
            if (contracts.ContainsKey(name))
                file.Findings.Error(FindingCodes.NameTwice, at, $"'{name}' is a contract of the pack and a factory's contracts too.", "Give the announced contracts another name.");
            if (value.Map() is { } map) _factories[name] = ReadFactory(name, map);
        }

        var tables = new List<EventTable>();
        foreach (var (name, at, value) in file.Map("tables")?.Entries("table") ?? [])
        {
            if (value.Map() is { } map) tables.Add(ReadTable(name, at, map));
        }

        file.Close();
        return tables;
    }

    private EventTable ReadTable(string name, Position at, YamlMap map)
    {
        Identifier(name, at, map.Findings);
        var text = map.RequiredText("event", "Add 'event: Contract.EventName'.");
        var (contract, eventName) = Split(text);
        _factories.TryGetValue(contract, out var factory);
        var found = factory is not null
            ? AbiReference.Event(factory.Abi, contract, eventName, map.PositionOf("event"), map.Findings)
            : _factories.ContainsKey(contract) ? null : FindEvent(map, "event", text);
        var fields = found is null ? null : new EventFields(text, found);
        var columns = Columns(map, fields);
        var conditions = EventConditionReader.Read(map, fields);
        var start = map.Integer("start", 0, int.MaxValue);
        map.Close();
        return new EventTable(name, contract, eventName, columns)
        {
            Line = at.Line,
            Factory = factory,
            Where = conditions,
            Start = start is { } block ? (ulong)block : null,
        };
    }

    private EventFactory? ReadFactory(string name, YamlMap map)
    {
        var path = map.RequiredText("abi", $"Add 'abi: abis/{name}.json', the ABI of the announced contracts.");
        var text = map.RequiredText("event", "Add 'event: Contract.EventName', the event that announces a contract.");
        var field = map.RequiredText("address", "Add 'address:' with the event's parameter that holds the new address.");
        var abi = LoadAbi(map, path);
        var (contract, eventName) = Split(text);
        _factories.TryGetValue(contract, out var parent);
        if (parent is null && contract == name && !contracts.ContainsKey(name))
        {
            map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("event"), $"'{name}' cannot announce itself.",
                "Name the contract or the factory above it that announces these.");
        }

        var found = parent is not null ? AbiReference.Event(parent.Abi, contract, eventName, map.PositionOf("event"), map.Findings)
            : contract == name ? null : FindEvent(map, "event", text);
        if (found is not null && field.Length > 0)
        {
            var input = found.Inputs.FirstOrDefault(i => i.Name == field);
            if (input is null)
            {
                map.Findings.Error(FindingCodes.AbiLacks, map.PositionOf("address"), $"The event '{text}' has no field '{field}'.",
                    NearestName.Suggest(field, found.Inputs.Select(i => i.Name), "Name the field that holds the new address."));
            }
            else if (input.Type.Kind != AbiKind.Address)
            {
                map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("address"), $"The field '{field}' of '{text}' is {input.Type}, not an address.",
                    "Name the field that holds the new address.");
            }
        }

        map.Close();
        return abi is null || found is null ? null : new EventFactory(name, abi, contract, eventName, field) { Parent = parent };
    }

    private ContractAbi? LoadAbi(YamlMap map, string path)
    {
        if (path.Length == 0) return null;
        var at = map.PositionOf("abi");
        if (PackPath.Resolve(root, path) is { } full) return AbiFile.Load(full, path, at, map.Findings);
        map.Findings.Error(FindingCodes.PathOutside, at, $"The ABI path '{path}' leads out of the pack.",
            "Copy the ABI into the pack's abis folder and name it by a relative path.");
        return null;
    }

    private AbiEvent? FindEvent(YamlMap map, string key, string text)
    {
        if (text.Length == 0) return null;
        var (contract, eventName) = Split(text);
        var at = map.PositionOf(key);
        ReferenceCheck.Known("contract", contract, contracts.Keys.Concat(_factories.Keys), at, map.Findings);
        return contracts.TryGetValue(contract, out var definition)
            ? AbiReference.Event(definition.Abi, contract, eventName, at, map.Findings)
            : null;
    }

    private static (string Contract, string Event) Split(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? ("", text) : (text[..dot], text[(dot + 1)..]);
    }

    private static List<EventColumn> Columns(YamlMap map, EventFields? fields)
    {
        var columns = new List<EventColumn>();
        foreach (var (name, at, value) in map.Map("columns")?.Entries("column") ?? [])
        {
            Identifier(name, at, map.Findings);
            if (Column(name, value) is not { } column) continue;
            if (column.Constant is null) fields?.Require(column.From, value.At, map.Findings);
            columns.Add(column);
        }

        return columns;
    }

    private static EventColumn? Column(string name, YamlValue value)
    {
        if (!value.IsMap) return new EventColumn(name, value.Text() ?? name, null);
        var map = value.Map()!;
        EventColumn column;
        if (map.Text("constant") is { } constant)
        {
            column = new EventColumn(name, "", null) { Constant = new EventConstant(constant, map.Word("type", ConstantTypes) ?? ConstantType.Text) };
            if (!IsOfType(column.Constant)) map.Value("constant")!.Invalid($"a value of type {column.Constant.Type}", "constant: 1");
        }
        else column = new EventColumn(name, map.Text("from") ?? name, map.Integer("decimals", 0, 77));
        map.Close();
        return column;
    }

    private static bool IsOfType(EventConstant constant) => constant.Text.Contains('$', StringComparison.Ordinal) || constant.Type switch
    {
        ConstantType.Boolean => constant.Text is "true" or "false",
        ConstantType.Numeric => NumberShape().IsMatch(constant.Text),
        _ => true,
    };

    private static void Identifier(string name, Position at, FindingList findings)
    {
        if (IdentifierShape().IsMatch(name)) return;
        findings.Error(FindingCodes.ValueInvalid, at, $"'{name}' cannot name a table or column.",
            "Use lower-case letters, digits and underscores, beginning with a letter, at most 60.");
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,59}$")]
    private static partial Regex IdentifierShape();

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?$")]
    private static partial Regex NumberShape();
}

/// <summary>The parameters of an event that an author refers to.</summary>
internal sealed record EventFields(string Text, AbiEvent Event)
{
    public AbiType? Type(string field) => Event.Inputs.FirstOrDefault(i => i.Name == field)?.Type;

    public bool Require(string field, Position at, FindingList findings)
    {
        if (field == EventColumn.Emitter || Event.Inputs.Any(i => i.Name == field)) return true;
        var names = Event.Inputs.Select(i => i.Name).ToArray();
        findings.Error(FindingCodes.AbiLacks, at, $"The event '{Text}' has no field '{field}'.",
            NearestName.Suggest(field, names, $"Its fields are {string.Join(", ", names)}."));
        return false;
    }
}
