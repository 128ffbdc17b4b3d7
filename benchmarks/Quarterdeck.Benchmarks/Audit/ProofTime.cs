using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Benchmarks.Audit;

/// <summary>How long an inclusion proof takes from a large tree in the database; each is verified. The leaves are made up and copied in.</summary>
internal static class ProofTime
{
    private const int Proofs = 300;

    public static async Task<TimeSpan> Measure(EmbeddedPostgres postgres, int size, CancellationToken cancel)
    {
        const string Database = "bench_proofs";
        await postgres.EnsureDatabase(Database, "template0", cancel);
        await Migrator.Migrate(postgres.ConnectionString(Database, EmbeddedPostgres.Owner), [typeof(OperationsStore).Assembly], cancel);
        var root = await Fill(postgres.ConnectionString(Database, EmbeddedPostgres.Admin), size, cancel);
        await using var store = OperationsStore.Open(postgres.ConnectionString(Database, EmbeddedPostgres.Server), TimeProvider.System);
        var log = new AuditLog(store);
        var random = new Random(9162);
        var times = new List<TimeSpan>();
        for (var i = 0; i < Proofs; i++)
        {
            var index = random.NextInt64(size);
            var watch = Stopwatch.StartNew();
            var proof = await log.Inclusion(index, size, cancel);
            times.Add(watch.Elapsed);
            if (!MerkleTree.VerifyInclusion(Leaf(index), index, size, proof, root))
                throw new InvalidOperationException($"The proof of leaf {index} does not verify.");
        }

        return times.Order().ElementAt(Proofs / 2);
    }

    private static async Task<Hash32> Fill(string admin, int size, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync(cancel);
        // Entries are not needed for proofs, and indexes are made faster at the end than on the way.
        await Run(connection, "ALTER TABLE audit.leaves DROP CONSTRAINT leaves_inbox_id_fkey, DROP CONSTRAINT leaves_inbox_id_key, DROP CONSTRAINT leaves_pkey", cancel);
        var (edge, nodes) = (new MerkleEdge(), new List<(int Level, long Index, Hash32 Hash)>());
        await using (var copy = await connection.BeginBinaryImportAsync("COPY audit.leaves (index, inbox_id, hash) FROM STDIN (FORMAT binary)", cancel))
        {
            for (var i = 0L; i < size; i++)
            {
                var leaf = Leaf(i);
                edge.Append(leaf, (level, index, hash) =>
                {
                    if (level > 0 && level % 8 == 0) nodes.Add((level, index, hash));
                });
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync(i, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(i + 1, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(leaf.ToArray(), NpgsqlDbType.Bytea, cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        await using (var copy = await connection.BeginBinaryImportAsync("COPY audit.nodes (level, index, hash) FROM STDIN (FORMAT binary)", cancel))
        {
            foreach (var (level, index, hash) in nodes)
            {
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync((short)level, NpgsqlDbType.Smallint, cancel);
                await copy.WriteAsync(index, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(hash.ToArray(), NpgsqlDbType.Bytea, cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        await Run(connection, "ALTER TABLE audit.leaves ADD PRIMARY KEY (index)", cancel);
        await Run(connection, "VACUUM ANALYZE audit.leaves, audit.nodes", cancel);
        return edge.Root();
    }

    private static Hash32 Leaf(long index) => MerkleTree.LeafHash(BitConverter.GetBytes(index));

    private static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }
}
