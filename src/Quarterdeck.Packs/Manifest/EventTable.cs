namespace Quarterdeck.Packs.Manifest;

/// <summary>An event of a contract and the table its logs go to.</summary>
/// <param name="Table">Table name in the pack's schema.</param>
/// <param name="Contract">Contract name in the pack.</param>
/// <param name="Event">Event name or full signature.</param>
/// <param name="Columns">The columns, in the order of the file.</param>
public sealed record EventTable(string Table, string Contract, string Event, IReadOnlyList<EventColumn> Columns)
{
    /// <summary>Line in index.yaml; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>A column filled from a field of the event.</summary>
/// <param name="Name">Column name.</param>
/// <param name="From">Parameter name of the event.</param>
/// <param name="Decimals">The raw integer is divided by ten to this power; null keeps it raw.</param>
public sealed record EventColumn(string Name, string From, int? Decimals);
