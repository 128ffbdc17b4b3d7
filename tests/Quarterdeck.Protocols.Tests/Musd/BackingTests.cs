using System.Numerics;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>Supply, cap, reserve and share price: what the alerts and diagnoses read.</summary>
public sealed class BackingTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_mint_of_100_000_USDC_gives_99_000_mUSD_and_leaves_1_000_as_fee()
    {
        var before = await musd.Number("MUSD", "balanceOf(address)", musd.Account("trader1"));
        var treasury = await musd.Number("Treasury", "totalValue()");
        await musd.Send("trader1", "DirectMintV2", "mint(uint256)", 100_000 * MusdDevnet.Usdc);
        Assert.Equal(99_000 * MusdDevnet.Musd, await musd.Number("MUSD", "balanceOf(address)", musd.Account("trader1")) - before);
        Assert.Equal(99_000 * MusdDevnet.Usdc, await musd.Number("Treasury", "totalValue()") - treasury);
    }

    [Fact]
    public async Task A_redemption_needs_an_allowance_and_pays_one_to_one()
    {
        Assert.Equal("ERC20InsufficientAllowance", await musd.Refused("trader1", "DirectMintV2", "redeem(uint256)", 1_000 * MusdDevnet.Musd));
        await musd.Send("trader1", "MUSD", "approve(address,uint256)", musd.At("DirectMintV2"), 1_000 * MusdDevnet.Musd);
        var before = await musd.Number("USDC", "balanceOf(address)", musd.Account("trader1"));
        await musd.Send("trader1", "DirectMintV2", "redeem(uint256)", 1_000 * MusdDevnet.Musd);
        Assert.Equal(1_000 * MusdDevnet.Usdc, await musd.Number("USDC", "balanceOf(address)", musd.Account("trader1")) - before);
    }

    [Fact]
    public async Task The_cap_may_fall_below_the_supply_and_then_nothing_is_minted()
    {
        var supply = await musd.Number("MUSD", "totalSupply()");
        await musd.Send("deployer", "MUSD", "setSupplyCap(uint256)", supply - 1);
        Assert.True(await musd.Number("MUSD", "totalSupply()") > await musd.Number("MUSD", "supplyCap()"));
        Assert.Equal(0, await musd.Number("DirectMintV2", "remainingMintable()"));
        Assert.Equal("ExceedsSupplyCap", await musd.Refused("trader1", "DirectMintV2", "mint(uint256)", 100 * MusdDevnet.Usdc));
    }

    [Fact]
    public async Task The_cap_rises_once_in_24_hours_and_only_for_those_who_may()
    {
        Assert.Equal("Unauthorized", await musd.Refused("mallory", "MUSD", "setSupplyCap(uint256)", MusdDevnet.Musd));
        var cap = await musd.Number("MUSD", "supplyCap()");
        await musd.Send("deployer", "MUSD", "setSupplyCap(uint256)", cap + 1);
        Assert.Equal("CapIncreaseCooldown", await musd.Refused("deployer", "MUSD", "setSupplyCap(uint256)", cap + 2));
        await musd.Pass(TimeSpan.FromHours(24));
        await musd.Send("deployer", "MUSD", "setSupplyCap(uint256)", cap + 2);
    }

    [Fact]
    public async Task Ethereum_mints_at_most_60_percent_of_the_cap()
    {
        var supply = await musd.Number("MUSD", "totalSupply()");
        await musd.Send("deployer", "MUSD", "setSupplyCap(uint256)", (supply + (10 * MusdDevnet.Musd)) * 10_000 / 6_000);
        Assert.Equal("ExceedsLocalCap", await musd.Refused("trader1", "DirectMintV2", "mint(uint256)", 100 * MusdDevnet.Usdc));
    }

    [Fact]
    public async Task The_reserve_ratio_is_exact_with_twelve_decimals_between_the_two_sides()
    {
        var (value, supply) = (await musd.Number("Treasury", "totalValue()"), await musd.Number("MUSD", "totalSupply()"));
        Assert.Equal(4_360_000 * MusdDevnet.Usdc, value);
        Assert.Equal(4_034_000 * MusdDevnet.Musd, supply);
        Assert.Equal(0, value * 10_000 / supply);
        Assert.Equal(10_808, value * BigInteger.Pow(10, 12) * 10_000 / supply);
    }

    [Fact]
    public async Task A_strategys_loss_is_in_the_treasurys_value_and_in_its_report()
    {
        await musd.Break("reserve-drop");
        Assert.Equal(2_560_000 * MusdDevnet.Usdc, await musd.Number("Treasury", "totalAssets()"));
        var report = (object?[])(await musd.Read("Treasury", "getStrategyReport(address)", musd.At("Strategy")))!;
        Assert.Equal(200_000 * MusdDevnet.Usdc, report[0]);
        Assert.Equal(-1_800_000 * MusdDevnet.Usdc, report[2]);
        Assert.True(await musd.Number("Treasury", "totalValue()") * BigInteger.Pow(10, 12) * 100 <= await musd.Number("MUSD", "totalSupply()") * 90);
    }

    [Fact]
    public async Task A_share_has_21_decimals_and_10_to_the_21_of_them_are_one_mUSD_at_par()
    {
        Assert.Equal(21, await musd.Number("SMUSD", "decimals()"));
        Assert.Equal(MusdDevnet.Musd, await musd.Number("SMUSD", "convertToAssets(uint256)", BigInteger.Pow(10, 21)));
        Assert.Equal(BigInteger.Pow(10, 15), await musd.Number("SMUSD", "convertToAssets(uint256)", MusdDevnet.Musd));
    }

    [Fact]
    public async Task Stakes_and_leaving_never_lower_the_share_price_but_a_loss_does()
    {
        async Task<BigInteger> Price() => await musd.Number("SMUSD", "convertToAssets(uint256)", BigInteger.Pow(10, 21));
        var trader = musd.Account("trader1");
        await musd.Send("trader1", "MUSD", "approve(address,uint256)", musd.At("SMUSD"), 1_000_000 * MusdDevnet.Musd);
        await musd.Send("trader1", "MUSD", "transfer(address,uint256)", musd.At("SMUSD"), 12_345_678_901);
        var price = await Price();
        foreach (var odd in new[] { 1, 3, 777, 1_234_567 })
        {
            await musd.Send("trader1", "SMUSD", "deposit(uint256,address)", MusdDevnet.Musd + odd, trader);
            Assert.True(await Price() >= price);
            price = await Price();
        }

        Assert.Equal("CooldownActive", await musd.Refused("trader1", "SMUSD", "redeem(uint256,address,address)", MusdDevnet.Musd, trader, trader));
        await musd.Pass(TimeSpan.FromHours(24));
        await musd.Send("trader1", "SMUSD", "redeem(uint256,address,address)", 7_777_777_777_777, trader, trader);
        Assert.True(await Price() >= price);
        price = await Price();
        await musd.Break("share-price-drop");
        Assert.True(await Price() < price);
    }

    [Fact]
    public async Task The_supply_cap_fault_mints_past_the_cap_and_puts_the_limit_back()
    {
        await musd.Break("supply-cap-breach");
        Assert.True(await musd.Number("MUSD", "totalSupply()") > await musd.Number("MUSD", "supplyCap()"));
        Assert.Equal(100_000_000 * MusdDevnet.Musd, await musd.Number("MUSD", "supplyCap()"));
        Assert.Equal(6000, await musd.Number("MUSD", "localCapBps()"));
        Assert.Equal(120_000_000 * MusdDevnet.Musd, await musd.Number("MUSD", "balanceOf(address)", musd.Account("mallory")));
    }
}
