using System.Text.RegularExpressions;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads index.yaml.</summary>
internal static partial class IndexReader
{
    public static IReadOnlyList<EventTable> Read(YamlMap file, IReadOnlyDictionary<string, ContractDefinition> contracts)
    {
        var tables = new List<EventTable>();
        foreach (var (name, at, value) in file.Map("tables")?.Entries("table") ?? [])
        {
            if (value.Map() is not { } map) continue;
            Identifier(name, at, file.Findings);
            var text = map.RequiredText("event", "Add 'event: Contract.EventName'.");
            var dot = text.IndexOf('.', StringComparison.Ordinal);
            var (contract, eventName) = dot < 0 ? ("", text) : (text[..dot], text[(dot + 1)..]);
            if (text.Length > 0) ReferenceCheck.Contract(contract, contracts, map.PositionOf("event"), file.Findings);
            var found = contracts.TryGetValue(contract, out var definition)
                ? AbiReference.Event(definition.Abi, contract, eventName, map.PositionOf("event"), file.Findings)
                : null;
            var columns = Columns(map, found?.Inputs.Select(i => i.Name).ToArray(), text);
            map.Close();
            tables.Add(new EventTable(name, contract, eventName, columns) { Line = at.Line });
        }

        file.Close();
        return tables;
    }

    private static List<EventColumn> Columns(YamlMap map, string[]? fields, string eventText)
    {
        var columns = new List<EventColumn>();
        foreach (var (name, at, value) in map.Map("columns")?.Entries("column") ?? [])
        {
            Identifier(name, at, map.Findings);
            string from;
            int? decimals = null;
            if (value.IsMap)
            {
                var inner = value.Map()!;
                from = inner.Text("from") ?? name;
                decimals = inner.Integer("decimals", 0, 77);
                inner.Close();
            }
            else
            {
                from = value.Text() ?? name;
            }

            if (fields is not null && !fields.Contains(from))
            {
                map.Findings.Error(FindingCodes.AbiLacks, value.At, $"The event '{eventText}' has no field '{from}'.",
                    NearestName.Suggest(from, fields, $"Its fields are {string.Join(", ", fields)}."));
            }

            columns.Add(new EventColumn(name, from, decimals));
        }

        return columns;
    }

    private static void Identifier(string name, Position at, FindingList findings)
    {
        if (IdentifierShape().IsMatch(name)) return;
        findings.Error(FindingCodes.ValueInvalid, at, $"'{name}' cannot name a table or column.",
            "Use lower-case letters, digits and underscores, beginning with a letter, at most 60.");
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,59}$")]
    private static partial Regex IdentifierShape();
}
