namespace Quarterdeck.Primitives.Audit;

/// <summary>What kind of thing is wrong with an export.</summary>
public enum AuditFault
{
    /// <summary>A line is not of the format.</summary>
    Malformed,

    /// <summary>An entry's bytes are not what was hashed.</summary>
    Changed,

    /// <summary>An entry is not there.</summary>
    Removed,

    /// <summary>There is an entry that the signed tree has not.</summary>
    Inserted,

    /// <summary>An entry stands twice.</summary>
    Duplicated,

    /// <summary>An entry does not stand in its place.</summary>
    Reordered,

    /// <summary>A checkpoint is not signed by the key, or its signature is false.</summary>
    Signature,

    /// <summary>Entries and checkpoint, or two checkpoints, tell two histories.</summary>
    Fork,

    /// <summary>The end is missing, or is covered by no checkpoint.</summary>
    Truncated,
}

/// <summary>One thing wrong with an export.</summary>
/// <param name="Fault">Kind.</param>
/// <param name="Leaf">Index of the entry; null where none is meant.</param>
/// <param name="Line">1-based line of <c>audit.ndjson</c>; 0 where the whole is meant.</param>
/// <param name="Message">What was found, in words that name the entry.</param>
public sealed record AuditFinding(AuditFault Fault, long? Leaf, long Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Line > 0
        ? $"{Fault.ToString().ToLowerInvariant()}: {Message} (line {Line})"
        : $"{Fault.ToString().ToLowerInvariant()}: {Message}";
}

/// <summary>The outcome of verifying an export.</summary>
/// <param name="Entries">Entries read.</param>
/// <param name="Checkpoints">Checkpoints whose signature is good.</param>
/// <param name="Latest">The last checkpoint that the entries match; null where none does.</param>
/// <param name="Key">The key that the signatures were checked with; null where there was none.</param>
/// <param name="Findings">At most <see cref="MaximumFindings"/>; empty means proved.</param>
public sealed record AuditVerification(
    long Entries, long Checkpoints, Checkpoint? Latest, NoteVerifierKey? Key, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>More are not collected.</summary>
    public const int MaximumFindings = 100;

    /// <summary>True where every entry is the one that was signed, in its place, and none is missing.</summary>
    public bool IsProved => Findings.Count == 0;

    /// <summary>Each witness that was asked for, by name, and the largest size that it cosigned.</summary>
    public IReadOnlyDictionary<string, long> Witnessed { get; init; } = new Dictionary<string, long>();

    /// <summary>Of an excerpt: its scope as the log signed it, canonical JSON; null for the whole log.</summary>
    public string? Scope { get; init; }
}
