namespace Quarterdeck.Respond.Rehearsals;

/// <summary>What came of one drill. Milliseconds and blocks count from the anomaly's block; null where it did not come about.</summary>
/// <param name="Id">Chosen by whoever drilled, so that the same one is recorded once however often it is handed in.</param>
/// <param name="Runbook">Slug; null where the fault has no runbook.</param>
/// <param name="Fault">Null where a runbook was rehearsed without a fault.</param>
/// <param name="Ground"><c>devnet</c> or <c>fork</c>.</param>
/// <param name="Environment">Which one it took place in.</param>
/// <param name="PackHash">SHA-256 over the pack's files.</param>
/// <param name="RunbookHash">SHA-256 of the procedure's text, as a run pins it.</param>
/// <param name="Failure">Why it did not pass; null where it did.</param>
/// <param name="DetectedMs">The alert fired.</param>
/// <param name="DecidedMs">The last approval that was needed.</param>
/// <param name="ContainedMs">The chain itself shows what was to be achieved.</param>
/// <param name="RestoredMs">The alert resolved again.</param>
public sealed record Rehearsal(
    string Id, string Pack, string? Runbook, string? Fault, string Ground, string Environment, string PackHash, string? RunbookHash,
    string? Failure, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long? DetectedMs, long? DecidedMs, long? ContainedMs,
    long? RestoredMs, long? DetectedBlocks, long? ContainedBlocks, string? RunId, string? IncidentId)
{
    /// <summary>Whether it ended as it should.</summary>
    public bool Passed => Failure is null;
}

/// <summary>A rehearsal in the history.</summary>
public sealed record RecordedRehearsal(
    string Id, string Pack, string? Runbook, string? Fault, string Ground, string Environment, string PackHash, string? RunbookHash,
    bool Passed, string? Failure, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long? DetectedMs, long? DecidedMs, long? ContainedMs,
    long? RestoredMs, long? DetectedBlocks, long? ContainedBlocks, string? RunId, string? IncidentId, DateTimeOffset RecordedAt,
    string RecordedBy);

/// <summary>Where a runbook stands with its rehearsals.</summary>
/// <param name="Limit">How long a passing rehearsal counts; null where policies.yaml asks for none.</param>
/// <param name="AgeSeconds">Since the last passing one; where there is none, since one was first asked for; null where neither.</param>
/// <param name="Current">The last passing rehearsal was of the runbook as it is loaded now.</param>
/// <param name="MedianContainedMs">Over the last twenty that passed.</param>
public sealed record RehearsalStanding(
    string Pack, string Runbook, string Title, TimeSpan? Limit, double? AgeSeconds, DateTimeOffset? LastPassedAt, bool? Current,
    int Rehearsals, int Passed, long? MedianDetectedMs, long? MedianDecidedMs, long? MedianContainedMs, long? MedianRestoredMs)
{
    /// <summary>Asked for and not done in time.</summary>
    public bool Overdue => Limit is { } limit && AgeSeconds > limit.TotalSeconds;
}
