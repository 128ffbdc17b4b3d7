using Quarterdeck.Respond.Rehearsals;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>One rehearsal of the history. Times count from the anomaly's block; null where it did not come about.</summary>
internal sealed record RehearsalShape(
    string Id, string Pack, string? Runbook, string? Fault, string Ground, string Environment, string PackHash, string? RunbookHash,
    bool Passed, string? Failure, DateTimeOffset StartedAt, DateTimeOffset EndedAt, RehearsalMillisecondsShape Milliseconds,
    RehearsalBlocksShape Blocks, string? RunId, string? IncidentId, DateTimeOffset RecordedAt, string RecordedBy);

/// <summary>Milliseconds to the alert, to the last approval needed, to what the chain shows as contained, to the alert's end.</summary>
internal sealed record RehearsalMillisecondsShape(long? Detected, long? Decided, long? Contained, long? Restored);

internal sealed record RehearsalBlocksShape(long? Detected, long? Contained);

/// <summary>Where a runbook stands: how long ago it last passed, how long that counts, and the medians of the last twenty that passed.</summary>
internal sealed record RehearsalStandingShape(
    string Pack, string Runbook, string Title, double? LimitSeconds, double? AgeSeconds, bool Overdue, DateTimeOffset? LastPassedAt,
    bool? Current, int Rehearsals, int Passed, RehearsalMillisecondsShape Medians);

/// <summary>A rehearsal handed in by whoever drilled.</summary>
internal sealed record RehearsalGiven(
    string Id, string Pack, string? Runbook, string? Fault, string Ground, string Environment, string PackHash, string? RunbookHash,
    string? Failure, DateTimeOffset StartedAt, DateTimeOffset EndedAt, RehearsalMillisecondsShape Milliseconds, RehearsalBlocksShape Blocks,
    string? RunId, string? IncidentId)
{
    public Rehearsal Read() => new(
        Id, Pack, Runbook, Fault, Ground, Environment, PackHash, RunbookHash, Failure, StartedAt.ToUniversalTime(), EndedAt.ToUniversalTime(),
        Milliseconds.Detected, Milliseconds.Decided, Milliseconds.Contained, Milliseconds.Restored, Blocks.Detected, Blocks.Contained, RunId,
        IncidentId);
}

internal sealed record RehearsalRecorded(string Id);

/// <summary>
/// Whether one contract could be paused at this block: what the call would do from each account, who may approve, and the median time to
/// contained of its runbook's rehearsals. Reachable: may approve and has a credential that is not revoked.
/// </summary>
internal sealed record PausableContractShape(
    string Pack, string Contract, string Address, string Function, bool Ready, bool? Paused, long? Block, IReadOnlyList<PausingAccountShape> Accounts,
    PlanPolicyShape Policy, int Reachable, IReadOnlyList<PauseSignerShape> Signers, string? Runbook, long? ExpectedContainedMs, string? Problem);

internal sealed record PausingAccountShape(string Account, string? Address, bool Valid, string? Refusal, bool CanSign, string? SignerProblem);

internal sealed record PauseSignerShape(string Name, bool Reachable, bool SignedIn, DateTimeOffset? LastSeenAt);

internal static class RehearsalShaping
{
    public static PausableContractShape Shape(this PausableContract c) => new(
        c.Pack, c.Contract, c.Address.ToString(), c.Function, c.Ready, c.Paused, c.Block == 0 ? null : (long)c.Block,
        [.. c.Accounts.Select(a => new PausingAccountShape(a.Name, a.Address?.ToString(), a.Refusal is null, a.Refusal, a.SignerProblem is null, a.SignerProblem))],
        c.Terms.Shape(), c.Reachable, [.. c.Signers.Select(s => new PauseSignerShape(s.Name, s.HasCredential, s.SignedIn, s.LastSeenAt))], c.Runbook,
        c.ExpectedContainedMs, c.Problem);

    public static RehearsalShape Shape(this RecordedRehearsal r) => new(
        r.Id, r.Pack, r.Runbook, r.Fault, r.Ground, r.Environment, r.PackHash, r.RunbookHash, r.Passed, r.Failure, r.StartedAt, r.EndedAt,
        new(r.DetectedMs, r.DecidedMs, r.ContainedMs, r.RestoredMs), new(r.DetectedBlocks, r.ContainedBlocks), r.RunId, r.IncidentId, r.RecordedAt,
        r.RecordedBy);

    public static RehearsalStandingShape Shape(this RehearsalStanding s) => new(
        s.Pack, s.Runbook, s.Title, s.Limit?.TotalSeconds, s.AgeSeconds, s.Overdue, s.LastPassedAt, s.Current, s.Rehearsals, s.Passed,
        new(s.MedianDetectedMs, s.MedianDecidedMs, s.MedianContainedMs, s.MedianRestoredMs));
}
