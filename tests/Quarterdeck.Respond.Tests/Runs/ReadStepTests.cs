using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Steps that read: filters, captures, substitutions, retries, HTTP and what is held back.</summary>
public sealed class ReadStepTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly TestOperators _operators = new();
    private TestWallet _alice = null!;
    private TestWallet _bob = null!;
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        (_alice, _bob) = (_operators.Add("alice"), _operators.Add("bob"));
        _operators.Add("carol");
        _server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Runbook(string body) => $"---\ntitle: Pause\nseverity: warning\n---\n\n# Pause\n\n{body}\n";

    private TestPack Pack(string body, string more = "", string account = "unlocked: true") => new(
        chain.Endpoint, new Dictionary<string, string> { ["pause"] = body.StartsWith("---", StringComparison.Ordinal) ? body : Runbook(body) }, more, account);

    private async Task<RunDetailView> Run(TestPack pack, RunState until = RunState.Succeeded)
    {
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        return await world.Until(await world.Propose("pause"), d => d.Run.State == until);
    }

    private static string? Value(RunDetailView run, int index) => (string?)run.Steps[index].Output?["value"];

    [Fact]
    public async Task Answers_go_through_filters_into_variables_and_into_arithmetic()
    {
        using var pack = Pack("""
            ```bash
            RAW=$(cast balance 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 | head -n 1)
            SHORT=$(echo "$RAW" | cut -c 1-2)
            echo "scale=4; 950000 / $(cast chain-id)" | bc
            export FLAG=$(cast call $ALPHA "paused()(bool)" | tr a-z A-Z)
            echo "$FLAG $SHORT"
            ```
            """);
        var run = await Run(pack);
        Assert.All(run.Steps, step => Assert.Equal(("read", StepState.Done), (step.Kind, step.State)));
        Assert.Equal(Value(run, 0)![..2], Value(run, 1));
        Assert.Equal("30.3156", Value(run, 2));
        Assert.Equal($"FALSE {Value(run, 1)}", Value(run, 4));
    }

    [Fact]
    public async Task A_filter_that_finds_nothing_fails_the_step_and_the_run_pauses()
    {
        using var pack = Pack("""
            ```bash
            cast call $ALPHA "paused()(bool)" | grep true
            ```
            """);
        var run = await Run(pack, RunState.Paused);
        Assert.Contains("'grep true' finds nothing", run.Run.StateReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_that_is_not_understood_leaves_the_step_to_a_person()
    {
        using var pack = Pack("""
            ```bash
            cast call $ALPHA "paused()(bool)" | perl -ne 'print'
            cast call $ALPHA "paused()(bool)" | jq '.. | numbers'
            ```
            """);
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Until(await world.Propose("pause"), d => d.Steps.Any(s => s.State == StepState.Waiting));
        Assert.All(run.Steps, step => Assert.Equal("manual", step.Kind));
    }

    [Fact]
    public async Task A_read_is_tried_as_often_as_the_runbook_says()
    {
        await using var server = new HttpAnswers(attempt => attempt < 3 ? (503, "not yet") : (200, """{"ready":{"count":7}}"""));
        using var pack = Pack($"""
            ```bash
            COUNT=$(curl -sf {server.Address}/ready | jq -r .ready.count)
            ```

            > retry: 5 times every 1s

            ```bash
            echo "$COUNT"
            ```
            """);
        var run = await Run(pack);
        Assert.Equal(3, (int)run.Steps[0].Output!["attempts"]!);
        Assert.Equal("7", Value(run, 1));
        Assert.Equal(3, server.Asked.Count);
    }

    [Fact]
    public async Task A_read_that_takes_longer_than_the_runbook_allows_fails_in_that_time()
    {
        await using var server = new HttpAnswers(_ => (0, ""));
        using var pack = Pack($"""
            ```bash
            curl -s {server.Address}/slow
            ```

            > timeout: 1s
            """);
        var started = TimeProvider.System.GetTimestamp();
        var run = await Run(pack, RunState.Paused);
        Assert.Contains("No answer within 1 s", run.Run.StateReason, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 1, 8);
    }

    [Fact]
    public async Task An_operator_is_heard_between_two_tries()
    {
        await using var server = new HttpAnswers(_ => (503, ""));
        using var pack = Pack($"""
            ```bash
            curl -sf {server.Address}/never
            ```

            > retry: 900 times every 10s
            """);
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Propose("pause");
        while (server.Asked.Count == 0) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.IsType<Outcome<RunState>.Done>(await world.Get<AbortRun>().Abort(run, "alice", "enough", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Aborted, seconds: 8);
    }

    [Fact]
    public async Task A_secret_is_sent_and_stands_in_no_record()
    {
        Environment.SetEnvironmentVariable("RESPOND_TEST_TOKEN", "s3cr3t-value");
        await using var server = new HttpAnswers(_ => (200, """{"echo":"you sent s3cr3t-value"}"""));
        using var pack = Pack($"""
            ```bash
            curl -s -H "Authorization: Bearer $API_TOKEN" {server.Address}/me
            ```
            """, """variables: { API_TOKEN: { secret: "env:RESPOND_TEST_TOKEN" } }""");
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Until(await world.Propose("pause"), d => d.Run.State == RunState.Succeeded);
        Assert.Contains("Authorization: Bearer s3cr3t-value", Assert.Single(server.Asked), StringComparison.Ordinal);
        Assert.Contains("[API_TOKEN]", Value(run, 0), StringComparison.Ordinal);
        var kept = await world.Store.Query<string>(
            "select j.detail::text from runs.journal j union all select s::text from runs.steps s", null, CancellationToken.None);
        Assert.DoesNotContain(kept, text => text.Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://100.100.100.200/")]
    public async Task Metadata_addresses_are_not_reached(string url)
    {
        using var pack = Pack($"""
            ```bash
            curl -s {url}
            ```
            """);
        var run = await Run(pack, RunState.Paused);
        Assert.Contains("link-local or metadata address", run.Run.StateReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_keystore_password_pauses_the_run_and_a_mended_one_lets_it_go_on()
    {
        var key = Path.GetTempFileName();
        File.Delete(key);
        Devnet.Keys.KeyFile.Write(key, Devnet.Keys.DevKey.Account(0), "secret");
        var password = Path.GetTempFileName();
        await File.WriteAllTextAsync(password, "wrong\n", TestContext.Current.CancellationToken);
        using var pack = Pack(TestPack.PauseRunbook("Alpha"), account: $"keystore: \"{key}\", password: \"file:{password}\"");
        await using var world = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: true);
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), ("alice", _alice), ("bob", _bob));
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("The password does not open the key file", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.All(paused.Steps.Where(s => s.Kind == "send"), s => Assert.Equal(StepState.Pending, s.State));

        await File.WriteAllTextAsync(password, "secret\n", TestContext.Current.CancellationToken);
        Assert.IsType<Outcome<RunState>.Done>(await world.Get<ResumeRun>().Resume(run, "alice", "the password is right now", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
        File.Delete(key);
        File.Delete(password);
    }
}
