using System.Text.Json;
using Quarterdeck.Devnet.Chain;

namespace Quarterdeck.Acceptance.Drills;

/// <summary>The emergency pause rehearsed on a fork of a chain that runs, which notices nothing of it.</summary>
[Trait("slow", "true")]
public sealed class ForkDrillTests(RunningEnvironment running) : IClassFixture<RunningEnvironment>
{
    [Fact]
    public async Task The_emergency_pause_is_rehearsed_on_a_fork_and_the_forked_chain_stays_unpaused()
    {
        var deployer = running.Deployed.Accounts["deployer"].ToString();
        var before = DevnetRpc.Quantity(await running.Rpc.Send("eth_getTransactionCount", [deployer, "latest"], CancellationToken.None));

        var (code, output, errors) = await SupplyCapBreachTests.Drill(
            "emergency-pause", "--json", "--fork", running.Environment.File.Rpc, "--state", running.Environment.State);

        Assert.True(code == 0, errors + output);
        using var json = JsonDocument.Parse(output);
        Assert.Equal("fork", json.RootElement.GetProperty("ground").GetString());
        Assert.Equal(RunningEnvironment.PauseOrder, json.RootElement.GetProperty("paused").EnumerateArray().Select(name => name.GetString()));
        Assert.Empty(await running.Pauses.PausedNow(CancellationToken.None));
        Assert.Equal(before, DevnetRpc.Quantity(await running.Rpc.Send("eth_getTransactionCount", [deployer, "latest"], CancellationToken.None)));
    }
}
