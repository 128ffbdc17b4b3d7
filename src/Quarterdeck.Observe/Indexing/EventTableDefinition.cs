using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>One event table of a pack, ready to be made and filled.</summary>
/// <param name="Schema">The pack's schema.</param>
/// <param name="Table">The table's name.</param>
/// <param name="ContractName">The contract whose logs it takes, or the name of the announced contracts.</param>
/// <param name="Source">Which addresses those are.</param>
/// <param name="Event">The event.</param>
/// <param name="Columns">Its own columns, after those that every event table has.</param>
internal sealed record EventTableDefinition(
    string Schema, string Table, string ContractName, EventSourceAddress Source, AbiEvent Event, IReadOnlyList<EventTableColumn> Columns)
{
    /// <summary>Conditions that all must hold for a log to become a row.</summary>
    public IReadOnlyList<RowCondition> Where { get; init; } = [];

    /// <summary>The first block whose logs are taken; 0 for all.</summary>
    public ulong Start { get; init; }

    /// <summary>First topics by which a log is known to be of another event, where the event itself is anonymous.</summary>
    public IReadOnlySet<Hash32> OtherTopics { get; init; } = new HashSet<Hash32>();

    /// <summary>Schema and table, quoted.</summary>
    public string QualifiedName => $"{Quote(Schema)}.{Quote(Table)}";

    /// <summary>What the table was made from: a change of it means that the table is made and filled anew.</summary>
    public string Description
    {
        get
        {
            var description = new JsonObject
            {
                ["contract"] = Source.Address.ToString(),
                ["event"] = Event.Signature,
                ["columns"] = new JsonArray([.. Columns.Select(c => (JsonNode)c.Description)]),
            };
            if (Source.Factory is { } factory) description["factory"] = factory.Description;
            if (Where.Count > 0) description["where"] = new JsonArray([.. Where.Select(w => (JsonNode)JsonValue.Create(w.Text))]);
            if (Start > 0) description["start"] = Start;
            return description.ToJsonString();
        }
    }

    /// <summary>The tables of a bound pack on one of its chains.</summary>
    public static IReadOnlyList<EventTableDefinition> Of(BoundPack bound, string chain)
    {
        var definitions = new List<EventTableDefinition>();
        foreach (var table in bound.Pack.Index)
        {
            var contract = bound.Contract(table.RootContract);
            if (contract is null || contract.Chain != chain) continue;
            var abi = table.Factory?.Abi ?? contract.Abi;
            if (Find(abi, table.Event) is not { } abiEvent) continue;
            var source = new EventSourceAddress(contract.Address, table.Factory is { } f ? FactoryEvent.Of(f, contract) : null);
            definitions.Add(new EventTableDefinition(
                bound.Pack.Name, table.Table, table.Contract, source, abiEvent, [.. table.Columns.Select(c => EventTableColumn.Of(c, abiEvent, bound))])
            {
                Where = [.. table.Where.Select(w => RowCondition.Of(w, abiEvent, bound))],
                Start = table.Start ?? 0,
                OtherTopics = abi.Events.Where(e => abiEvent.Anonymous && !e.Anonymous).Select(e => e.Topic0).ToHashSet(),
            });
        }

        return definitions;
    }

    /// <summary>The event of an ABI by name or full signature; null where it has none.</summary>
    public static AbiEvent? Find(ContractAbi abi, string nameOrSignature) =>
        abi.Events.FirstOrDefault(e => e.Signature == Canonical(nameOrSignature)) ?? abi.Events.FirstOrDefault(e => e.Name == nameOrSignature);

    // As an author may write it: with spaces, names and short types.
    private static string Canonical(string text) => text.Contains('(', StringComparison.Ordinal) ? AbiEvent.Parse(text).Signature : text;

    public static string Quote(string identifier) => '"' + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}

/// <summary>Whose logs a table takes: those of one contract, or of all that it announces.</summary>
/// <param name="Address">The contract.</param>
/// <param name="Factory">How it announces others; null where its own logs are meant.</param>
internal sealed record EventSourceAddress(Address Address, FactoryEvent? Factory);

/// <summary>The event by which contracts are announced.</summary>
/// <param name="Name">Name of the announced contracts.</param>
/// <param name="Announcer">Who announces: where <see cref="Parent"/> is given, the first in the line.</param>
/// <param name="Event">How.</param>
/// <param name="Position">Place of the parameter with the new address; 0-based.</param>
internal sealed record FactoryEvent(string Name, Address Announcer, AbiEvent Event, int Position)
{
    private EventDecoder? _decoder;

    /// <summary>How those who announce are announced themselves; null where it is one contract.</summary>
    public FactoryEvent? Parent { get; init; }

    /// <summary>How many announcements stand before this one.</summary>
    public int Depth => Parent is null ? 0 : Parent.Depth + 1;

    /// <summary>Reads the event.</summary>
    public EventDecoder Decoder => _decoder ??= new EventDecoder(Event);

    /// <summary>For the table's description.</summary>
    public JsonObject Description
    {
        get
        {
            var description = new JsonObject { ["event"] = Event.Signature, ["address"] = Event.Inputs[Position].Name };
            if (Parent is not null) description["factory"] = Parent.Description;
            return description;
        }
    }

    public static FactoryEvent Of(EventFactory factory, BoundContract contract)
    {
        var abiEvent = EventTableDefinition.Find(factory.Parent?.Abi ?? contract.Abi, factory.Event)!;
        return new FactoryEvent(factory.Name, contract.Address, abiEvent, abiEvent.Inputs.Index().First(i => i.Item.Name == factory.AddressField).Index)
        {
            Parent = factory.Parent is { } parent ? Of(parent, contract) : null,
        };
    }

    /// <summary>This one and those before it, the first last.</summary>
    public IEnumerable<FactoryEvent> Line()
    {
        for (var one = this; one is not null; one = one.Parent) yield return one;
    }
}
