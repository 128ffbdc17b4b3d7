using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>The head of the log in memory: what numbering and signing need. Valid while the database has as many leaves.</summary>
/// <param name="Edge">The tree.</param>
/// <param name="SafeXid">Entries of transactions before this one are all numbered.</param>
/// <param name="Signed">Size of the latest checkpoint in the database.</param>
internal sealed record AuditTree(MerkleEdge Edge, ulong SafeXid, long Signed)
{
    /// <summary>From the latest checkpoint and the leaves after it.</summary>
    /// <exception cref="AuditRefusedException">The checkpoint is not of this key or not of its tree.</exception>
    public static async Task<AuditTree> Load(NpgsqlConnection connection, AuditSigner signer, CancellationToken cancel)
    {
        var tree = await LastSigned(connection, signer, cancel);
        await using var leaves = new NpgsqlCommand("SELECT index, hash FROM audit.leaves WHERE index >= $1 ORDER BY index", connection)
        {
            Parameters = { new() { Value = tree.Signed } },
        };
        await using var reader = await leaves.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetInt64(0) != tree.Edge.Size)
                throw new AuditRefusedException($"audit.leaves has no leaf {tree.Edge.Size}, but a later one.");
            tree.Edge.Append(new Hash32(reader.GetFieldValue<byte[]>(1)));
        }

        return tree;
    }

    private static async Task<AuditTree> LastSigned(NpgsqlConnection connection, AuditSigner signer, CancellationToken cancel)
    {
        // A dump restored into another cluster begins again with small transaction ids: then nothing is known to be safe.
        await using var last = new NpgsqlCommand(
            """
            SELECT size, note, edge, CASE WHEN safe_xid <= pg_snapshot_xmax(pg_current_snapshot()) THEN safe_xid ELSE '0' END
            FROM audit.checkpoints ORDER BY size DESC LIMIT 1
            """, connection);
        await using var reader = await last.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return new AuditTree(new MerkleEdge(), 0, 0);
        var (size, note, hashes) = (reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2));
        var edge = MerkleEdge.From(size, hashes.Chunk(32).Select(h => new Hash32(h)));
        var checkpoint = signer.Opened(note, $"audit.checkpoints of size {size}");
        if (checkpoint.Size != size || checkpoint.Root != edge.Root())
            throw new AuditRefusedException($"The row of size {size} in audit.checkpoints does not agree with its own signed note.");
        return new AuditTree(edge, reader.GetFieldValue<ulong>(3), size);
    }
}
