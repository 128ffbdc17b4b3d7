using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Tests.Doors;

public sealed class DoorTests(StoreFixture fixture) : IClassFixture<StoreFixture>
{
    private static readonly Actor Alice = Actor.Operator("alice");
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static long NextId() => Random.Shared.NextInt64(1, long.MaxValue);

    [Fact]
    public async Task A_decision_and_its_entry_are_committed_together()
    {
        await using var store = fixture.Open();
        var id = NextId();
        var answer = await store.Act(Alice, "because", async act =>
        {
            await act.Execute("INSERT INTO things.thing VALUES (@id, @name)", new { id, name = "a" });
            act.Record("thing.make", $"thing_{id}", new JsonObject { ["n"] = 1 });
            return 42;
        }, Cancel);

        Assert.Equal(42, answer);
        Assert.Equal("a", await Name(store, id));
        var entry = Assert.Single(await Entries(store, $"thing_{id}"));
        Assert.Equal(("thing.make", "because", "operator:alice"), (entry.Action, entry.Reason, entry.Actor.ToString()));
        Assert.Equal(1, (int)entry.Detail!["n"]!);
    }

    [Fact]
    public async Task A_decision_without_an_entry_is_rolled_back()
    {
        await using var store = fixture.Open();
        var id = NextId();
        await Assert.ThrowsAsync<UnrecordedActException>(() => store.Act(Alice, "quietly",
            act => act.Execute("INSERT INTO things.thing VALUES (@id, 'a')", new { id }), Cancel));
        Assert.Null(await Name(store, id));
    }

    [Fact]
    public async Task A_change_that_fails_leaves_no_entry()
    {
        await using var store = fixture.Open();
        var id = NextId();
        await Assert.ThrowsAsync<PostgresException>(() => store.Act(Alice, "in vain", async act =>
        {
            act.Record("thing.make", $"thing_{id}");
            await act.Execute("INSERT INTO things.thing VALUES (@id, 'forbidden')", new { id });
        }, Cancel));
        Assert.Empty(await Entries(store, $"thing_{id}"));
    }

    [Fact]
    public async Task Facts_are_written_in_one_transaction()
    {
        await using var store = fixture.Open();
        var id = NextId();
        var source = FactSource.Block(ChainId.Evm(1), default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Ingest(source, async write =>
        {
            Assert.Equal(source, write.Source);
            await write.Execute("INSERT INTO things.thing VALUES (@id, 'a')", new { id });
            throw new InvalidOperationException("half way");
        }, Cancel));
        Assert.Null(await Name(store, id));

        await store.Ingest(source, write => write.Execute("INSERT INTO things.thing VALUES (@id, 'b')", new { id }), Cancel);
        Assert.Equal("b", await Name(store, id));
    }

    [Fact]
    public async Task A_read_cannot_write()
    {
        await using var store = fixture.Open();
        var error = await Assert.ThrowsAsync<PostgresException>(() => store.Query<long>(
            "INSERT INTO things.thing VALUES (1, 'a') RETURNING id", null, Cancel));
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, error.SqlState);
        error = await Assert.ThrowsAsync<PostgresException>(() => store.Query<long>(
            "BEGIN; SET TRANSACTION READ WRITE; INSERT INTO things.thing VALUES (1, 'a') RETURNING id", null, Cancel));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    public async Task With_the_database_down_nothing_is_acknowledged_and_the_error_says_so()
    {
        var away = new NpgsqlConnectionStringBuilder(fixture.Server) { Port = 1, Timeout = 2 };
        await using var store = OperationsStore.Open(away.ConnectionString, TimeProvider.System);
        var called = false;
        var act = await Assert.ThrowsAsync<TransientException>(() => store.Act(Alice, "x", scope =>
        {
            called = true;
            scope.Record("a.b", "c");
            return Task.CompletedTask;
        }, Cancel));
        Assert.True(called);
        Assert.Contains($"{away.Host}:1", act.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TransientException>(() => store.Act(Alice, "x", async scope =>
        {
            scope.Record("a.b", "c");
            await scope.Execute("SELECT 1");
            Assert.Fail("a statement without a database");
        }, Cancel));
        await Assert.ThrowsAsync<TransientException>(() => store.Query<int>("SELECT 1", null, Cancel));
        await Assert.ThrowsAsync<TransientException>(() => store.Leases.TryAcquire("x", TimeSpan.FromSeconds(1), Cancel));
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_found_out_by_its_transaction_id()
    {
        var settings = new NpgsqlConnectionStringBuilder(fixture.Server);
        await using var proxy = new CuttingProxy(settings.Host!, settings.Port);
        settings.Host = "127.0.0.1";
        settings.Port = proxy.Port;
        await using var store = OperationsStore.Open(settings.ConnectionString, TimeProvider.System);
        var id = NextId();
        await store.Act(Alice, "cut off after the commit", async act =>
        {
            await act.Execute("INSERT INTO things.thing VALUES (@id, 'a')", new { id });
            act.Record("thing.make", $"thing_{id}");
            proxy.CutAfterCommit();
        }, Cancel);
        Assert.True(proxy.HasCut);
        Assert.Equal("a", await Name(store, id));
        Assert.Single(await Entries(store, $"thing_{id}"));
    }

    [Fact]
    public async Task Entries_without_a_change_share_commits_and_are_all_there_once()
    {
        await using var store = fixture.Open();
        var subject = $"many_{NextId()}";
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.Act(Alice, "at once", act =>
        {
            act.Record("thing.see", subject, new JsonObject { ["i"] = i });
            return Task.CompletedTask;
        }, Cancel)));
        var entries = await Entries(store, subject);
        Assert.Equal(Enumerable.Range(0, 200), entries.Select(e => (int)e.Detail!["i"]!).Order());
        var transactions = await store.QueryFirstOrDefault<int>(
            "SELECT count(DISTINCT xid::text) FROM audit.inbox WHERE subject = @subject", new { subject }, Cancel);
        Assert.InRange(transactions, 1, 199);
    }

