using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Packs;
using Quarterdeck.Testing;

namespace Quarterdeck.Cli.Tests.Drills;

public sealed class PauseWatchTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>
{
    [Fact]
    public async Task Paused_contracts_are_told_in_the_order_of_the_chain_whatever_order_was_asked()
    {
        var folder = Path.Combine(RepositoryRoot.Find(), "protocols", "musd");
        var pack = PackLoader.Load(folder).Pack!;
        var deployed = await new PackDeployer(anvil.Rpc).Deploy(folder, CancellationToken.None);
        var watch = new PauseWatch(anvil.Rpc, pack, deployed, ["BorrowModule", "SMUSD", "BLEBridgeV9"]);
        var before = await anvil.Anvil.Head(CancellationToken.None);
        Assert.Empty(await watch.PausedNow(CancellationToken.None));

        await Pause(deployed, "SMUSD");
        await Pause(deployed, "BorrowModule");

        Assert.Equal(["BorrowModule", "SMUSD"], await watch.PausedNow(CancellationToken.None));
        Assert.Equal([("SMUSD", before + 1), ("BorrowModule", before + 2)], await watch.PausedSince(before + 1, CancellationToken.None));
        Assert.Equal([("BorrowModule", before + 2)], await watch.PausedSince(before + 2, CancellationToken.None));
    }

    private Task<DevnetReceipt> Pause(DeployedPack deployed, string contract) => new DevnetSender(anvil.Rpc).Send(
        deployed.Accounts["deployer"], deployed.Contracts[contract], AbiFunction.Parse("pause()").EncodeCall(), 0, CancellationToken.None);
}
