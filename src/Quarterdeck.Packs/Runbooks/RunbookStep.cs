using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>One step of a runbook. The kind says what the engine does with it; nothing is ever handed to a shell.</summary>
public abstract record RunbookStep
{
    /// <summary>Position in the runbook; 0-based.</summary>
    public int Index { get; init; }

    /// <summary>1-based line of the file.</summary>
    public required int Line { get; init; }

    /// <summary>The command line or sentence as written.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// <c>read</c>, <c>write</c>, <c>service</c>, <c>database</c>, <c>http</c>, <c>manual</c>, <c>decision</c>, <c>wait</c>,
    /// <c>check</c>, <c>notify</c>, <c>approve</c>, <c>link</c> or <c>external</c>.
    /// </summary>
    public abstract string Kind { get; }

    /// <summary>True for steps that were made from a command line; false for prose and directives.</summary>
    public bool FromCommandLine { get; init; }

    /// <summary>The heading, list item or comment that the step stands under; empty where none.</summary>
    public string Context { get; init; } = "";

    /// <summary>What happens where it fails.</summary>
    public FailureResponse OnFailure { get; init; } = FailureResponse.Stop;

    /// <summary>The runbook that is run where it fails; null for none.</summary>
    public string? FailureRunbook { get; init; }

    /// <summary>
    /// What tells, after an outcome was lost, whether its effect came about: PromQL, or a command that only reads. Null where
    /// a person has to say.
    /// </summary>
    public string? Probe { get; init; }

    /// <summary>How often and how far apart it is tried again; null for once.</summary>
    public RetryRule? Retry { get; init; }

    /// <summary>How long it may take; null for the engine's default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Variable that takes its output, without <c>$</c>; null where none.</summary>
    public string? Capture { get; init; }

    /// <summary>Programs that its output goes through, such as <c>jq</c>; applied natively.</summary>
    public IReadOnlyList<ShellCommand> Filters { get; init; } = [];

    /// <summary>Commands whose output it takes as input, such as <c>cat</c> before <c>psql</c>.</summary>
    public IReadOnlyList<ShellCommand> Input { get; init; } = [];

    /// <summary>How it depends on the step before it on the same line.</summary>
    public ShellJoin Join { get; init; }

    /// <summary>The class of its effect; null where it changes nothing outside.</summary>
    public virtual ActionClass? Class => null;

    /// <summary>True where it changes something outside and so needs approval.</summary>
    public bool IsWrite => Class is not null;

    /// <summary>The steps inside a loop, condition or function, which is run as a whole or by a person: for checks only.</summary>
    public IReadOnlyList<RunbookStep> Inside { get; init; } = [];

    /// <summary>Words of the command line, for variables in use; empty for prose.</summary>
    public IReadOnlyList<ShellWord> Words { get; init; } = [];
}

/// <summary>What a failing step does to its run.</summary>
public enum FailureResponse
{
    /// <summary>The run pauses and a person decides.</summary>
    Stop,

    /// <summary>The run goes on; the failure is recorded.</summary>
    Continue,

    /// <summary>The run ends as failed.</summary>
    Abort,
}

/// <summary>Trying again.</summary>
/// <param name="Times">How often after the first time.</param>
/// <param name="Every">Time between.</param>
public sealed record RetryRule(int Times, TimeSpan Every);

/// <summary><c>cast call</c>: a contract read.</summary>
/// <param name="Target">Contract: name, variable or address.</param>
/// <param name="Function">Signature as written, such as <c>paused()(bool)</c>; a name alone where written so.</param>
/// <param name="Args">Arguments.</param>
public sealed record CallStep(ShellWord Target, string Function, IReadOnlyList<ShellWord> Args) : RunbookStep
{
    /// <summary>Address or account that the call is made as; null for none.</summary>
    public ShellWord? From { get; init; }

    /// <summary>Block of the read; null for the head.</summary>
    public ShellWord? Block { get; init; }

    /// <summary>Endpoint as written; null where the environment's is meant.</summary>
    public ShellWord? RpcUrl { get; init; }

    /// <inheritdoc/>
    public override string Kind => "read";
}

/// <summary>Another read of a chain: <c>cast balance|block|code|storage|logs|nonce|receipt…</c>.</summary>
/// <param name="Query">The cast subcommand.</param>
/// <param name="Args">Its positional arguments.</param>
/// <param name="Options">Its options, without dashes; flags have an empty value.</param>
public sealed record ChainReadStep(
    string Query, IReadOnlyList<ShellWord> Args, IReadOnlyDictionary<string, string> Options) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "read";
}

