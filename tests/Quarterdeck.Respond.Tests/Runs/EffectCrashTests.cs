using System.Globalization;
using Npgsql;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Effects;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>
/// kill -9 at each boundary of an effect off the chain. What can be told is told and goes on; what cannot is asked, and never made a
/// second time by itself.
/// </summary>
public sealed class EffectCrashTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>
{
    private const string Manifest = "\nservices:\n  relay: { aliases: [deployment/relay] }\ndatabases:\n  counters: { variable: COUNTERS_URL }";

    private const string Environments =
        "services:\n  relay: { driver: kubernetes, target: deployment/relay }\ndatabases: { counters: \"env:RESPOND_TEST_COUNTERS\" }";

    private readonly TestOperators _operators = new();

    [Theory]
    [Trait("slow", "true")]
    [InlineData(EffectCrashPoints.Intended)]
    [InlineData(EffectCrashPoints.Prepared)]
    [InlineData(EffectCrashPoints.Committed)]
    [InlineData(EffectCrashPoints.Performed)]
    [InlineData(RunCrashPoints.StepJournaled)]
    public Task A_database_write_is_made_exactly_once_wherever_the_process_dies(string boundary) => Write([boundary]);

    [Fact]
    public Task A_database_write_that_was_committed_when_the_process_died_is_found_and_not_repeated() => Write([EffectCrashPoints.Committed]);

    [Fact]
    [Trait("slow", "true")]
    public Task A_process_that_dies_again_while_it_finds_out_leaves_the_same() => Write([EffectCrashPoints.Committed, EffectCrashPoints.Probed]);

    private async Task Write(string[] boundaries)
    {
        var (world, pack, tools, run, server) = await Begin("""
            ```sql
            UPDATE counters SET n = n + 1 WHERE id = 1;
            ```
            """);
        await using var _ = world;
        using var __ = pack;
        using var ___ = tools;
        foreach (var boundary in boundaries) await Die(server, pack, boundary);
        using var last = EngineProcess.Start(server, pack.Folder, _operators, crashAt: null);
        try
        {
            await world.Until(run, d => d.Run.State == RunState.Succeeded);
            Assert.Equal(1, await Count(server, "select n from counters where id = 1"));
            Assert.Equal(1, await Count(server, $"select count(*) from runs.journal where run_id = '{run}' and kind = 'outcome'"));
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [Trait("slow", "true")]
    [InlineData(EffectCrashPoints.Intended, true)]
    [InlineData(EffectCrashPoints.Performed, false)]
    public async Task A_restart_that_was_made_is_seen_by_the_service_and_one_that_was_not_is_asked_about(string boundary, bool asked)
    {
        var (world, pack, tools, run, server) = await Begin("""
            ```bash
            kubectl rollout restart deployment/relay
            ```
            """);
        await using var _ = world;
        using var __ = pack;
        using var ___ = tools;
        await Die(server, pack, boundary);
        using var last = EngineProcess.Start(server, pack.Folder, _operators, crashAt: null);
        try
        {
            if (asked)
            {
                await world.Until(run, d => d.Steps[0] is { State: StepState.Unknown, Asked: true });
                Assert.DoesNotContain(tools.Calls, call => call.Contains("restart", StringComparison.Ordinal));
                await world.Get<ResolveStep>().Resolve(run, 0, false, "alice", "the pods are as old as before", CancellationToken.None);
            }

            await world.Until(run, d => d.Run.State == RunState.Succeeded);
            Assert.Single(tools.Calls, call => call.Contains("restart", StringComparison.Ordinal));
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData(EffectCrashPoints.Intended, 0)]
    [InlineData(EffectCrashPoints.Performed, 1)]
    public async Task A_request_whose_outcome_is_lost_is_asked_about_and_not_repeated(string boundary, int sent)
    {
        await using var answers = new HttpAnswers(_ => (200, "ok"));
        var (world, pack, tools, run, server) = await Begin($"""
            ```bash
            curl -X POST {answers.Address}/halt
            ```
            """);
        await using var _ = world;
        using var __ = pack;
        using var ___ = tools;
        await Die(server, pack, boundary);
        using var last = EngineProcess.Start(server, pack.Folder, _operators, crashAt: null);
        try
        {
            await world.Until(run, d => d.Run.State == RunState.Waiting && d.Steps[0] is { State: StepState.Unknown, Asked: true });
            Assert.Equal(sent, answers.Asked.Count);
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [Trait("slow", "true")]
    [InlineData(RunCrashPoints.ChildStarted)]
    [InlineData(RunCrashPoints.StepKnown)]
    [InlineData(RunCrashPoints.StepJournaled)]
    [InlineData(RunCrashPoints.BeforeFinish)]
    public async Task A_run_inside_a_run_and_a_decision_come_about_once_wherever_the_process_dies(string boundary)
    {
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string>
        {
            ["act"] = """
                ---
                title: Act
                severity: warning
                ---

                # Act

                ```bash
                N=$(echo 7)
                ```

                | If $N | Then |
                | --- | --- |
                | > 5 | run [the look](look.md) |
                | otherwise | nothing |
                """,
            ["look"] = "---\ntitle: Look\nseverity: warning\n---\n\n# Look\n\n```bash\ncast block-number\n```\n",
        });
        await using var world = await World.Start(server, TestPack.Load(pack.Folder), _operators, workers: false);
        var run = await world.Propose("act");
        await Die(server, pack, boundary);
        using var last = EngineProcess.Start(server, pack.Folder, _operators, crashAt: null);
        try
        {
            var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
            Assert.Equal(0, (int)done.Steps[1].Output!["branch"]!);
            Assert.Equal(1, await Count(server, $"select count(*) from runs.runs where parent_id = '{run}' and state = 'succeeded'"));
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task<(World, TestPack, FakeTools, string Run, string Server)> Begin(string body)
    {
        var name = await database.FreshDatabase();
        var server = database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server);
        await using (var connection = new NpgsqlConnection(database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Admin)))
        {
            await connection.OpenAsync(CancellationToken.None);
            await using var make = new NpgsqlCommand(
                "create table counters (id int primary key, n int); insert into counters values (1, 0); grant select, update on counters to quarterdeck_server", connection);
            await make.ExecuteNonQueryAsync(CancellationToken.None);
        }

        Environment.SetEnvironmentVariable("RESPOND_TEST_COUNTERS", server);
        var tools = new FakeTools().AddKubectl();
        Environment.SetEnvironmentVariable("RESPOND_TOOLS", tools.Folder);
        var pack = new TestPack(
            chain.Endpoint, new Dictionary<string, string> { ["act"] = $"---\ntitle: Act\nseverity: warning\n---\n\n# Act\n\n{body}\n" },
            Environments, manifest: Manifest, kind: "fork");
        var (alice, bob) = (_operators.Add("alice"), _operators.Add("bob"));
        var world = await World.Start(server, TestPack.Load(pack.Folder), _operators, workers: false, configure: options => options.ToolPath = tools.Folder);
        var run = await world.Propose("act");
        await world.Approve(await world.PlanOf(run), ("alice", alice), ("bob", bob));
        return (world, pack, tools, run, server);
    }

    private async Task Die(string server, TestPack pack, string boundary)
    {
        using var child = EngineProcess.Start(server, pack.Folder, _operators, boundary);
        await child.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal(137, child.ExitCode);
    }

    private static async Task<long> Count(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(CancellationToken.None), CultureInfo.InvariantCulture);
    }
}
