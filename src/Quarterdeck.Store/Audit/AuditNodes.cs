using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>Roots of leaf ranges, from the leaves and the stored nodes of every eighth level.</summary>
internal static class AuditNodes
{
    private const int Step = 8;

    /// <summary>The root of each range; all hashes are read in one round trip.</summary>
    public static async Task<Hash32[]> Roots(NpgsqlConnection connection, IReadOnlyList<LeafRange> ranges, CancellationToken cancel)
    {
        var wanted = ranges.SelectMany(r => r.Subtrees()).Distinct().ToList();
        var known = new Dictionary<(int Level, long Index), Hash32>();
        if (wanted.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            foreach (var (level, index) in wanted) batch.BatchCommands.Add(Read(level, index));
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            foreach (var subtree in wanted)
            {
                known[subtree] = await Root(reader, subtree.Level, cancel);
                await reader.NextResultAsync(cancel);
            }
        }

        return [.. ranges.Select(r => r.Root((level, index) => known[(level, index)]))];
    }

    private static NpgsqlBatchCommand Read(int level, long index)
    {
        var (stored, shift) = (level - level % Step, level % Step);
        var command = stored == 0
            ? new NpgsqlBatchCommand("SELECT hash FROM audit.leaves WHERE index >= $1 AND index < $2 ORDER BY index")
            : new NpgsqlBatchCommand("SELECT hash FROM audit.nodes WHERE index >= $1 AND index < $2 AND level = $3 ORDER BY index");
        command.Parameters.Add(new() { Value = index << shift });
        command.Parameters.Add(new() { Value = (index + 1) << shift });
        if (stored > 0) command.Parameters.Add(new() { Value = (short)stored });
        return command;
    }

    private static async Task<Hash32> Root(NpgsqlDataReader reader, int level, CancellationToken cancel)
    {
        var edge = new MerkleEdge();
        while (await reader.ReadAsync(cancel)) edge.Append(new Hash32(reader.GetFieldValue<byte[]>(0)));
        return edge.Size == 1L << (level % Step)
            ? edge.Root()
            : throw new InvalidOperationException($"The audit log lacks nodes below level {level}: the tree is not that large.");
    }
}
