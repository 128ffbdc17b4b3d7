using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quarterdeck.Respond.Runs.Steps;

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
[JsonDerivedType(typeof(Service), "service")]
[JsonDerivedType(typeof(Request), "request")]
[JsonDerivedType(typeof(Update), "update")]
[JsonDerivedType(typeof(External), "external")]
[JsonDerivedType(typeof(WaitUntil), "wait-until")]
[JsonDerivedType(typeof(Notify), "notify")]
[JsonDerivedType(typeof(Decide), "decide")]
[JsonDerivedType(typeof(Runbook), "runbook")]
public abstract record StepDefinition
{
    private StepDefinition()
    {
    }

    /// <summary>
    /// The step's kind as the API names it: send, read, check, wait, manual, approve, http, database, service, external, notify,
    /// decision, run or note.
    /// </summary>
    [JsonIgnore]
    public string Kind => this switch
    {
        Send => "send",
        Call or ChainRead or Local => "read",
        Check => "check",
        Wait or WaitUntil => "wait",
        Service => "service",
        Request => "http",
        Update => "database",
        External => "external",
        Notify => "notify",
        Decide => "decision",
        Runbook => "run",
        Manual => "manual",
        Approve => "approve",
        Http => "http",
        Select => "database",
        _ => "note",
    };

    /// <summary>Whether it changes something outside, and so stands in its stage's plan.</summary>
    [JsonIgnore]
    public bool Writes => this is Send or Request or Update or External or Service { Verb: not ("status" or "logs" or "get") };

    /// <summary>Whether a person ends it.</summary>
    [JsonIgnore]
    public bool ForPerson => this is Manual or Decide;

    /// <summary>The class of its effect, by which the approval policy is chosen; null where it changes nothing.</summary>
    public string? Class { get; init; }

    /// <summary>Only to be done where a decision before it chose this branch; null for always.</summary>
    public GuardTerms? Guard { get; init; }

    /// <summary>A read that succeeds where the effect came about, for when its outcome is lost; null where a person has to say.</summary>
    public StepDefinition? Probe { get; init; }

    /// <summary>The runbook that is run where this step fails; null for none.</summary>
    public string? Fallback { get; init; }

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
        IReadOnlyList<string> Arguments, string Value, string ActionClass, string? Inverse, StateProbe? Done) : StepDefinition
    {
        /// <summary>The call that undoes it, by the account of the same name; null where the pack knows none that can be sent at once.</summary>
        public string? Undo { get; init; }
    }

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

    /// <summary>A verb on a service of the environment; a changing one is an action of its stage's plan.</summary>
    /// <param name="Name">The pack's name of the service.</param>
    public sealed record Service(string Name, string Verb, int? Replicas = null, int? Lines = null, string? Since = null) : StepDefinition
    {
        internal Services.ServiceVerb Asked() => new(Verb, Replicas, Lines, Since);
    }

    /// <summary>An HTTP request with an effect: an action of its stage's plan. Secrets stand in it as <c>${secret:NAME}</c>.</summary>
    public sealed record Request(
        string Method, string Url, IReadOnlyDictionary<string, string> Headers, string? Body, string? BasicAuth) : StepDefinition;

    /// <summary>A statement that changes rows: an action of its stage's plan.</summary>
    public sealed record Update(string Database, string Sql) : StepDefinition;

    /// <summary>A program that the pack allows, by argv: an action of its stage's plan.</summary>
    public sealed record External(IReadOnlyList<string> Argv) : StepDefinition;

    /// <summary>Waits until a read succeeds, or a PromQL condition holds.</summary>
    /// <param name="Condition">A check, or a read whose answer is <c>true</c> or <c>1</c>.</param>
    /// <param name="Seconds">How long at most; it fails then.</param>
    public sealed record WaitUntil(StepDefinition Condition, long Seconds) : StepDefinition;

    /// <summary>Tells people, in the incident's timeline.</summary>
    /// <param name="Channel">As the runbook names it; empty where it does not.</param>
    public sealed record Notify(string Channel, string Message) : StepDefinition;

    /// <summary>Chooses the first branch whose condition holds; the steps of a branch are guarded by it.</summary>
    public sealed record Decide(IReadOnlyList<Branch> Branches) : StepDefinition;

    /// <summary>Runs another runbook and waits for its end. Its steps were pinned when this run was proposed.</summary>
    public sealed record Runbook(string Slug) : StepDefinition;

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

/// <summary>Which branch of which decision.</summary>
/// <param name="Decision">The decision's step.</param>
/// <param name="Branch">0-based.</param>
public sealed record GuardTerms(int Decision, int Branch);

/// <summary>One branch of a decision.</summary>
/// <param name="Condition">As written.</param>
/// <param name="Action">What is done, as written.</param>
/// <param name="Subject">What is measured: PromQL, or <c>${NAME}</c>; null where the condition is none of limits.</param>
/// <param name="Bounds">Limits of the subject, all of which must hold.</param>
/// <param name="Expression">A whole PromQL condition; null where it is limits, or prose that a person judges.</param>
/// <param name="Otherwise">Whether it is taken when no other is.</param>
public sealed record Branch(
    string Condition, string Action, string? Subject, IReadOnlyList<BranchBound> Bounds, string? Expression, bool Otherwise)
{
    /// <summary>Whether the engine can tell whether it holds.</summary>
    [JsonIgnore]
    public bool IsMeasured => Subject is not null || Expression is not null;
}

/// <summary>One limit, exact.</summary>
public sealed record BranchBound(string Operator, string Value);