    [Fact]
    public async Task A_transaction_that_is_cut_off_is_not_acknowledged()
    {
        await using var store = fixture.Open();
        var id = NextId();
        await Assert.ThrowsAsync<TransientException>(() => store.Act(Alice, "cut off", async act =>
        {
            await act.Execute("INSERT INTO things.thing VALUES (@id, 'a')", new { id });
            act.Record("thing.make", $"thing_{id}");
            await using var admin = new NpgsqlConnection(fixture.Admin);
            await admin.OpenAsync(Cancel);
            await using var kill = new NpgsqlCommand($"SELECT pg_terminate_backend({act.Connection.ProcessID}, 5000)", admin);
            await kill.ExecuteNonQueryAsync(Cancel);
        }, Cancel));
        Assert.Null(await Name(store, id));
        Assert.Empty(await Entries(store, $"thing_{id}"));
    }

    [Fact]
    public async Task A_serialization_failure_is_transient_unless_the_caller_allows_to_run_again()
    {
        await using var store = fixture.Open();
        var id = NextId();
        await store.Ingest(FactSource.Clock(default), w => w.Execute("INSERT INTO things.thing VALUES (@id, '0')", new { id }), Cancel);

        async Task<int> Bump(DoorOptions options, bool disturb)
        {
            var runs = 0;
            await store.Act(Alice, "count", options, async act =>
            {
                var name = await act.QueryFirstOrDefault<string>("SELECT name FROM things.thing WHERE id = @id", new { id });
                if (++runs == 1 && disturb) await Bump(DoorOptions.Serializable, false);
                await act.Execute("UPDATE things.thing SET name = @next WHERE id = @id", new { id, next = $"{int.Parse(name!, null) + 1}" });
                act.Record("thing.count", $"thing_{id}");
                return true;
            }, Cancel);
            return runs;
        }

        await Assert.ThrowsAsync<TransientException>(() => Bump(DoorOptions.Serializable with { Retries = 0 }, true));
        Assert.Equal("1", await Name(store, id));
        Assert.Equal(2, await Bump(DoorOptions.Serializable, true));
        Assert.Equal("3", await Name(store, id));
    }

    [Fact]
    public async Task The_server_may_make_the_tables_of_a_pack_and_the_reader_sees_them()
    {
        await using var store = fixture.Open();
        var schema = $"pack_{NextId()}";
        await store.Ingest(FactSource.Clock(default), w => w.Execute(
            $"CREATE SCHEMA {schema}; CREATE TABLE {schema}.minted (n int); INSERT INTO {schema}.minted VALUES (7)"), Cancel);
        Assert.Equal(7, await store.QueryFirstOrDefault<int>($"SELECT n FROM {schema}.minted", null, Cancel));
    }

    private static Task<string?> Name(OperationsStore store, long id) =>
        store.QueryFirstOrDefault<string>("SELECT name FROM things.thing WHERE id = @id", new { id }, Cancel);

    private static async Task<IReadOnlyList<AuditEntry>> Entries(OperationsStore store, string subject) =>
    [
        .. (await store.Query<byte[]>("SELECT entry FROM audit.inbox WHERE subject = @subject", new { subject }, Cancel))
            .Select(bytes => AuditEntry.Parse(bytes)),
    ];
}
