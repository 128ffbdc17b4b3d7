using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store.Audit;
using Quarterdeck.Testing;

namespace Quarterdeck.Store.Tests.Audit;

/// <summary>A database and a state folder for each log that a test needs.</summary>
public sealed class AuditLogFixture : PostgresFixture
{
    protected override async Task Migrate(string ownerConnectionString) =>
        await Migrator.Migrate(ownerConnectionString, [typeof(OperationsStore).Assembly]);

    public async Task<TestLog> NewLog()
    {
        var database = await FreshDatabase();
        return new TestLog(Postgres.ConnectionString(database, EmbeddedPostgres.Server), Postgres.ConnectionString(database, EmbeddedPostgres.Admin));
    }
}

public sealed class TestLog(string server, string admin) : IAsyncDisposable
{
    private readonly List<OperationsStore> _stores = [];

    public string Server { get; } = server;

    public string Admin { get; } = admin;

    public string StateFolder { get; } = Directory.CreateTempSubdirectory("audit-state-").FullName;

    public AuditSigner Signer => AuditSigner.Open(StateFolder, "quarterdeck/test");

    public OperationsStore Open()
    {
        var store = OperationsStore.Open(Server, TimeProvider.System);
        _stores.Add(store);
        return store;
    }

    public AuditSequencer Sequencer(OperationsStore store, AuditSequencerOptions? options = null) =>
        new(store, Signer, options ?? new AuditSequencerOptions(), NullLogger<AuditSequencer>.Instance);

    public static Task Append(OperationsStore store, string subject, int n = 1) =>
        store.Act(Actor.System("test"), "a test", act =>
        {
            for (var i = 0; i < n; i++) act.Record("thing.done", subject, new JsonObject { ["i"] = i });
            return Task.CompletedTask;
        }, CancellationToken.None);

    public AuditExport Export(OperationsStore store) => new(store, Signer, (_, _) => Task.FromResult<IReadOnlyList<AuditEvidence>>([]));

    public async Task<AuditVerification> Verify(OperationsStore store, Checkpoint? seen = null)
    {
        using var export = new MemoryStream();
        await Export(store).Write(export, CancellationToken.None);
        export.Position = 0;
        return await AuditVerifier.Verify(export, Signer.Key, seen, CancellationToken.None);
    }

    public async Task Sql(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(Admin + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        Directory.Delete(StateFolder, recursive: true);
    }
}
