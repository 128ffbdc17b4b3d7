using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>An entry in its place.</summary>
/// <param name="Index">Its leaf's index.</param>
/// <param name="Hash">Its leaf hash.</param>
/// <param name="Entry">What it says.</param>
public sealed record NumberedEntry(long Index, Hash32 Hash, AuditEntry Entry);

/// <summary>Reads the log: entries, checkpoints, proofs.</summary>
public sealed class AuditLog(OperationsStore store)
{
    internal const string LatestSql = "SELECT note FROM audit.checkpoints ORDER BY size DESC LIMIT 1";

    // The lines of witnesses stand after the log's own.
    private const string CosignedSql =
        "SELECT c.note || coalesce((SELECT string_agg(s.line, '' ORDER BY s.witness) FROM audit.cosignatures s WHERE s.size = c.size), '') FROM audit.checkpoints c";

    /// <summary>The latest checkpoint, a signed note; null before the first.</summary>
    public Task<string?> LatestCheckpoint(CancellationToken cancel) => store.QueryFirstOrDefault<string>(LatestSql, null, cancel);

    /// <summary>The checkpoint of a size, with all cosignatures of it; null where none was signed.</summary>
    public Task<string?> CheckpointOf(long size, CancellationToken cancel) =>
        store.QueryFirstOrDefault<string>(CosignedSql + " WHERE c.size = @size", new { size }, cancel);

    /// <summary>
    /// The checkpoint to show others, with all cosignatures of it: the latest cosigned one where it is at most five minutes older than
    /// the latest of all, else that; null before the first.
    /// </summary>
    public Task<string?> PublicCheckpoint(CancellationToken cancel) => store.QueryFirstOrDefault<string>(
        CosignedSql + """
         WHERE c.size = coalesce(
            (SELECT max(w.size) FROM audit.cosignatures w JOIN audit.checkpoints k ON k.size = w.size
             WHERE k.signed_at > (SELECT max(signed_at) FROM audit.checkpoints) - interval '5 minutes'),
            (SELECT max(size) FROM audit.checkpoints))
        """, null, cancel);

    /// <summary>Numbered entries in order of index.</summary>
    /// <param name="from">The least index.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="subject">Only of this subject; null for all.</param>
    /// <param name="cancel">Stops the query.</param>
    public async Task<IReadOnlyList<NumberedEntry>> Entries(long from, int limit, string? subject, CancellationToken cancel)
    {
        var rows = await store.Query<(long Index, Hash32 Hash, byte[] Entry)>(
            """
            SELECT l.index, l.hash, i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id
            WHERE l.index >= @from AND (@subject::text IS NULL OR i.subject = @subject)
            ORDER BY l.index LIMIT @limit
            """, new { from, limit, subject }, cancel);
        return [.. rows.Select(r => new NumberedEntry(r.Index, r.Hash, AuditEntry.Parse(r.Entry)))];
    }

    /// <summary>The latest numbered entries, newest first.</summary>
    public Task<IReadOnlyList<NumberedEntry>> Latest(int limit, string? subject, CancellationToken cancel) =>
        Before(long.MaxValue, limit, subject, cancel);

    /// <summary>Numbered entries before an index, newest first.</summary>
    public async Task<IReadOnlyList<NumberedEntry>> Before(long index, int limit, string? subject, CancellationToken cancel)
    {
        var rows = await store.Query<(long Index, Hash32 Hash, byte[] Entry)>(
            """
            SELECT l.index, l.hash, i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id
            WHERE l.index < @index AND (@subject::text IS NULL OR i.subject = @subject)
            ORDER BY l.index DESC LIMIT @limit
            """, new { index, limit, subject }, cancel);
        return [.. rows.Select(r => new NumberedEntry(r.Index, r.Hash, AuditEntry.Parse(r.Entry)))];
    }

    /// <summary>The audit path of a leaf in the tree of a size that has been numbered (RFC 9162 section 2.1.3).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree of that size has no such leaf.</exception>
    public Task<IReadOnlyList<Hash32>> Inclusion(long index, long size, CancellationToken cancel) =>
        Proof(MerkleProof.Inclusion(index, size), cancel);

    /// <summary>The proof that the tree of the second size begins with that of the first (RFC 9162 section 2.1.4).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first is larger than the second.</exception>
    public Task<IReadOnlyList<Hash32>> Consistency(long firstSize, long secondSize, CancellationToken cancel) =>
        Proof(MerkleProof.Consistency(firstSize, secondSize), cancel);

    private async Task<IReadOnlyList<Hash32>> Proof(IReadOnlyList<LeafRange> ranges, CancellationToken cancel)
    {
        await using var connection = await store.Reader.OpenConnectionAsync(cancel);
        return await AuditNodes.Roots(connection, ranges, cancel);
    }
}
