using System.Globalization;
using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Faults;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Faults;

public sealed class DeployedMusd : AnvilFixture
{
    public ProtocolPack Pack { get; private set; } = null!;

    public DeployedPack Deployed { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var folder = Path.Combine(RepositoryRoot.Find(), "protocols", "musd");
        var result = PackLoader.Load(folder);
        Pack = result.Pack ?? throw new InvalidOperationException(string.Join('\n', result.Findings));
        Deployed = await new PackDeployer(Rpc).Deploy(folder, CancellationToken.None);
        await Anvil.SetBlockTime(TimeSpan.FromSeconds(1), CancellationToken.None);
    }
}

public sealed class FaultInjectorTests(DeployedMusd musd) : IClassFixture<DeployedMusd>
{
    [Fact]
    public async Task A_supply_cap_breach_leaves_more_supply_than_the_cap_and_the_cap_rule_as_it_was()
    {
        var localCap = await Read("MUSD", "localCapBps()(uint256)");

        var anomaly = await Inject("supply-cap-breach");

        Assert.True(await Read("MUSD", "totalSupply()(uint256)") > await Read("MUSD", "supplyCap()(uint256)"));
        Assert.True(await Read("MUSD", "totalSupply()(uint256)", anomaly.Block - 1) < await Read("MUSD", "supplyCap()(uint256)"));
        Assert.Equal(localCap, await Read("MUSD", "localCapBps()(uint256)"));
    }

    [Fact]
    public async Task A_change_beside_transactions_is_an_anomaly_of_the_first_block_that_shows_it()
    {
        var head = await musd.Anvil.Head(CancellationToken.None);
        var fault = new FaultDefinition("rich", "X", null, [], [new FaultRpc("anvil_setBalance", ["#mallory", "0x1"])]);

        var anomaly = await Injector(new ServiceSwitch("/nowhere")).Inject(fault, CancellationToken.None);

        Assert.True(anomaly.Block > head);
        var balance = await musd.Rpc.Send("eth_getBalance", [musd.Deployed.Accounts["mallory"].ToString(), "latest"], CancellationToken.None);
        Assert.Equal(1u, DevnetRpc.Quantity(balance));
    }

    [Fact]
    public async Task A_fault_without_an_effect_is_refused()
    {
        var fault = new FaultDefinition("nothing", "X", null, [], []);

        var refused = await Assert.ThrowsAsync<DevnetException>(
            () => Injector(new ServiceSwitch("/nowhere")).Inject(fault, CancellationToken.None));

        Assert.Equal("Fault nothing of pack musd has no step with an effect. Add one to faults.yaml.", refused.Message);
    }

    private FaultInjector Injector(ServiceSwitch services) =>
        new(musd.Rpc, musd.Pack, musd.Deployed, services, TimeProvider.System);

    private Task<Anomaly> Inject(string fault) =>
        Injector(new ServiceSwitch("/nowhere")).Inject(musd.Pack.Faults.Single(f => f.Name == fault), CancellationToken.None);

    private async Task<BigInteger> Read(string contract, string signature, ulong? block = null)
    {
        var function = AbiFunction.Parse(signature);
        var at = block is { } number ? "0x" + number.ToString("x", CultureInfo.InvariantCulture) : "latest";
        var answer = await musd.Rpc.Send(
            "eth_call", [new { to = musd.Deployed.Contracts[contract].ToString(), data = function.SelectorText }, at], CancellationToken.None);
        return DevnetRpc.LargeQuantity(answer);
    }
}
