using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Benchmarks.Audit;

/// <summary>
/// How many decisions a second get their entry durable, beside single-row commits of the same bytes by as many writers on the same
/// server. The runs alternate; the median of three counts. The sequencer numbers and signs meanwhile.
/// </summary>
internal sealed record AppendRates(double Appends, double Commits)
{
    public const int Writers = 32;

    public static async Task<AppendRates> Measure(EmbeddedPostgres postgres, string folder, TimeSpan length, CancellationToken cancel)
    {
        const string Database = "bench_appends";
        await postgres.EnsureDatabase(Database, "template0", cancel);
        await Migrator.Migrate(postgres.ConnectionString(Database, EmbeddedPostgres.Owner), [typeof(OperationsStore).Assembly], cancel);
        // As the store's own connections: not reset, the statement prepared.
        await using var plain = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres.ConnectionString(Database, EmbeddedPostgres.Owner))
        {
            NoResetOnClose = true,
        });
        await using (var table = plain.CreateCommand("CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry bytea NOT NULL)"))
            await table.ExecuteNonQueryAsync(cancel);

        await using var store = OperationsStore.Open(postgres.ConnectionString(Database, EmbeddedPostgres.Server), TimeProvider.System);
        using var sequencer = new AuditSequencer(
            store, AuditSigner.Open(Path.Combine(folder, "state"), "quarterdeck/bench"), new AuditSequencerOptions(),
            NullLogger<AuditSequencer>.Instance);
        await sequencer.StartAsync(cancel);
        var bytes = AuditEntry.New(TimeProvider.System, Actor.Operator("alice"), "step.done", "run_1", "a benchmark", Detail(1)).ToCanonicalBytes();
        Func<int, Task> commit = async _ =>
        {
            await using var connection = await plain.OpenConnectionAsync(cancel);
            await using var insert = new NpgsqlCommand("INSERT INTO plain (entry) VALUES ($1)", connection);
            insert.Parameters.Add(new() { Value = bytes, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea });
            await insert.PrepareAsync(cancel);
            await insert.ExecuteNonQueryAsync(cancel);
        };
        Func<int, Task> append = n => store.Act(
            Actor.Operator("alice"), "a benchmark",
            act =>
            {
                act.Record("step.done", "run_1", Detail(n));
                return Task.CompletedTask;
            },
            cancel);
        await Rate(commit, TimeSpan.FromSeconds(1));
        await Rate(append, TimeSpan.FromSeconds(1));
        var (commits, appends) = (new List<double>(), new List<double>());
        for (var i = 0; i < 3; i++)
        {
            commits.Add(await Rate(commit, length));
            appends.Add(await Rate(append, length));
        }

        await sequencer.StopAsync(cancel);
        return new AppendRates(appends.Order().ElementAt(1), commits.Order().ElementAt(1));
    }

    private static JsonObject Detail(int n) => new() { ["step"] = n, ["outcome"] = "done", ["transaction"] = "tx_01j9x2m4c8k3q7ta" };

    private static async Task<double> Rate(Func<int, Task> write, TimeSpan length)
    {
        var done = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed < length)
            {
                await write(done);
                Interlocked.Increment(ref done);
            }
        })));
        return done / watch.Elapsed.TotalSeconds;
    }
}
