using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quarterdeck.Cli.Drills;

/// <summary>What came of a drill; <c>--json</c> prints exactly this. Times and blocks count from the anomaly's block.</summary>
internal sealed record DrillReport
{
    public required string Fault { get; init; }

    /// <summary>The alert that fired; null where none did in time.</summary>
    public string? Alert { get; set; }

    /// <summary>The incident's id.</summary>
    public string? Incident { get; set; }

    /// <summary>The run's id.</summary>
    public string? Run { get; set; }

    /// <summary>
    /// For a fault that names contracts to pause: all of them read as paused on the chain itself. For any other: the alert
    /// fired, the incident opened and the run of its runbook was proposed; <see cref="DrillMilliseconds.ToContained"/> is then set only
    /// where that run succeeded.
    /// </summary>
    public bool Contained { get; set; }

    /// <summary>The contracts that were paused, in the order of the chain's own events.</summary>
    public IReadOnlyList<string> Paused { get; set; } = [];

    public DrillMilliseconds Milliseconds { get; } = new();

    public DrillBlocks Blocks { get; } = new();

    /// <summary>The exported audit log is proved by its signed checkpoints.</summary>
    public bool AuditVerified { get; set; }

    /// <summary>Why the drill failed; null where it did not.</summary>
    public string? Failure { get; set; }

    /// <summary>The runbook that was run; null where the fault has none.</summary>
    public string? Runbook { get; set; }

    /// <summary>devnet or fork.</summary>
    public string Ground { get; set; } = "devnet";

    /// <summary>Who could not be paused although it was tried; empty where the fault lets all be paused.</summary>
    public IReadOnlyList<string> Remaining { get; set; } = [];

    public DrillScore Score => new(Succeeded, Milliseconds.ToAlert, Milliseconds.ToApproval, Milliseconds.ToContained, RestoredAfter);

    /// <summary>Milliseconds until the alert no longer fired; part of <see cref="Score"/>.</summary>
    [JsonIgnore]
    public long? RestoredAfter { get; set; }

    public List<DrillMoment> Timeline { get; } = [];

    [JsonIgnore]
    public bool Succeeded => Contained && AuditVerified && Failure is null;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>How the drill went: milliseconds from the anomaly to each; null where it did not happen or has no meaning.</summary>
/// <param name="Detected">The alert fired.</param>
/// <param name="Decided">The last approval that was needed was given.</param>
/// <param name="Contained">What had to be paused is, or the run that repairs it succeeded.</param>
/// <param name="Restored">The alert no longer fires.</param>
internal sealed record DrillScore(bool Passed, long? Detected, long? Decided, long? Contained, long? Restored)
{
    /// <summary>The middle of those that passed, each by itself; null where none did.</summary>
    public static DrillScore Median(IReadOnlyCollection<DrillScore> scores)
    {
        var passed = scores.Where(score => score.Passed).ToList();
        return new DrillScore(
            passed.Count == scores.Count && passed.Count > 0, Middle(score => score.Detected), Middle(score => score.Decided),
            Middle(score => score.Contained), Middle(score => score.Restored));

        long? Middle(Func<DrillScore, long?> of)
        {
            var values = passed.Select(of).OfType<long>().Order().ToList();
            return values.Count == 0 ? null : values.Count % 2 == 1 ? values[values.Count / 2] : (values[values.Count / 2 - 1] + values[values.Count / 2]) / 2;
        }
    }
}

/// <summary>Milliseconds from the anomaly; null where it did not happen.</summary>
internal sealed class DrillMilliseconds
{
    public long? ToAlert { get; set; }

    public long? ToIncident { get; set; }

    public long? ToProposal { get; set; }

    public long? ToApproval { get; set; }

    public long? ToContained { get; set; }
}

/// <summary>Blocks from the anomaly's; null where it did not happen.</summary>
internal sealed class DrillBlocks
{
    public long? ToAlert { get; set; }

    public long? ToContained { get; set; }
}

/// <summary>One moment of a drill.</summary>
/// <param name="At">Wall time.</param>
/// <param name="Milliseconds">Since the anomaly.</param>
/// <param name="Block">The block it is in, or the head at that moment.</param>
/// <param name="Text">What happened.</param>
internal sealed record DrillMoment(DateTimeOffset At, long Milliseconds, ulong? Block, string Text);
