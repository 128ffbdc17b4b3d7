using System.Diagnostics;
using System.Text.Json;
using Quarterdeck.Acceptance.Drills;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Acceptance.Crashes;

/// <summary>kill -9 of the real server process at moments where the least may be lost.</summary>
public sealed class KilledServerTests
{
    private static readonly AbiEvent Paused = AbiEvent.Parse("event Paused(address account)");

    [Fact]
    public async Task A_server_killed_between_two_pauses_completes_the_run_and_pauses_nothing_twice()
    {
        await using var ground = await DrillGround.Find(
            "supply-cap-breach", RunningEnvironment.Folder(), [RunningEnvironment.Musd], own: true, new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        var keys = await DevnetKeys.Ensure(ground.State, ground.File.Packs, CancellationToken.None);
        var killed = 0;
        using var drill = new Drill(ground, keys.Operators, TimeSpan.FromSeconds(120), moment =>
        {
            // After the approvals, before the last pause.
            if (killed == 0 && moment.Text.StartsWith("BorrowModule paused", StringComparison.Ordinal)) killed = Kill(ground.State);
        });

        var report = await drill.Run(CancellationToken.None);

        Assert.NotEqual(0, killed);
        using var json = JsonDocument.Parse(report.ToJson());
        SupplyCapBreachTests.Contained(json.RootElement);
        Assert.Equal(RunningEnvironment.PauseOrder, await PausedEvents(ground));
        var now = (await EnvironmentFile.Load(ground.State, CancellationToken.None))!;
        Assert.NotEqual(killed, now.Processes["server"]);
    }

    /// <summary>The two boundaries that lie before the engine: a run proposed, an approval given. Those of the engine are tested with it.</summary>
    [Theory]
    [Trait("slow", "true")]
    [InlineData("runs.proposed")]
    [InlineData("approvals.approved")]
    [InlineData("approvals.approved:2")]
    [InlineData("transactions.broadcast:2")]
    [InlineData("audit.leaves.numbered:5")]
    [InlineData("audit.leaves.committed:5")]
    [InlineData("audit.checkpoint.remembered:3")]
    public async Task A_server_that_dies_at_a_boundary_loses_and_doubles_nothing(string boundary)
    {
        var server = new Dictionary<string, string> { ["QUARTERDECK_CRASH_AT"] = boundary };
        var restarts = new List<string>();
        await using var ground = await DrillGround.Find(
            "supply-cap-breach", RunningEnvironment.Folder(), [RunningEnvironment.Musd], own: true, server, text =>
            {
                lock (restarts) restarts.Add(text);
            }, CancellationToken.None);
        var keys = await DevnetKeys.Ensure(ground.State, ground.File.Packs, CancellationToken.None);
        using var drill = new Drill(ground, keys.Operators, TimeSpan.FromSeconds(120), _ => { });

        var report = await drill.Run(CancellationToken.None);

        using var json = JsonDocument.Parse(report.ToJson());
        SupplyCapBreachTests.Contained(json.RootElement);
        Assert.Equal(RunningEnvironment.PauseOrder, await PausedEvents(ground));
        lock (restarts) Assert.Contains(restarts, text => text.Contains("started again", StringComparison.Ordinal));
    }

    private static int Kill(string state)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(EnvironmentFile.PathIn(state)));
        var id = file.RootElement.GetProperty("processes").GetProperty("server").GetInt32();
        using var process = Process.GetProcessById(id);
        process.Kill();
        return id;
    }

    // Every event of the chain, not the first of each contract: a second pause would show, were it to go through.
    private static async Task<IEnumerable<string>> PausedEvents(DrillGround ground)
    {
        var logs = await ground.Rpc.Send("eth_getLogs", [new { fromBlock = "0x0", topics = new[] { Paused.Topic0.ToString() } }], CancellationToken.None);
        var names = ground.Deployed.Contracts.ToDictionary(entry => entry.Value, entry => entry.Key);
        return [.. logs.EnumerateArray()
            .OrderBy(log => DevnetRpc.Quantity(log.GetProperty("blockNumber"))).ThenBy(log => DevnetRpc.Quantity(log.GetProperty("logIndex")))
            .Select(log => names[Address.Parse(log.GetProperty("address").GetString())])];
    }
}
