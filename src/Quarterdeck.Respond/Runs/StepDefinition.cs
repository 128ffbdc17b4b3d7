using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// What a step does, resolved when the run was proposed and stored with it: names are addresses, variables are values. The
/// engine reads nothing else, so a changed runbook or pack changes no run under way.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(Send), "send")]
[JsonDerivedType(typeof(Call), "call")]
[JsonDerivedType(typeof(ChainRead), "chain-read")]
[JsonDerivedType(typeof(Local), "local")]
[JsonDerivedType(typeof(Check), "check")]
[JsonDerivedType(typeof(Wait), "wait")]
[JsonDerivedType(typeof(Manual), "manual")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(Http), "http")]
[JsonDerivedType(typeof(Select), "select")]
[JsonDerivedType(typeof(Note), "note")]
public abstract record StepDefinition
{
    private StepDefinition()
    {
    }

    /// <summary>The step's kind as the API names it: send, read, check, wait, manual, approve, http, database or note.</summary>
    [JsonIgnore]
    public string Kind => this switch
    {
        Send => "send",
        Call or ChainRead or Local => "read",
        Check => "check",
        Wait => "wait",
        Manual => "manual",
        Approve => "approve",
        Http => "http",
        Select => "database",
        _ => "note",
    };

    /// <summary>Variable that takes the answer, without <c>$</c>; null where none.</summary>
    public string? Capture { get; init; }

    /// <summary>Commands that the answer goes through, word by word; words may hold <c>${NAME}</c>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Filters { get; init; } = [];

    /// <summary>Reads whose answers stand in this step's words: what the runbook writes as <c>$(…)</c>. Each has its capture.</summary>
    public IReadOnlyList<StepDefinition> Before { get; init; } = [];

    /// <summary>How often a read is tried again; null for once.</summary>
    public RetryTerms? Retry { get; init; }

    /// <summary>How long one try may take, in seconds; null for the engine's own limit.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>
    /// Sends a transaction. Arguments and value may hold <c>${NAME}</c> of variables that earlier steps of the run capture; the
    /// exact call stands in the plan of the step's stage, under this step's index.
    /// </summary>
    /// <param name="Done">A read that tells whether what the call is for holds already; null where none is known.</param>
    public sealed record Send(
        string Chain, string Account, string From, string Target, string TargetName, string Function,
        IReadOnlyList<string> Arguments, string Value, string ActionClass, string? Inverse, StateProbe? Done) : StepDefinition;

    /// <summary>Reads a contract and records the answer.</summary>
    public sealed record Call(
        string Chain, string Target, string TargetName, string Function, IReadOnlyList<string> Arguments, string? From) : StepDefinition;

    /// <summary>Another read of a chain: block-number, chain-id, balance, nonce, code, storage or gas-price.</summary>
    public sealed record ChainRead(string Chain, string Query, IReadOnlyList<string> Arguments) : StepDefinition;

    /// <summary>Works something out: the text itself, <c>keccak</c> of it, or one of cast's conversions by its name.</summary>
    public sealed record Local(string Operation, string Input, string? Unit = null) : StepDefinition;

    /// <summary>Demands that a PromQL condition holds.</summary>
    public sealed record Check(string Expression) : StepDefinition;

    /// <summary>Lets time pass; the deadline is stored when the step begins.</summary>
    public sealed record Wait(long Seconds) : StepDefinition;

    /// <summary>Waits for an operator to say that it is done, and what was seen.</summary>
    /// <param name="Instruction">What to do.</param>
    /// <param name="Why">Why the engine does not do it; empty where it is a person's task by nature.</param>
    public sealed record Manual(string Instruction, string Why) : StepDefinition;

    /// <summary>Approvals asked for here. Where a write came before it in its stage, a new stage begins.</summary>
    public sealed record Approve(int Required, string? Role) : StepDefinition;

    /// <summary>
    /// Reads an address over HTTP and records status and the beginning of the body. Secrets stand in it as
    /// <c>${secret:NAME}</c>, are read when the request is made, and stand in no record.
    /// </summary>
    /// <param name="BasicAuth">user:password; null for none.</param>
    public sealed record Http(
        string Method, string Url, IReadOnlyDictionary<string, string> Headers, bool FailOnStatus, string? BasicAuth = null) : StepDefinition;

    /// <summary>One reading SQL statement, in a transaction that can only read.</summary>
    /// <param name="Database">The environment's name of the database.</param>
    public sealed record Select(string Database, string Sql) : StepDefinition;

    /// <summary>Says something; done at once.</summary>
    public sealed record Note(string Said) : StepDefinition;

    // The database keeps jsonb, which orders keys by itself: the discriminator need not come first.
    private static readonly JsonSerializerOptions Stored =
        new(JsonSerializerOptions.Web) { AllowOutOfOrderMetadataProperties = true };

    /// <summary>The stored form.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Stored);

    /// <summary>Reads the stored form.</summary>
    public static StepDefinition Read(string json) =>
        JsonSerializer.Deserialize<StepDefinition>(json, Stored)
        ?? throw new FormatException("A stored step has no definition.");
}

/// <summary>A boolean read of a contract whose answer says that a write's purpose holds.</summary>
/// <param name="Function">Such as <c>paused()(bool)</c>.</param>
/// <param name="Calldata">The encoded read.</param>
/// <param name="Holds">The answer that means done: true for a pause, false for an unpause.</param>
public sealed record StateProbe(string Function, string Calldata, bool Holds);

/// <summary>Trying a read again.</summary>
/// <param name="Times">How often after the first time.</param>
/// <param name="EverySeconds">Time between.</param>
public sealed record RetryTerms(int Times, double EverySeconds);
