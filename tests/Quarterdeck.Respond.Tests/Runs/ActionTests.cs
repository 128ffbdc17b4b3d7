using Npgsql;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Effects off the chain: in the plan, approved, made once, with what tells when their outcome is lost.</summary>
public sealed class ActionTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string Relay =
        """

        services:
          relay: { aliases: [deployment/bridge-relay] }
        """;

    private const string Kubernetes =
        """
        services:
          relay: { driver: kubernetes, target: deployment/bridge-relay, namespace: bridge, context: prod, verbs: [status, get, logs, restart, scale, stop, start] }
        """;

    private readonly TestOperators _operators = new();
    private readonly FakeTools _tools = new();
    private (string, TestWallet)[] _people = [];
    private string _server = null!;
    private string _admin = null!;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        _people = [("alice", _operators.Add("alice")), ("bob", _operators.Add("bob"))];
        _operators.Add("carol");
        var name = await database.FreshDatabase();
        _server = database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server);
        _admin = database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Admin);
    }

    public ValueTask DisposeAsync()
    {
        _tools.Dispose();
        return ValueTask.CompletedTask;
    }

    private TestPack Pack(string body, string environment = "", string manifest = "") => new(
        chain.Endpoint, new Dictionary<string, string> { ["act"] = $"---\ntitle: Act\nseverity: warning\n---\n\n# Act\n\n{body}\n" },
        environment, manifest: manifest, kind: "fork");

    private Task<World> Start(TestPack pack, Action<RunOptions>? configure = null) => World.Start(
        _server, TestPack.Load(pack.Folder), _operators, workers: true, configure: options =>
        {
            options.ToolPath = _tools.Folder;
            configure?.Invoke(options);
        });

    private async Task<(Plan Plan, string Run)> Approved(World world)
    {
        var run = await world.Propose("act");
        var plan = await world.PlanOf(run);
        await world.Approve(plan, _people);
        return (plan, run);
    }

    [Fact]
    public async Task A_service_is_restarted_by_the_words_of_its_driver_after_approval_and_not_before()
    {
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl get deployment/bridge-relay
            kubectl -n elsewhere rollout restart deployment/bridge-relay
            ```
            """, Kubernetes, Relay);
        await using var world = await Start(pack);
        var run = await world.Propose("act");
        var plan = await world.PlanOf(run);
        var action = Assert.Single(plan.Actions);
        Assert.Empty(plan.Calls);
        Assert.Equal("kubectl --context=prod --namespace=bridge rollout restart deployment/bridge-relay", action.Effect.Said);
        Assert.Equal("Now: 3 of 3 ready, generation 1", Assert.Single(action.Forecast));
        Assert.Contains("relay", Assert.Single(plan.NotCovered), StringComparison.Ordinal);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(_tools.Calls, call => call.Contains("restart", StringComparison.Ordinal));

        await world.Approve(plan, _people);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Single(_tools.Calls, "kubectl|--context=prod|--namespace=bridge|rollout|restart|deployment/bridge-relay");
        Assert.Equal("ok", (string?)done.Steps[0].Output!["value"]);
        Assert.Equal(PlanState.Executed, done.Plans.Single().State);
    }

    [Fact]
    public async Task A_verb_that_the_environment_does_not_allow_is_left_to_a_person_and_never_run()
    {
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl rollout undo deployment/bridge-relay
            kubectl delete deployment/bridge-relay
            kubectl exec deployment/bridge-relay -- sh -c 'rm -rf /'
            ```
            """, Kubernetes, Relay);
        await using var world = await Start(pack);
        var run = await world.Until(await world.Propose("act"), d => d.Steps.Any(s => s.State == StepState.Waiting));
        Assert.All(run.Steps, step => Assert.Equal("manual", step.Kind));
        Assert.Empty(_tools.Calls);
    }

    [Fact]
    public async Task A_tool_that_takes_too_long_is_ended_and_the_outcome_asked_for()
    {
        _tools.Add("systemctl", "case \"$*\" in *show*) echo ActiveState=active; echo SubState=running; echo InvocationID=1 ;; *) sleep 30 ;; esac");
        using var pack = Pack("""
            ```bash
            systemctl restart relay
            ```
            """, "services:\n  relay: { driver: systemd, target: relay.service }", Relay);
        await using var world = await Start(pack, options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        var (_, run) = await Approved(world);
        var asked = await world.Until(run, d => d.Run.State == RunState.Waiting);
        Assert.Equal(StepState.Unknown, asked.Steps[0].State);
        Assert.Contains("did not end within 1 s", asked.Run.StateReason, StringComparison.Ordinal);
        Assert.Single(_tools.Calls, "systemctl|--no-ask-password|restart|relay.service");

        Assert.IsType<Outcome<StepState>.Done>(await world.Get<ResolveStep>().Resolve(run, 0, true, "alice", "it runs anew", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Single(_tools.Calls, call => call.Contains("restart", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tool_that_fails_fails_the_step_with_what_it_said()
    {
        _tools.Add("docker", "case \"$*\" in *restart*) echo 'no such service: relay' >&2; exit 3 ;; *inspect*) echo 'true 2026-01-01' ;; *) echo c1 ;; esac");
        using var pack = Pack("""
            ```bash
            docker compose restart relay
            ```
            """, "services:\n  relay: { driver: compose, file: /srv/compose.yaml, project: bridge }", Relay);
        await using var world = await Start(pack);
        var (_, run) = await Approved(world);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("ended with 3: no such service: relay", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.Single(_tools.Calls, "docker|compose|--file=/srv/compose.yaml|--project-name=bridge|restart|relay");
    }

    [Fact]
    public async Task A_process_of_an_embedded_environment_is_restarted_through_its_control_folder()
    {
        var state = Directory.CreateTempSubdirectory("quarterdeck-state-");
        var control = Path.Combine(state.FullName, "control");
        using var stop = new CancellationTokenSource();
        var seen = new List<string>();
        var owner = Own(control, seen, stop.Token);
        using var pack = Pack("""
            ```bash
            kubectl rollout restart deployment/bridge-relay
            ```
            """, $"services:\n  relay: {{ driver: process, control: \"{control}\" }}", Relay);
        await using var world = await Start(pack);
        var (plan, run) = await Approved(world);
        Assert.Equal("process restart relay", plan.Actions.Single().Effect.Said);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["stopped", "started"], seen);
        Assert.Empty(_tools.Calls);
        await stop.CancelAsync();
        await owner;
        state.Delete(recursive: true);
    }

    // As whoever owns the processes answers.
    private static async Task Own(string control, List<string> seen, CancellationToken stop)
    {
        var (asked, answer) = (Path.Combine(control, "relay.stopped"), Path.Combine(control, "relay.is-stopped"));
        while (!stop.IsCancellationRequested)
        {
            if (File.Exists(asked) && !File.Exists(answer))
            {
                seen.Add("stopped");
                await File.WriteAllTextAsync(answer, "", CancellationToken.None);
            }
            else if (!File.Exists(asked) && File.Exists(answer))
            {
                seen.Add("started");
                File.Delete(answer);
            }

            await Task.Delay(20, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [Fact]
    public async Task Programs_do_not_see_the_variables_of_the_server()
    {
        Environment.SetEnvironmentVariable("QUARTERDECK_DATABASE", "Host=secret-host");
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl logs deployment/bridge-relay --tail=5
            ```
            """, Kubernetes, Relay);
        await using var world = await Start(pack);
        var run = await world.Until(await world.Propose("act"), d => d.Run.State == RunState.Succeeded);
        Environment.SetEnvironmentVariable("QUARTERDECK_DATABASE", null);
        Assert.Equal("line one", (string?)run.Steps[0].Output!["value"]);
        Assert.Contains("kubectl|--context=prod|--namespace=bridge|logs|deployment/bridge-relay|--tail=5", _tools.Calls);
    }

    [Fact]
    public async Task A_program_is_run_by_argv_only_where_the_pack_allows_it()
    {
        _tools.Add("forge", "echo \"deployed $2\"").Add("npx", "echo no");
        using var pack = Pack("""
            ```bash
            forge script 'Deploy; rm -rf /' --broadcast
            npx hardhat run x.js
            ```
            """, manifest: "external: [forge]");
        await using var world = await Start(pack);
        var (plan, run) = await Approved(world);
        Assert.Equal(["forge", "script", "Deploy; rm -rf /", "--broadcast"], ((ActionEffect.ExternalCommand)Assert.Single(plan.Actions).Effect).Argv);
        var waiting = await world.Until(run, d => d.Run.State == RunState.Waiting);
        Assert.Equal(["external", "manual"], waiting.Steps.Select(s => s.Kind));
        Assert.Equal("forge|script|Deploy; rm -rf /|--broadcast", Assert.Single(_tools.Calls));
    }

    [Fact]
    public async Task A_request_with_an_effect_is_sent_once_with_its_key_and_an_answer_of_5xx_is_asked_about_not_repeated()
    {
        await using var server = new HttpAnswers(attempt => (500, "oops"));
        using var pack = Pack($$"""
            ```bash
            curl -X POST {{server.Address}}/halt -d '{"on":true}'
            ```
            """);
        await using var world = await Start(pack);
        var (plan, run) = await Approved(world);
        var key = ((ActionEffect.HttpRequest)plan.Actions[0].Effect).IdempotencyKey;
        var asked = await world.Until(run, d => d.Run.State == RunState.Waiting);
        Assert.Equal(StepState.Unknown, asked.Steps[0].State);
        var sent = Assert.Single(server.Asked);
        Assert.StartsWith("POST /halt", sent, StringComparison.Ordinal);
        Assert.Contains($"Idempotency-Key: {key}", sent, StringComparison.Ordinal);
        Assert.EndsWith("""{"on":true}""", sent, StringComparison.Ordinal);

        // A person found that it did not come about: it is made again under the same approval and with the same key.
        Assert.IsType<Outcome<StepState>.Done>(await world.Get<ResolveStep>().Resolve(run, 0, false, "alice", "the API says off", CancellationToken.None));
        await world.Until(run, d => server.Asked.Count == 2 && d.Run.State == RunState.Waiting);
        Assert.Contains($"Idempotency-Key: {key}", server.Asked[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_found_out_by_the_runbooks_own_probe()
    {
        await using var server = new HttpAnswers(attempt => (502, "gateway"));
        await using var state = new HttpAnswers(_ => (200, """{"halted":true}"""));
        using var pack = Pack($"""
            ```bash
            curl -X PUT {server.Address}/halt
            ```

            > probe: curl -sf {state.Address}/state | jq -r .halted
            """);
        await using var world = await Start(pack);
        var (_, run) = await Approved(world);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal("true", (string?)done.Steps[0].Output!["probed"]!["value"]);
        Assert.Single(server.Asked);
    }

    [Theory]
    [InlineData(404, "refuses with 404")]
    [InlineData(0, "Nothing was sent")]
    public async Task A_request_that_is_refused_or_never_sent_fails(int status, string why)
    {
        await using var server = new HttpAnswers(_ => (status, ""));
        var address = status == 0 ? "http://127.0.0.1:1" : server.Address;
        using var pack = Pack($"""
            ```bash
            curl -X DELETE {address}/queue
            ```
            """);
        await using var world = await Start(pack);
        var (_, run) = await Approved(world);
        Assert.Contains(why, (await world.Until(run, d => d.Run.State == RunState.Paused)).Run.StateReason, StringComparison.Ordinal);
    }

    private async Task<string> Table(int rows)
    {
        await Sql("create table orders (id int primary key, state text); grant select, insert, update on orders to quarterdeck_server");
        for (var i = 0; i < rows; i++) await Sql($"insert into orders values ({i}, 'open')");
        Environment.SetEnvironmentVariable("RESPOND_TEST_ORDERS", _server);
        return "databases: { orders: \"env:RESPOND_TEST_ORDERS\" }";
    }

    private async Task<string> Sql(string text)
    {
        await using var connection = new NpgsqlConnection(_admin);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(text, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(CancellationToken.None), System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }

    private const string Databases = "\ndatabases:\n  orders: { variable: ORDERS_URL }";

    private const string Update = """
        ```sql
        UPDATE orders SET state = 'held' WHERE state = 'open';
        ```
        """;

    [Fact]
    public async Task A_database_write_shows_its_rows_before_approval_and_commits_that_many()
    {
        using var pack = Pack(Update, await Table(3), Databases);
        await using var world = await Start(pack);
        var (plan, run) = await Approved(world);
        Assert.Equal(3, ((ActionEffect.DatabaseWrite)plan.Actions.Single().Effect).Rows);
        Assert.Contains("Touches 3 rows", plan.Actions[0].Forecast.Single(), StringComparison.Ordinal);
        var done = await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal("3", await Sql("select count(*) from orders where state = 'held'"));
        Assert.Equal(3, (int)done.Steps[0].Output!["rows"]!);
        Assert.Contains(done.Journal, line => line.Action == "step-prepared" && line.Detail["xid"] is not null);
    }

    [Fact]
    public async Task A_database_write_that_touches_another_number_of_rows_than_approved_is_rolled_back()
    {
        using var pack = Pack(Update, await Table(3), Databases);
        await using var world = await Start(pack);
        var run = await world.Propose("act");
        var plan = await world.PlanOf(run);
        await Sql("insert into orders values (99, 'open')");
        await world.Approve(plan, _people);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("would touch 4 rows, and 3 were approved", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.Equal("0", await Sql("select count(*) from orders where state = 'held'"));
    }

    [Theory]
    [InlineData("DO $$ begin perform 1; end $$")]
    [InlineData("COPY orders TO PROGRAM 'cat'")]
    [InlineData("SET ROLE quarterdeck_owner")]
    [InlineData("RESET ROLE")]
    [InlineData("SELECT pg_read_file('/etc/passwd')")]
    [InlineData("SELECT set_config('role', 'postgres', false)")]
    [InlineData("WITH x AS (SELECT pg_terminate_backend(1)) SELECT * FROM x")]
    public async Task Sql_that_would_leave_its_transaction_or_its_role_is_left_to_a_person(string sql)
    {
        using var pack = Pack($"```sql\n{sql};\n```", await Table(1), Databases);
        await using var world = await Start(pack);
        var run = await world.Until(await world.Propose("act"), d => d.Steps.Any(s => s.State == StepState.Waiting));
        Assert.All(run.Steps, step => Assert.Equal("manual", step.Kind));
    }

    [Fact]
    public async Task Two_statements_in_one_command_are_left_to_a_person()
    {
        using var pack = Pack("```bash\npsql $ORDERS_URL -c \"UPDATE orders SET state = 'x'; DROP TABLE orders\"\n```", await Table(1), Databases);
        await using var world = await Start(pack);
        var run = await world.Until(await world.Propose("act"), d => d.Steps.Any(s => s.State == StepState.Waiting));
        Assert.Equal("manual", Assert.Single(run.Steps).Kind);
    }

    [Fact]
    public async Task A_role_that_reaches_the_databases_files_is_not_read_with()
    {
        await Table(1);
        Environment.SetEnvironmentVariable("RESPOND_TEST_ADMIN", _admin);
        using var pack = Pack("```sql\nSELECT count(*) FROM orders;\n```", "databases: { orders: \"env:RESPOND_TEST_ADMIN\" }", Databases);
        await using var world = await Start(pack);
        var paused = await world.Until(await world.Propose("act"), d => d.Run.State == RunState.Paused);
        Assert.Contains("may read files or start programs", paused.Run.StateReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_and_an_action_of_one_stage_are_one_plan_in_one_order()
    {
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl scale deployment/bridge-relay --replicas=0
            cast send $ALPHA "pause()" --account deployer
            ```
            """, Kubernetes, Relay);
        await using var world = await Start(pack);
        var (plan, run) = await Approved(world);
        Assert.Equal((1, 2), (plan.Actions[0].Position, plan.Calls[0].Position));
        Assert.Equal("relay: scale to 3", plan.Actions[0].Inverse);
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.True(await TestPack.IsPaused(chain.Rpc, "Alpha"));
        Assert.Equal("0", await File.ReadAllTextAsync(Path.Combine(_tools.Folder, "replicas"), CancellationToken.None) is var text ? text.Trim() : "");
    }

    [Fact]
    public async Task A_planted_secret_stands_in_no_record()
    {
        const string Secret = "pl4nted+s3cret/value==";
        Environment.SetEnvironmentVariable("RESPOND_TEST_PLANTED", Secret);
        _tools.Add("forge", $"echo 'token {Secret} used'; echo 'again {Uri.EscapeDataString(Secret)}' >&2; exit 1");
        await using var server = new HttpAnswers(_ => (200, $$"""{"you":"{{Secret}}"}"""));
        var logged = new List<string>();
        using var pack = Pack($$"""
            ```bash
            curl -X POST {{server.Address}}/hook?t=1 -H "Authorization: Bearer $API_TOKEN" -d '{"token":"'$API_TOKEN'"}'
            curl -s {{server.Address}}/read -u "me:$API_TOKEN"
            forge script Deploy
            ```
            """, "variables: { API_TOKEN: { secret: \"env:RESPOND_TEST_PLANTED\" } }", "external: [forge]");
        await using var world = await World.Start(
            _server, TestPack.Load(pack.Folder), _operators, workers: true, configure: options => options.ToolPath = _tools.Folder,
            logging: log => log.Services.Add(new(typeof(Microsoft.Extensions.Logging.ILoggerProvider), new ListLogger(logged))));
        var (plan, run) = await Approved(world);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains($"Bearer {Secret}", server.Asked[0], StringComparison.Ordinal);
        Assert.Contains($$"""{"token":"{{Secret}}"}""", server.Asked[0], StringComparison.Ordinal);

        List<string> records = [System.Text.Encoding.UTF8.GetString(plan.Canonical), System.Text.Json.JsonSerializer.Serialize(paused), .. logged];
        records.Add(await Sql(
            """
            select string_agg(t, ' ') from (
                select query_to_xml(format('select t::text from %I.%I t', schemaname, tablename), true, false, '')::text as t
                from pg_tables where schemaname not in ('pg_catalog', 'information_schema')) all_tables
            """));
        foreach (var form in new[] { Secret, Uri.EscapeDataString(Secret), Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Secret)) })
            Assert.DoesNotContain(records, text => text.Contains(form, StringComparison.Ordinal));
        Assert.Contains(records, text => text.Contains("[API_TOKEN]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_runs_on_one_service_come_one_after_the_other()
    {
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl rollout restart deployment/bridge-relay
            ```
            """, Kubernetes, Relay);
        await using var world = await Start(pack);
        string[] runs = [await world.Propose("act"), await world.Propose("act")];
        foreach (var run in runs) await world.Approve(await world.PlanOf(run), _people);
        foreach (var run in runs) await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(2, _tools.Calls.Count(call => call.Contains("restart", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_not_as_approved_any_more_is_not_run()
    {
        _tools.AddKubectl();
        using var pack = Pack("""
            ```bash
            kubectl rollout restart deployment/bridge-relay
            ```
            """, Kubernetes, Relay);
        string run;
        await using (var asking = await World.Start(_server, TestPack.Load(pack.Folder), _operators, workers: false, configure: o => o.ToolPath = _tools.Folder))
        {
            run = await asking.Propose("act");
            await asking.Approve(await asking.PlanOf(run), _people);
        }

        using var moved = Pack("""
            ```bash
            kubectl rollout restart deployment/bridge-relay
            ```
            """, Kubernetes.Replace("context: prod", "context: other", StringComparison.Ordinal), Relay);
        await using var world = await Start(moved);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("in another way than was approved", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.DoesNotContain(_tools.Calls, call => call.Contains("restart", StringComparison.Ordinal));
    }

    private sealed class ListLogger(List<string> lines) : Microsoft.Extensions.Logging.ILoggerProvider, Microsoft.Extensions.Logging.ILogger
    {
        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (lines) lines.Add($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
