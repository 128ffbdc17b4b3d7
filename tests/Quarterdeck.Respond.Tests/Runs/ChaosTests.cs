using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>
/// Many runs under engines in processes of their own that are killed with SIGKILL at random instants and at random boundaries, over an
/// endpoint that loses requests and answers by chance. Every run ends right, every write is on the chain exactly once, the log proves it.
/// </summary>
public sealed class ChaosTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly string[] Boundaries = [.. CrashPoints.Declared(typeof(RespondModule).Assembly).Where(point => point.StartsWith("transactions.", StringComparison.Ordinal) || point.StartsWith("runs.", StringComparison.Ordinal))];

    [Fact]
    [Trait("slow", "true")]
    public Task Twenty_runs_survive_kills_and_a_faulty_endpoint() => Endure(runs: 20, engines: 1, seed: 1, within: TimeSpan.FromMinutes(2));

    [Fact]
    [Trait("slow", "true")]
    public Task Five_hundred_runs_survive_kills_and_a_faulty_endpoint() => Endure(runs: 500, engines: 2, seed: 20260301, within: TimeSpan.FromMinutes(25));

    private async Task Endure(int runs, int engines, int seed, TimeSpan within)
    {
        await chain.Clean();
        await ChaosPack.PutContracts(chain.Rpc);
        var chance = new Random(seed);
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        await using var door = new FaultyDoor(chain.Endpoint, seed);
        using var pack = new ChaosPack(door.Endpoint);
        using var sound = new ChaosPack(chain.Endpoint);
        var operators = new TestOperators();
        var (alice, bob) = (operators.Add("alice"), operators.Add("bob"));
        await using var asking = await World.Start(server, TestPack.Load(sound.Folder), operators, workers: false);
        var nonces = await Nonces();
        using var over = new CancellationTokenSource();
        var kills = 0;
        var mining = Mine(over.Token);
        var living = Enumerable.Range(0, engines).Select(i => Live(new Random(chance.Next()))).ToArray();
        try
        {
            for (var i = 0; i < runs; i++)
            {
                var run = await asking.Propose($"mark-{i % ChaosPack.Lanes}");
                await asking.Approve(await asking.PlanOf(run), ("alice", alice), ("bob", bob));
            }

            var started = TimeProvider.System.GetTimestamp();
            while (await Count("select count(*) from runs.runs where ended_at is null") > 0)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < within, $"After {within} there are runs that have not ended: {await States()}.");
                await Task.Delay(200, Cancel);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll([mining, .. living]);
        }

        Assert.True(kills >= Math.Max(1, runs / 25), $"only {kills} processes were killed");
        Assert.True(door.Lost > 0 && door.LostAfterwards > 0, "the endpoint never failed");
        Assert.Equal($"succeeded {runs}", await States());
        await AssertOnceEach(runs, nonces);
        await AssertProved(runs);
        TestContext.Current.SendDiagnosticMessage(
            $"{runs} runs, {kills} kills, {door.Lost} requests and {door.LostAfterwards} answers lost, {await Count("select coalesce(sum(takeovers), 0) from runs.runs")} takeovers");

        // An engine lives for a random time, or until a random boundary was passed a random number of times; then the next begins.
        async Task Live(Random fate)
        {
            while (!over.IsCancellationRequested)
            {
                var boundary = fate.Next(2) == 0 ? $"{Boundaries[fate.Next(Boundaries.Length)]}:{fate.Next(1, 12)}" : null;
                using var engine = EngineProcess.Start(server, pack.Folder, operators, boundary);
                using var life = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
                life.CancelAfter(fate.Next(2000, 9000));
                try
                {
                    await engine.WaitForExitAsync(life.Token);
                }
                catch (OperationCanceledException)
                {
                    engine.Kill();
                    await engine.WaitForExitAsync(Cancel);
                }

                if (!over.IsCancellationRequested && engine.ExitCode == 137) Interlocked.Increment(ref kills);
            }
        }

        async Task<long> Count(string sql) => await asking.Store.QueryFirstOrDefault<long>(sql, null, Cancel);

        async Task<string> States() => string.Join(", ", await asking.Store.Query<string>(
            "select state || ' ' || count(*) || coalesce(' (' || min(case when state = 'succeeded' then null else state_reason end) || ')', '') from runs.runs group by state order by state", null, Cancel));

        async Task AssertOnceEach(int all, long[] before)
        {
            var expected = all * ChaosPack.Writes;
            // What the chain saw: each call counted by its contract, and no other transaction of the accounts.
            var logs = await chain.Rpc.Send("eth_getLogs", [new { fromBlock = "0x0", topics = new[] { ChaosPack.Marked } }], Cancel);
            var mined = logs.EnumerateArray().Select(log => log.GetProperty("transactionHash").GetString()!).ToList();
            Assert.Equal(expected, mined.Count);
            Assert.Equal(expected, mined.Distinct().Count());
            Assert.Equal(expected, (await Nonces()).Zip(before, (now, then) => now - then).Sum());
            // What the journal says: for each step of each run one intent, one transaction, and it is one of those.
            var settled = await asking.Store.Query<byte[]>("select mined_hash from transactions.transactions where state = 'confirmed'", null, Cancel);
            Assert.Equal(mined.Order(), settled.Select(hash => "0x" + Convert.ToHexStringLower(hash)).Order());
            Assert.Equal(expected, await Count("select count(*) from (select distinct run_id, step_index from transactions.transactions) each"));
            Assert.Equal(expected, await Count("select count(*) from transactions.transactions"));
            Assert.Equal(expected, await Count("select count(*) from runs.journal where kind = 'intent' and action = 'step-send'"));
            Assert.Equal(all, await Count("select count(*) from approvals.consumptions"));
            Assert.Equal(0, await Count("select count(*) from runs.claims"));
        }

        async Task AssertProved(int all)
        {
            var folder = Directory.CreateTempSubdirectory("quarterdeck-chaos-audit-");
            var path = Path.Combine(folder.FullName, "audit.ndjson");
            var signer = AuditSigner.Open(folder.FullName, "quarterdeck/chaos");
            await new AuditSequencer(asking.Store, signer, new AuditSequencerOptions(), NullLogger<AuditSequencer>.Instance).Flush(Cancel);
            await using (var file = File.Create(path)) await new AuditExport(asking.Store, signer, (_, _) => Task.FromResult<IReadOnlyList<AuditEvidence>>([])).Write(file, Cancel);
            var verified = await AuditExportFile.Verify(path, signer.Key, null, Cancel);
            Assert.True(verified.IsProved, string.Join("\n", verified.Findings));
            Assert.Equal(await Count("select count(*) from audit.inbox"), verified.Entries);
            var text = await File.ReadAllTextAsync(path, Cancel);
            Assert.Equal(all * ChaosPack.Writes, text.Split("\"transaction.confirm\"").Length - 1);
            folder.Delete(recursive: true);
        }
    }

    // A block every tenth of a second, so that transactions wait and a process can die while they do.
    private async Task Mine(CancellationToken stop)
    {
        await chain.Rpc.Send("evm_setAutomine", [false], Cancel);
        while (!stop.IsCancellationRequested)
        {
            await chain.Rpc.Send("evm_mine", [], Cancel);
            await Task.Delay(100, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await chain.Rpc.Send("evm_setAutomine", [true], Cancel);
    }

    private async Task<long[]> Nonces()
    {
        var nonces = new List<long>();
        for (var i = 0; i < ChaosPack.Lanes; i++)
            nonces.Add((long)DevnetRpc.Quantity(await chain.Rpc.Send("eth_getTransactionCount", [ChaosPack.AccountOf(i), "latest"], Cancel)));
        return [.. nonces];
    }
}
