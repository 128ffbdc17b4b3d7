namespace Quarterdeck.Primitives.Audit;

/// <summary>Writes the lines of an export, in the order that the verifier reads them.</summary>
public sealed class AuditExportWriter(Stream output)
{
    /// <summary>First of all: the key, and how many entries will follow.</summary>
    public ValueTask Header(NoteVerifierKey key, long size, CancellationToken cancel) =>
        output.WriteAsync(AuditExportLine.Header(key, size), cancel);

    /// <summary>An entry with its index and leaf hash.</summary>
    public ValueTask Entry(long leaf, Hash32 hash, ReadOnlySpan<byte> canonical, CancellationToken cancel) =>
        output.WriteAsync(AuditExportLine.Entry(leaf, hash, canonical), cancel);

    /// <summary>A signed checkpoint, right after the last entry that it covers.</summary>
    public ValueTask Checkpoint(string note, CancellationToken cancel) => output.WriteAsync(AuditExportLine.Checkpoint(note), cancel);
}
