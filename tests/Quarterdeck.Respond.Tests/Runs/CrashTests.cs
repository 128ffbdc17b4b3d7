using System.Globalization;
using Npgsql;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>
/// kill -9 at each boundary of a run, on a real database and chain: the engine works in a child process, dies there, and is
/// started anew. The run completes, no transaction is sent twice, and every effect is in the audit log.
/// </summary>
public sealed class CrashTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>
{
    private static readonly string[] Contracts = ["Alpha", "Beta"];

    /// <summary>Boundaries of the engine, each at its first and at a later passing where it has several.</summary>
    public static TheoryData<string> Boundaries
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var point in CrashPoints.Declared(typeof(RespondModule).Assembly))
            {
                if (point is RunCrashPoints.Proposed or ApprovalCrashPoints.Approved or RunCrashPoints.ChildStarted) continue;
                // Of effects off the chain, which have tests of their own.
                if (point.StartsWith("runs.effect.", StringComparison.Ordinal)) continue;
                data.Add(point);
                if (point is TransactionCrashPoints.Signed or TransactionCrashPoints.Broadcast) data.Add(point + ":2");
            }

            // Change and audit entry written, not committed; and committed, nobody told: in the middle of the run.
            data.Add(StoreCrashPoints.ActRecorded + ":3");
            data.Add(StoreCrashPoints.ActCommitted + ":4");
            return data;
        }
    }

    [Theory]
    [Trait("slow", "true")]
    [MemberData(nameof(Boundaries))]
    public Task A_run_killed_at_any_boundary_completes_without_doing_anything_twice(string boundary) => Kill(boundary);

    /// <summary>The three at which a transaction could be lost or doubled; the rest of them are among the slow tests.</summary>
    [Theory]
    [InlineData(TransactionCrashPoints.Signed)]
    [InlineData(TransactionCrashPoints.Broadcast)]
    [InlineData(TransactionCrashPoints.ReceiptSeen)]
    public Task A_run_killed_while_it_sends_completes_without_doing_anything_twice(string boundary) => Kill(boundary);

    private async Task Kill(string boundary)
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook(Contracts) });
        var operators = new TestOperators();
        var (alice, bob) = (operators.Add("alice"), operators.Add("bob"));
        await using var world = await World.Start(server, TestPack.Load(pack.Folder), operators, workers: false);
        var before = await Nonce();
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), ("alice", alice), ("bob", bob));

        using (var first = EngineProcess.Start(server, pack.Folder, operators, boundary))
        {
            await first.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
            Assert.Equal(137, first.ExitCode);
        }

        using var second = EngineProcess.Start(server, pack.Folder, operators, crashAt: null);
        try
        {
            var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
            Assert.Equal(Contracts, await TestPack.PausedEvents(chain.Rpc));
            Assert.Equal(Contracts.Length, await Nonce() - before);
            Assert.All(done.Steps.Where(s => s.Kind == "send"), s => Assert.Equal(StepState.Done, s.State));
            await AssertJournalAndAuditAgree(server, world, run);
        }
        finally
        {
            second.Kill();
            await second.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_server_that_is_killed_is_relieved_by_another_that_runs_already()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook(TestPack.Names) });
        var operators = new TestOperators();
        var (alice, bob) = (operators.Add("alice"), operators.Add("bob"));
        await using var asking = await World.Start(server, TestPack.Load(pack.Folder), operators, workers: false);
        var run = await asking.Propose("pause");
        using var first = EngineProcess.Start(server, pack.Folder, operators, TransactionCrashPoints.Broadcast + ":2");
        await asking.Approve(await asking.PlanOf(run), ("alice", alice), ("bob", bob));
        await using var other = await World.Start(server, TestPack.Load(pack.Folder), operators, workers: true);
        await other.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(TestPack.Names, await TestPack.PausedEvents(chain.Rpc));
        if (!first.HasExited) first.Kill();
        await first.WaitForExitAsync(CancellationToken.None);
    }

    private async Task<long> Nonce()
    {
        var answer = await chain.Rpc.Send("eth_getTransactionCount", ["0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "latest"], CancellationToken.None);
        return (long)Devnet.Chain.DevnetRpc.Quantity(answer);
    }

    private static async Task AssertJournalAndAuditAgree(string server, World world, string run)
    {
        var transactions = await world.Get<TransactionList>().Query(run, 100, CancellationToken.None);
        Assert.Equal(Contracts.Length, transactions.Count);
        Assert.All(transactions, t => Assert.Equal((TransactionState.Confirmed, 1), (t.State, t.Attempts)));

        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(CancellationToken.None);
        async Task<long> Count(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return Convert.ToInt64(await command.ExecuteScalarAsync(CancellationToken.None), CultureInfo.InvariantCulture);
        }

        // One intent and one outcome for each write, and every journal line has its audit entry.
        Assert.Equal(Contracts.Length, await Count($"select count(*) from runs.journal where run_id = '{run}' and action = 'step-send'"));
        Assert.Equal(Contracts.Length, await Count($"select count(*) from runs.journal where run_id = '{run}' and kind = 'outcome' and action = 'step-done' and detail ->> 'kind' = 'send'"));
        Assert.Equal(0, await Count("select count(*) from runs.claims"));
        Assert.Equal(1, await Count($"select count(*) from approvals.consumptions where run_id = '{run}'"));
        var journaled = await Count($"select count(*) from runs.journal where run_id = '{run}'");
        // The lines of the journal, and the proposal.
        Assert.Equal(journaled + 1, await Count($"select count(*) from audit.inbox where subject = '{run}'"));
    }
}
