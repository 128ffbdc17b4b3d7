namespace Quarterdeck.Store.Audit;

/// <summary>How the audit log is numbered and signed.</summary>
public sealed record AuditSequencerOptions
{
    /// <summary>At least this long between two checkpoints. Default 100 ms.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>At least this long between two passes that number entries, so that a burst is numbered in few transactions. Default 50 ms.</summary>
    public TimeSpan NumberInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often to look for entries that no signal announced, such as those of another process. Default 500 ms.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Entries numbered in one transaction. Default 2,000.</summary>
    public int BatchSize { get; init; } = 2000;
}
