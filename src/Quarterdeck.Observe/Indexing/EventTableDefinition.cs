using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Observe.Indexing;

/// <summary>One event table of a pack, ready to be made and filled.</summary>
/// <param name="Schema">The pack's schema.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Contract">The contract whose logs it takes.</param>
/// <param name="Event">The event.</param>
/// <param name="Columns">Its own columns, after those that every event table has.</param>
internal sealed record EventTableDefinition(
    string Schema, string Table, BoundContract Contract, AbiEvent Event, IReadOnlyList<EventTableColumn> Columns)
{
    /// <summary>Schema and table, quoted.</summary>
    public string QualifiedName => $"{Quote(Schema)}.{Quote(Table)}";

    /// <summary>What the table was made from: a change of it means that the table is made and filled anew.</summary>
    public string Description => new JsonObject
    {
        ["contract"] = Contract.Address.ToString(),
        ["event"] = Event.Signature,
        ["columns"] = new JsonArray([.. Columns.Select(c => (JsonNode)new JsonObject
        {
            ["name"] = c.Name, ["from"] = c.Parameter, ["type"] = c.SqlType, ["decimals"] = c.Decimals,
        })]),
    }.ToJsonString();

    /// <summary>The tables of a bound pack on one of its chains.</summary>
    public static IReadOnlyList<EventTableDefinition> Of(BoundPack bound, string chain) =>
    [
        .. from table in bound.Pack.Index
           let contract = bound.Contract(table.Contract)
           where contract is not null && contract.Chain == chain
           let abiEvent = Find(contract, table.Event)
           where abiEvent is not null
           select new EventTableDefinition(bound.Pack.Name, table.Table, contract, abiEvent,
               [.. table.Columns.Select(c => Column(c, abiEvent))]),
    ];

    /// <summary>The event of a contract by name or full signature; null where the ABI has none.</summary>
    public static AbiEvent? Find(BoundContract contract, string nameOrSignature) =>
        contract.Abi.Events.FirstOrDefault(e => e.Signature == nameOrSignature)
        ?? contract.Abi.Events.FirstOrDefault(e => e.Name == nameOrSignature);

    private static EventTableColumn Column(EventColumn column, AbiEvent abiEvent)
    {
        for (var i = 0; i < abiEvent.Inputs.Count; i++)
        {
            if (abiEvent.Inputs[i].Name == column.From)
                return new EventTableColumn(column.Name, column.From, i, EventColumnValue.SqlType(abiEvent.Inputs[i]), column.Decimals);
        }

        throw new InvalidOperationException(
            $"The event {abiEvent.Signature} has no parameter '{column.From}'; the pack's loader refuses such a column.");
    }

    public static string Quote(string identifier) => '"' + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}

/// <summary>One column filled from an event's parameter.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Parameter">Parameter name.</param>
/// <param name="Position">The parameter's place in the event; 0-based.</param>
/// <param name="SqlType">PostgreSQL type.</param>
/// <param name="Decimals">Power of ten the number is divided by; null keeps it raw.</param>
internal sealed record EventTableColumn(string Name, string Parameter, int Position, string SqlType, int? Decimals);