/// <summary>
/// Something worked out on the spot with no effect outside: <c>export</c>, <c>echo … | bc</c>, <c>cast --to-dec</c>. Its value is
/// that of <see cref="Command"/> after <see cref="RunbookStep.Filters"/>.
/// </summary>
/// <param name="Command">The command; one that only assigns has no words.</param>
public sealed record LocalStep(ShellCommand Command) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "read";
}

/// <summary><c>cast send</c>: a transaction.</summary>
/// <param name="Target">Contract: name, variable or address.</param>
/// <param name="Function">Signature as written; null for a plain transfer.</param>
/// <param name="Args">Arguments.</param>
/// <param name="ActionClass">What kind of change it is.</param>
public sealed record SendStep(
    ShellWord Target, string? Function, IReadOnlyList<ShellWord> Args, ActionClass ActionClass) : RunbookStep
{
    /// <summary>Account name from <c>--account</c>, or address from <c>--from</c>; null where not said.</summary>
    public ShellWord? Account { get; init; }

    /// <summary>Value sent along, such as <c>1ether</c>; null for none.</summary>
    public ShellWord? Value { get; init; }

    /// <summary>Endpoint as written; null where the environment's is meant.</summary>
    public ShellWord? RpcUrl { get; init; }

    /// <inheritdoc/>
    public override string Kind => "write";

    /// <inheritdoc/>
    public override ActionClass? Class => ActionClass;
}

/// <summary>A command for a service: <c>kubectl</c>, <c>docker compose</c>, <c>systemctl</c>, <c>aws</c>, or a host reading.</summary>
/// <param name="Driver"><c>kubernetes</c>, <c>compose</c>, <c>docker</c>, <c>systemd</c>, <c>aws</c> or <c>host</c>.</param>
/// <param name="Verb">What is done, such as <c>logs</c> or <c>rollout restart</c>.</param>
/// <param name="Target">On what, such as <c>deployment/relay</c>; empty where on everything.</param>
/// <param name="Argv">The whole command, word by word, without a shell.</param>
/// <param name="Changes">True where it changes something.</param>
public sealed record ServiceStep(
    string Driver, string Verb, string Target, IReadOnlyList<ShellWord> Argv, bool Changes) : RunbookStep
{
    /// <summary>Kubernetes namespace; null where not said.</summary>
    public string? Namespace { get; init; }

    /// <summary>What <c>exec</c> runs inside; null for other verbs.</summary>
    public RunbookStep? Inner { get; init; }

    /// <inheritdoc/>
    public override string Kind => "service";

    /// <inheritdoc/>
    public override ActionClass? Class => Changes ? ClassOfChange : null;

    /// <summary>The class where it changes something: <see cref="ActionClass.Service"/> unless it deploys.</summary>
    public ActionClass ClassOfChange { get; init; } = ActionClass.Service;
}

/// <summary>SQL, or a dump or restore of a database.</summary>
/// <param name="Tool"><c>sql</c>, <c>psql</c>, <c>pg_dump</c>, <c>pg_restore</c> or <c>redis-cli</c>.</param>
/// <param name="Sql">The statements; null where they come from a file or a prompt.</param>
/// <param name="Changes">True where it is not known to read only.</param>
public sealed record DatabaseStep(string Tool, string? Sql, bool Changes) : RunbookStep
{
    /// <summary>Connection URL or database name as written; null where not said.</summary>
    public ShellWord? Database { get; init; }

    /// <summary>File that statements are read from; null where none.</summary>
    public string? InputFile { get; init; }

    /// <summary>File that output goes to; null where none.</summary>
    public string? OutputFile { get; init; }

    /// <inheritdoc/>
    public override string Kind => "database";

    /// <inheritdoc/>
    public override ActionClass? Class => Changes ? ActionClass.Database : null;
}

/// <summary>An HTTP request: <c>curl</c> or a fenced <c>http</c> block.</summary>
/// <param name="Method">Upper case.</param>
/// <param name="Url">Where to.</param>
/// <param name="Headers">In order; values may name secrets.</param>
/// <param name="Body">What is sent; null for nothing.</param>
public sealed record HttpStep(
    string Method, ShellWord Url, IReadOnlyList<KeyValuePair<string, ShellWord>> Headers, ShellWord? Body) : RunbookStep
{
    /// <summary>True for <c>curl -f</c>: a status of 400 or more fails.</summary>
    public bool FailOnStatus { get; init; }

    /// <summary><c>-u user:password</c> as written; null where none.</summary>
    public ShellWord? BasicAuth { get; init; }

    /// <summary>The JSON-RPC method where the body is such a call; null for others.</summary>
    public string? RpcMethod { get; init; }

    /// <inheritdoc/>
    public override string Kind => "http";

    /// <inheritdoc/>
    public override ActionClass? Class => Method is "GET" or "HEAD" or "OPTIONS" || RpcMethod is { } m && IsReadOnly(m)
        ? null
        : ActionClass.Other;

    private static bool IsReadOnly(string method) =>
        (method.StartsWith("eth_", StringComparison.Ordinal) && !method.StartsWith("eth_send", StringComparison.Ordinal)
            && !method.StartsWith("eth_sign", StringComparison.Ordinal))
        || method.StartsWith("net_", StringComparison.Ordinal) || method.StartsWith("web3_", StringComparison.Ordinal);
}

