using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>A standing approval that is asked for: of one runbook, under one alert, for so many uses within so many hours.</summary>
internal sealed record StandingGiven(string Pack, string Runbook, string Alert, int Uses, int Hours, string Reason);

/// <summary>A standing approval. State: pending, active, exhausted, expired, revoked or void.</summary>
internal sealed record StandingShape(
    string Hash, string Canonical, string State, string Environment, string Pack, string Runbook, string Title, string RunbookHash, string Alert,
    string Reason, string RequestedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, int Uses, int Used, PlanPolicyShape Policy,
    IReadOnlyList<PlanCallShape> Calls, IReadOnlyList<PlanApprovalShape> Approvals, IReadOnlyList<StandingUseShape> UsedBy, StandingEndShape? Ended,
    JsonObject TypedData, string PasskeyChallenge);

internal sealed record StandingUseShape(int Number, string Plan, string RunId, DateTimeOffset At);

internal sealed record StandingEndShape(string By, string Reason, DateTimeOffset At);
