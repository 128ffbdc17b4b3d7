using System.Security.Cryptography;

namespace Quarterdeck.Primitives.Audit;

/// <summary>Writes the lines of an excerpt. The order of calls: header, entries by rising index, end.</summary>
public sealed class AuditExcerptWriter(Stream output, AuditScope scope) : IDisposable
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Checkpoint? _checkpoint;

    /// <summary>Entries written.</summary>
    public long Count { get; private set; }

    /// <summary>First of all: key, scope, and the checkpoint that the audit paths lead to.</summary>
    public ValueTask Header(NoteVerifierKey key, string checkpointNote, CancellationToken cancel)
    {
        _checkpoint = Checkpoint.Parse(SignedNote.Parse(checkpointNote).Text);
        return output.WriteAsync(AuditExcerptLine.Header(key, scope, checkpointNote), cancel);
    }

    /// <summary>An entry with its index, leaf hash and audit path.</summary>
    public ValueTask Entry(long leaf, Hash32 hash, ReadOnlySpan<byte> canonical, IEnumerable<Hash32> proof, CancellationToken cancel)
    {
        Count++;
        _digest.AppendData(hash.ToArray());
        return output.WriteAsync(AuditExcerptLine.Entry(leaf, hash, canonical, proof), cancel);
    }

    /// <summary>The log's signed word that these are all entries of the scope.</summary>
    public ValueTask End(Func<string, string> sign, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sign);
        var checkpoint = _checkpoint ?? throw new InvalidOperationException("The header was not written.");
        var text = AuditExcerptLine.StatementText(scope, checkpoint, Count, new Hash32(_digest.GetCurrentHash()));
        return output.WriteAsync(AuditExcerptLine.Statement(sign(text)), cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _digest.Dispose();
}