/// <summary>Something a person does, or a command line that is not understood: shown, and confirmed with what was seen.</summary>
/// <param name="Why">Why it is manual; empty for prose.</param>
public sealed record ManualStep(string Why = "") : RunbookStep
{
    /// <summary>True for a checklist item.</summary>
    public bool IsChecklist { get; init; }

    /// <inheritdoc/>
    public override string Kind => "manual";
}

/// <summary>A choice: the first branch whose condition holds.</summary>
/// <param name="Branches">In order.</param>
public sealed record DecisionStep(IReadOnlyList<DecisionBranch> Branches) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "decision";
}

/// <summary>One branch of a decision.</summary>
/// <param name="Condition">As written.</param>
/// <param name="Action">What is done, as written.</param>
public sealed record DecisionBranch(string Condition, string Action)
{
    /// <summary>The condition as an expression; null where it is prose.</summary>
    public string? Expression { get; init; }

    /// <summary>The runbook it leads to; null where it names none.</summary>
    public string? Runbook { get; init; }

    /// <summary>The condition as limits of one measured value; null where it is prose or a whole expression.</summary>
    public Threshold? Threshold { get; init; }

    /// <summary>True where it is taken when no other is: <c>otherwise</c>.</summary>
    public bool Otherwise { get; init; }

    /// <summary>What it does, as far as the action's inline code says; empty where it is prose.</summary>
    public IReadOnlyList<RunbookStep> Steps { get; init; } = [];
}

/// <summary>Limits of one measured value, all of which must hold.</summary>
/// <param name="Subject">What is measured: PromQL, or <c>$NAME</c> of a captured value.</param>
/// <param name="Bounds">In the order written.</param>
public sealed record Threshold(string Subject, IReadOnlyList<ThresholdBound> Bounds);

/// <summary>One limit.</summary>
/// <param name="Operator"><c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c>, <c>==</c> or <c>!=</c>.</param>
/// <param name="Value">A decimal number, exact; percentages and durations are worked out into the subject's unit.</param>
public sealed record ThresholdBound(string Operator, string Value);

/// <summary>Waiting for a time, or until something holds.</summary>
/// <param name="For">How long at most; null where not said.</param>
/// <param name="Until">What is waited for; null for time alone.</param>
public sealed record WaitStep(TimeSpan? For, string? Until) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "wait";
}

/// <summary>A condition that must hold.</summary>
/// <param name="Expression">PromQL.</param>
public sealed record CheckStep(string Expression) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "check";
}

/// <summary>Approvals that are asked for here, beside those of the policies.</summary>
/// <param name="Required">How many.</param>
/// <param name="Role">From which role; null for any.</param>
public sealed record ApproveStep(int Required, string? Role) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "approve";
}

/// <summary>Telling people.</summary>
/// <param name="Channel">Where, such as <c>#incidents</c> or <c>status page</c>; empty where not said.</param>
/// <param name="Message">What; the sentence of the runbook.</param>
public sealed record NotifyStep(string Channel, string Message) : RunbookStep
{
    /// <inheritdoc/>
    public override string Kind => "notify";
}

/// <summary>Another runbook, run here.</summary>
/// <param name="Target">Its slug.</param>
public sealed record LinkStep(string Target) : RunbookStep
{
    /// <summary>Condition under which it is run, as written; empty for always.</summary>
    public string Condition { get; init; } = "";

    /// <summary>True where the sentence orders it ("run", "follow", "→"); a mere mention is left to the reader.</summary>
    public bool Ordered { get; init; }

    /// <inheritdoc/>
    public override string Kind => "link";
}

/// <summary>A tool that the engine has no own step for: shown, and run by argv only where the pack allows the program.</summary>
/// <param name="Argv">The command word by word.</param>
/// <param name="Allowed">True where the pack's <c>external:</c> list names the program.</param>
public sealed record ExternalStep(IReadOnlyList<ShellWord> Argv, bool Allowed) : RunbookStep
{
    /// <summary>The class of its effect. A tool's effect is not known, so it is at least <see cref="ActionClass.Other"/>.</summary>
    public ActionClass ActionClass { get; init; } = ActionClass.Other;

    /// <inheritdoc/>
    public override string Kind => "external";

    /// <inheritdoc/>
    public override ActionClass? Class => ActionClass;
}
