using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Api.Shapes;

internal sealed record IncidentSummaryShape(
    string Id, string Title, string Severity, string State, DateTimeOffset OpenedAt, DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? ResolvedAt, string Pack, IReadOnlyList<string> RunIds);

internal sealed record IncidentShape(
    string Id, string Title, string Severity, string State, DateTimeOffset OpenedAt, DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? ResolvedAt, string Pack, IReadOnlyList<string> RunIds, IReadOnlyList<AlertShape> Alerts,
    IReadOnlyList<TimelineShape> Timeline, IReadOnlyList<RunbookSummaryShape> Runbooks, IReadOnlyList<RunSummaryShape> Runs);

internal sealed record TimelineShape(DateTimeOffset At, string Kind, string Actor, string Text, string? Ref);

internal sealed record RunbookSummaryShape(
    string Pack, string Slug, string Title, string? Severity, IReadOnlyList<string> Alerts, int Steps, int Writes);

internal sealed record RunbookDetailShape(
    string Pack, string Slug, string Title, string? Severity, IReadOnlyList<string> Alerts, int Writes, string? Policy, string Hash,
    string Source, IReadOnlyList<RunbookStepShape> Steps, IReadOnlyList<FindingShape> Findings);

internal sealed record RunbookStepShape(int Index, int Line, string Kind, string Text, string? Detail, string? OnFailure);

internal sealed record RunProposal(string Pack, string Runbook, string Reason, string? IncidentId = null);

internal sealed record RunSummaryShape(
    string Id, string Pack, string Runbook, string Title, string State, string? IncidentId, string ProposedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt, int StepsDone, int StepsTotal, PlanSummaryShape? PendingPlan);

internal sealed record RunShape(
    string Id, string Pack, string Runbook, string Title, string State, string? IncidentId, string ProposedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt, int StepsDone, int StepsTotal, PlanSummaryShape? PendingPlan, string Reason, string? Error,
    IReadOnlyList<RunStepShape> Steps, IReadOnlyList<PlanSummaryShape> Plans, string? Parent = null, string? Undoes = null);

internal sealed record RunStepShape(
    int Index, int? Line, string Kind, string Text, string State, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    DateTimeOffset? WaitUntil, string? Output, string? Error, TransactionShape? Transaction, bool Asked = false, string? Run = null,
    IReadOnlyList<string>? Branches = null);

internal sealed record PlanSummaryShape(string Hash, int Stage, string State, int Required, int Approvals, DateTimeOffset ExpiresAt);

internal sealed record TransactionShape(
    string Id, string? RunId, string Chain, string From, string? To, long? Nonce, string? Hash, long? Block, string State, string? Error);

internal sealed record PlanShape(
    string Hash, string Canonical, string State, string RunId, string Runbook, string Title, string Environment, string RequestedBy,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, PlanPolicyShape Policy, long SimulatedAt, IReadOnlyList<PlanCallShape> Calls,
    IReadOnlyList<PlanApprovalShape> Approvals, IReadOnlyList<string> NotCovered, JsonObject TypedData, string PasskeyChallenge,
    string? Reason, IReadOnlyList<PlanActionShape> Actions);

internal sealed record PlanActionShape(
    int Position, int Step, string Kind, string Target, string Class, string Effect, IReadOnlyList<PlanFactShape> Facts, long AfterSeconds,
    string? Inverse, IReadOnlyList<string> Forecast);

internal sealed record PlanFactShape(string Name, string Value);

internal sealed record BranchGiven(int Branch, string Reason);

internal sealed record OutcomeGiven(bool Happened, string Text);

internal sealed record PlanPolicyShape(
    string Name, int Required, IReadOnlyList<string> Roles, bool RequesterCounts, bool TypeTargetName, IReadOnlyList<string> BreakGlass);

internal sealed record PlanCallShape(
    int Position, string Chain, string Target, string TargetName, string Function, IReadOnlyList<PlanArgumentShape> Args, string Calldata,
    string Value, string From, string Account, string Class, long AfterSeconds, string? Inverse, SimulatedCallShape Simulation);

/// <summary>An argument as signed.</summary>
/// <param name="Meaning">The name of the contract at an address, or the call that bytes are; null where nothing is known. Not signed.</param>
internal sealed record PlanArgumentShape(string Name, string Type, string Value, string? Meaning);

internal sealed record SimulatedCallShape(string Outcome, long GasUsed, string? Reason, IReadOnlyList<string> Effects);

internal sealed record PlanApprovalShape(string Operator, string Kind, DateTimeOffset At);

internal sealed record ApprovalGiven(
    string Kind, string? Signature = null, System.Text.Json.JsonElement? Credential = null, string? Confirmed = null);

internal sealed record BreakGlassGiven(
    string Kind, string Reason, string? Signature = null, System.Text.Json.JsonElement? Credential = null, string? Confirmed = null);

internal sealed record GlassReviewGiven(bool Justified, string Note);

internal sealed record BrokenGlassShape(
    string Plan, string Run, string Operator, string Reason, DateTimeOffset At, bool Reviewed, IReadOnlyList<string> ReviewedBy,
    IReadOnlyList<string> Verdicts);

internal sealed record PlanApprovedShape(string State, int Approvals, int Required);

internal sealed record PauseReadinessShape(
    string Pack, string Runbook, string Title, PlanPolicyShape Policy, long? Block, bool Ready, string? Problem,
    IReadOnlyList<PauseCallShape> Calls);

internal sealed record PauseCallShape(
    string Contract, string Address, string Function, string From, bool? Paused, bool Success, string? Error);

internal sealed record AuditEntryShape(
    long? Index, DateTimeOffset Time, string Actor, string Action, string Subject, string Reason, JsonObject? Detail, string? Hash);

internal sealed record AuditPageShape(IReadOnlyList<AuditEntryShape> Entries, long? Next);

internal sealed record AuditCheckpointShape(string Origin, long Size, string RootHash, string Note, string Key);

internal sealed record AuditKeyShape(string Name, string Key);

internal sealed record Resolution(string? Text = null, bool? Force = null);

internal sealed record StepConfirmed(string State);
