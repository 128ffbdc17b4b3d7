namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>What the emergency pause relies on.</summary>
public sealed class PauseTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    public static readonly string[] Order = ["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"];

    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_deployer_pauses_all_four_in_the_order_of_the_runbook()
    {
        foreach (var contract in Order)
        {
            Assert.False(await musd.Paused(contract));
            await musd.Send("deployer", contract, "pause()");
            Assert.True(await musd.Paused(contract));
        }
    }

    [Theory]
    [InlineData("BorrowModule")]
    [InlineData("SMUSD")]
    [InlineData("DirectMintV2")]
    [InlineData("BLEBridgeV9")]
    [InlineData("MUSD")]
    [InlineData("LiquidationEngine")]
    [InlineData("CollateralVault")]
    [InlineData("Treasury")]
    public async Task Nobody_without_the_role_pauses_and_pausing_twice_is_refused(string contract)
    {
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("mallory", contract, "pause()"));
        await musd.Send("deployer", contract, "pause()");
        Assert.Equal("EnforcedPause", await musd.Refused("deployer", contract, "pause()"));
    }

    [Theory]
    [InlineData("BorrowModule", "PAUSER_ROLE")]
    [InlineData("SMUSD", "PAUSER_ROLE")]
    [InlineData("DirectMintV2", "PAUSER_ROLE")]
    [InlineData("BLEBridgeV9", "EMERGENCY_ROLE")]
    public async Task Without_the_role_the_deployer_cannot_pause(string contract, string role)
    {
        await musd.Send("deployer", contract, "revokeRole(bytes32,address)", MusdDevnet.Role(role), musd.Account("deployer"));
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("deployer", contract, "pause()"));
    }

    [Fact]
    public async Task A_paused_BorrowModule_neither_lends_nor_takes_back_but_liquidations_go_on()
    {
        await musd.Send("deployer", "BorrowModule", "pause()");
        Assert.Equal("EnforcedPause", await musd.Refused("borrower", "BorrowModule", "borrow(uint256)", 200 * MusdDevnet.Musd));
        Assert.Equal("EnforcedPause", await musd.Refused("borrower", "BorrowModule", "repay(uint256)", 200 * MusdDevnet.Musd));
        Assert.Equal("EnforcedPause", await musd.Refused("borrower", "BorrowModule", "withdrawCollateral(address,uint256)", musd.At("WETH"), MusdDevnet.Musd));
        await musd.Send("feeder", "WETHFeed", "pin(int256)", 2_125 * MusdDevnet.Usdc * 100);
        await musd.Send("mallory", "LiquidationBatch", "liquidateMany", musd.Account("borrower"), musd.At("WETH"), 100 * MusdDevnet.Musd, System.Numerics.BigInteger.One);
    }

    [Fact]
    public async Task A_paused_SMUSD_takes_no_stake_and_offers_none()
    {
        await musd.Send("deployer", "SMUSD", "pause()");
        var trader = musd.Account("trader1");
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "SMUSD", "deposit(uint256,address)", MusdDevnet.Musd, trader));
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "SMUSD", "redeem(uint256,address,address)", MusdDevnet.Musd, trader, trader));
        Assert.Equal(0, await musd.Number("SMUSD", "maxDeposit(address)", trader));
        Assert.Equal(0, await musd.Number("SMUSD", "maxRedeem(address)", trader));
    }

    [Fact]
    public async Task A_paused_DirectMintV2_neither_mints_nor_redeems()
    {
        await musd.Send("deployer", "DirectMintV2", "pause()");
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "DirectMintV2", "mint(uint256)", 100 * MusdDevnet.Usdc));
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "DirectMintV2", "redeem(uint256)", 100 * MusdDevnet.Musd));
    }

    [Fact]
    public async Task A_paused_bridge_lets_nothing_out()
    {
        await musd.Send("deployer", "BLEBridgeV9", "pause()");
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "BLEBridgeV9", "bridgeToCanton(uint256,string)", MusdDevnet.Musd, "alice::1220aa"));
    }

    [Fact]
    public async Task The_four_pauses_leave_transfers_of_mUSD_free()
    {
        foreach (var contract in Order) await musd.Send("deployer", contract, "pause()");
        await musd.Send("trader1", "MUSD", "transfer(address,uint256)", musd.Account("trader2"), MusdDevnet.Musd);
        await musd.Send("deployer", "MUSD", "pause()");
        Assert.Equal("EnforcedPause", await musd.Refused("trader1", "MUSD", "transfer(address,uint256)", musd.Account("trader2"), MusdDevnet.Musd));
    }
}
