using System.Text.Json;

namespace Quarterdeck.Cli.Api;

// What the commands read of the API's answers; the whole shapes are in /openapi/v1.json.

internal sealed record SignedIn(string Token);

internal sealed record HealthShape(string Status, IReadOnlyList<ChainHealthShape> Chains);

internal sealed record ChainHealthShape(string Name, ulong? Head);

internal sealed record Challenge(string Message);

internal sealed record AlertShape(
    string Pack, string Name, string State, string Severity, DateTimeOffset? FiredAt, DateTimeOffset? ResolvedAt, ulong? Block);

internal sealed record IncidentShape(
    string Id, string Title, string State, string Pack, DateTimeOffset OpenedAt, IReadOnlyList<string>? RunIds,
    IReadOnlyList<AlertShape>? Alerts, IReadOnlyList<TimelineShape>? Timeline);

internal sealed record TimelineShape(DateTimeOffset At, string Kind, string Actor, string Text);

internal sealed record TransactionShape(string Id);

internal sealed record RunShape(
    string Id, string Pack, string Runbook, string State, string? IncidentId, string? Error, DateTimeOffset? CreatedAt,
    IReadOnlyList<RunStepShape>? Steps, IReadOnlyList<RunPlanShape>? Plans)
{
    public bool IsOver => State is "succeeded" or "failed" or "aborted";
}

internal sealed record RunStepShape(
    int Index, string Kind, string Text, string State, string? Error, IReadOnlyList<string>? Branches = null);

internal sealed record RunPlanShape(string Hash, int Stage, string State);

internal sealed record PlanShape(
    string Hash, string Canonical, string State, DateTimeOffset ExpiresAt, IReadOnlyList<PlanCallShape> Calls,
    IReadOnlyList<PlanApprovalShape> Approvals, JsonElement TypedData, IReadOnlyList<PlanActionShape>? Actions = null);

internal sealed record PlanActionShape(int Position, string Target);

internal sealed record PlanCallShape(int Position, string Target, string TargetName, string Function);

internal sealed record PlanApprovalShape(string Operator, string Kind, DateTimeOffset At);
