using Quarterdeck.Devnet.Keys;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Accounts that cannot sign: the run says so and waits for a person, whatever its steps say of failing.</summary>
public sealed class SignerTests(RespondFixture database, AnvilFixture chain)
    : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("quarterdeck-keys-");
    private readonly TestOperators _operators = new();
    private (string, TestWallet)[] _people = [];

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        _people = [("alice", _operators.Add("alice")), ("bob", _operators.Add("bob"))];
        _operators.Add("carol");
    }

    public ValueTask DisposeAsync()
    {
        _keys.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_wrong_password_pauses_the_run_with_the_reason_and_the_right_one_lets_it_go_on()
    {
        var (file, password) = (Path.Combine(_keys.FullName, "deployer.json"), Path.Combine(_keys.FullName, "password"));
        KeyFile.Write(file, DevKey.Account(0), "the right one");
        await File.WriteAllTextAsync(password, "another", CancellationToken.None);
        await using var world = await Start($"keystore: \"{file}\", password: \"file:{password}\"");
        var run = await Approved(world);

        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("'deployer' cannot sign", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.Contains("password does not open the key file", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.All(paused.Steps, step => Assert.NotEqual(StepState.Failed, step.State));
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));

        await File.WriteAllTextAsync(password, "the right one", CancellationToken.None);
        Assert.IsType<Outcome<RunState>.Done>(await world.Get<ResumeRun>().Resume(run, "carol", "the password is mended", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha", "Beta"], await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public async Task A_key_of_another_account_than_the_approved_sender_signs_nothing()
    {
        var (file, password) = (Path.Combine(_keys.FullName, "deployer.json"), Path.Combine(_keys.FullName, "password"));
        KeyFile.Write(file, DevKey.Random(), "p");
        await File.WriteAllTextAsync(password, "p", CancellationToken.None);
        await using var world = await Start($"keystore: \"{file}\", password: \"file:{password}\"");
        var paused = await world.Until(await Approved(world), d => d.Run.State == RunState.Paused);
        Assert.Contains($"{Sender} was approved as the sender", paused.Run.StateReason, StringComparison.Ordinal);
        Assert.Empty(await TestPack.PausedEvents(chain.Rpc));
    }

    [Fact]
    public void An_account_whose_Safe_is_named_as_an_executor_is_refused_when_the_environment_is_read()
    {
        using var pack = new TestPack(
            chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha") },
            $$"""
              a: { safe: "{{Sender}}", executor: b }
              b: { safe: "{{Sender}}", executor: deployer }
              c: { safe: "{{Sender}}", executor: deploier }
            """);
        var loaded = Packs.EnvironmentLoader.Load(Packs.PackLoader.Load(pack.Folder).Pack!, "test", Environment.GetEnvironmentVariable);
        Assert.Null(loaded.Environment);
        Assert.Contains(loaded.Findings, f => f.Message.Contains("The executor 'b' of the Safe 'a' is a Safe itself.", StringComparison.Ordinal));
        Assert.Contains(loaded.Findings, f => f.Message.Contains("The executor 'deploier' of the Safe 'c' is no account.", StringComparison.Ordinal)
            && f.Remedy?.Contains("deployer", StringComparison.Ordinal) == true);
    }

    private async Task<World> Start(string account)
    {
        using var pack = new TestPack(
            chain.Endpoint, new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha", "Beta") }, account: account);
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        return await World.Start(server, TestPack.Load(pack.Folder), _operators, workers: true);
    }

    private async Task<string> Approved(World world)
    {
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), _people);
        return run;
    }
}
