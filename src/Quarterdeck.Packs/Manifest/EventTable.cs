using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Packs.Manifest;

/// <summary>An event of a contract and the table its logs go to.</summary>
/// <param name="Table">Table name in the pack's schema.</param>
/// <param name="Contract">Contract name in the pack, or the name of <see cref="Factory"/>.</param>
/// <param name="Event">Event name or full signature.</param>
/// <param name="Columns">The columns, in the order of the file.</param>
public sealed record EventTable(string Table, string Contract, string Event, IReadOnlyList<EventColumn> Columns)
{
    /// <summary>Line in index.yaml; 1-based.</summary>
    public int Line { get; init; }

    /// <summary>Where the contracts come from that emit the event; null where it is one contract of the pack.</summary>
    public EventFactory? Factory { get; init; }

    /// <summary>The contract of the pack that all begins with: the one that emits the event, or the first that announces.</summary>
    public string RootContract => Factory?.RootContract ?? Contract;

    /// <summary>Conditions that all must hold for a log to become a row.</summary>
    public IReadOnlyList<EventCondition> Where { get; init; } = [];

    /// <summary>The first block whose logs are taken; null for the deployment's.</summary>
    public ulong? Start { get; init; }
}

/// <summary>A column filled from a field of the event.</summary>
/// <param name="Name">Column name.</param>
/// <param name="From">Parameter name of the event; <see cref="Emitter"/> for the contract that emitted it; empty for a constant.</param>
/// <param name="Decimals">The raw integer is divided by ten to this power; null keeps it raw.</param>
public sealed record EventColumn(string Name, string From, int? Decimals)
{
    /// <summary>What <see cref="From"/> says for the address of the emitting contract.</summary>
    public const string Emitter = "$address";

    /// <summary>The same value in each row; null where it comes from the event.</summary>
    public EventConstant? Constant { get; init; }
}

/// <summary>A column's fixed value.</summary>
/// <param name="Text">As written; variables are filled when the pack is bound.</param>
/// <param name="Type">How it is kept.</param>
public sealed record EventConstant(string Text, ConstantType Type);

/// <summary>PostgreSQL types of constants.</summary>
public enum ConstantType
{
    /// <summary><c>text</c>.</summary>
    Text,

    /// <summary><c>numeric</c>.</summary>
    Numeric,

    /// <summary><c>boolean</c>.</summary>
    Boolean,
}

/// <summary>Contracts that another contract announces by an event.</summary>
/// <param name="Name">The name that tables use for all of them.</param>
/// <param name="Abi">The ABI that they share.</param>
/// <param name="Contract">Who announces them: a contract of the pack, or the name of <see cref="Parent"/>.</param>
/// <param name="Event">The announcing event, by name or full signature.</param>
/// <param name="AddressField">Its parameter that holds the new address.</param>
public sealed record EventFactory(string Name, ContractAbi Abi, string Contract, string Event, string AddressField)
{
    /// <summary>The factory that announces those who announce; null where one contract of the pack does.</summary>
    public EventFactory? Parent { get; init; }

    /// <summary>The contract of the pack that announces the first of them.</summary>
    public string RootContract => Parent?.RootContract ?? Contract;
}

/// <summary>A condition on one parameter of an event.</summary>
/// <param name="Field">Parameter name, or <see cref="EventColumn.Emitter"/>.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Values">With what, as written; several only for <see cref="EventComparison.OneOf"/>. Variables are filled when the pack is bound.</param>
public sealed record EventCondition(string Field, EventComparison Comparison, IReadOnlyList<string> Values);

/// <summary>Comparisons.</summary>
public enum EventComparison
{
    /// <summary>Equal to one of the values.</summary>
    OneOf,

    /// <summary>Equal to none of them.</summary>
    NoneOf,

    /// <summary>A number below.</summary>
    Below,

    /// <summary>A number not above.</summary>
    AtMost,

    /// <summary>A number above.</summary>
    Above,

    /// <summary>A number not below.</summary>
    AtLeast,
}
