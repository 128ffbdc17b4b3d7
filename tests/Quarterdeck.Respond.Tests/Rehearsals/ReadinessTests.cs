using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Rehearsals;

/// <summary>Who could pause what at this block, on a real chain.</summary>
public sealed class ReadinessTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>
{
    private const string Reverting = "0x6001600255" + "5f5ffd";
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task A_contract_is_ready_where_an_account_could_pause_it_now_and_enough_people_could_agree()
    {
        await using var world = await Start(TestPack.PauseRunbook("Alpha", "Beta"));
        var all = await world.Get<ContractReadiness>().Query(Cancel);

        Assert.Equal(TestPack.Names, all.Select(contract => contract.Contract));
        var alpha = all[0];
        Assert.Equal((true, false, "pause", null), (alpha.Ready, alpha.Paused!.Value, alpha.Runbook, alpha.Problem));
        var deployer = Assert.Single(alpha.Accounts);
        Assert.Equal(("deployer", null, null), (deployer.Name, deployer.Refusal, deployer.SignerProblem));
        Assert.Equal((2, 2), (alpha.Reachable, alpha.Terms.Required));
        Assert.Equal(await chain.Anvil.Head(Cancel), alpha.Block);
        // No runbook pauses it, so nobody would.
        Assert.Equal((false, null), (all[2].Ready, all[2].Runbook));
    }

    [Fact]
    public async Task What_the_call_would_revert_with_is_said_and_a_paused_contract_is_as_good_as_ready()
    {
        await using var world = await Start(TestPack.PauseRunbook("Alpha", "Beta"));
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(0).ToString(), Reverting], Cancel);
        await chain.Rpc.Send("eth_sendTransaction", [new { from = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", to = TestPack.AddressOf(1).ToString(), data = "0x8456cb59" }], Cancel);
        var all = await world.Get<ContractReadiness>().Query(Cancel);

        Assert.False(all[0].Ready);
        Assert.NotNull(Assert.Single(all[0].Accounts).Refusal);
        Assert.Equal((true, true), (all[1].Ready, all[1].Paused!.Value));
        Assert.Contains("EnforcedPause", Assert.Single(all[1].Accounts).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_without_its_key_cannot_sign_and_too_few_people_are_too_few()
    {
        await using var keyless = await Start(TestPack.PauseRunbook("Alpha"), account: "keystore: nowhere.json, password: \"env:NOTHING\"");
        var alpha = (await keyless.Get<ContractReadiness>().Query(Cancel))[0];
        Assert.False(alpha.Ready);
        Assert.Contains("nowhere.json", Assert.Single(alpha.Accounts).SignerProblem, StringComparison.Ordinal);

        await using var lonely = await Start(TestPack.PauseRunbook("Alpha"), required: 3);
        alpha = (await lonely.Get<ContractReadiness>().Query(Cancel))[0];
        Assert.Equal((false, 2, 3), (alpha.Ready, alpha.Reachable, alpha.Terms.Required));
    }

    [Fact]
    public async Task The_expected_time_is_the_median_of_the_runbooks_rehearsals()
    {
        await using var world = await Start(TestPack.PauseRunbook("Alpha"));
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (id, contained) in new[] { ("reh_1", 5000L), ("reh_2", 1000L), ("reh_3", 3000L) })
        {
            await world.Get<RecordRehearsal>().Record(
                new Rehearsal(id, "test", "pause", "breach", "devnet", "devnet", "0x01", "0x02", null, now, now, 1, 2, contained, null, 1, 2, null, null),
                Actor.Parse("operator:carol"), Cancel);
        }

        Assert.Equal(3000, (await world.Get<ContractReadiness>().Query(Cancel))[0].ExpectedContainedMs);
    }

    [Fact]
    public async Task The_pausing_runbook_is_simulated_as_a_whole()
    {
        await using var world = await Start(TestPack.PauseRunbook("Alpha", "Beta"));
        var forecast = Assert.Single(await world.Get<PauseReadiness>().Query(Cancel));
        Assert.Equal(("pause", true, null), (forecast.Runbook, forecast.Ready, forecast.Problem));
        Assert.Equal(["Alpha", "Beta"], forecast.Calls.Select(call => call.TargetName));
        await chain.Rpc.Send("anvil_setCode", [TestPack.AddressOf(1).ToString(), Reverting], Cancel);
        Assert.False(Assert.Single(await world.Get<PauseReadiness>().Query(Cancel)).Ready);
    }

    private async Task<World> Start(string runbook, string account = "unlocked: true", int required = 2)
    {
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        using var pack = new TestPack(chain.Endpoint, new Dictionary<string, string> { ["pause"] = runbook }, account: account);
        var file = Path.Combine(pack.Folder, "policies.yaml");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancel)).Replace("emergency-pause: { approvals: 2", $"emergency-pause: {{ approvals: {required}", StringComparison.Ordinal), Cancel);
        return await World.Start(server, TestPack.Load(pack.Folder), new TestOperators(), workers: false);
    }
}
