using System.Numerics;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>Prices, loans and liquidations as the oracle and liquidation runbooks rely on them.</summary>
public sealed class LendingTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    private static readonly BigInteger Dollar = 100_000_000;

    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_stale_price_stops_borrowing_withdrawing_and_liquidating_too()
    {
        await musd.Break("oracle-stale");
        Assert.Equal("StalePrice", await musd.ReadRefused("PriceOracle", "getPrice(address)", musd.At("WETH")));
        Assert.Equal("StalePrice", await musd.ReadRefused("PriceOracle", "getLatestPrice(address)", musd.At("WETH")));
        Assert.Equal("StalePrice", await musd.ReadRefused("PriceOracle", "getPriceUnsafe(address)", musd.At("WETH")));
        Assert.False((bool)(await musd.Read("PriceOracle", "isFeedHealthy(address)", musd.At("WETH")))!);
        Assert.Equal("StalePrice", await musd.Refused("borrower", "BorrowModule", "borrow(uint256)", 100 * MusdDevnet.Musd));
        Assert.Equal("StalePrice", await musd.Refused("borrower", "BorrowModule", "withdrawCollateral(address,uint256)", musd.At("WETH"), BigInteger.One));
        Assert.Equal("StalePrice", await Liquidate(1));
    }

    [Fact]
    public async Task A_price_of_one_hour_is_taken_and_one_second_more_is_stale()
    {
        await musd.Send("feeder", "WETHFeed", "fallSilent(uint256)", new BigInteger(3_590));
        Assert.Equal(2_500 * MusdDevnet.Musd, await musd.Number("PriceOracle", "getPrice(address)", musd.At("WETH")));
        await musd.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal("StalePrice", await musd.ReadRefused("PriceOracle", "getPrice(address)", musd.At("WETH")));
        Assert.Equal("Frozen", await musd.Refused("feeder", "WETHFeed", "setAnswer(int256)", 2_500 * Dollar));
        await musd.Send("feeder", "WETHFeed", "thaw()");
        Assert.Equal(2_500 * MusdDevnet.Musd, await musd.Number("PriceOracle", "getPrice(address)", musd.At("WETH")));
    }

    [Fact]
    public async Task A_move_of_more_than_20_percent_trips_the_breaker_but_not_the_unsafe_price()
    {
        await musd.Send("feeder", "WETHFeed", "setAnswer(int256)", 1_900 * Dollar);
        Assert.Equal("CircuitBreakerActive", await musd.ReadRefused("PriceOracle", "getPrice(address)", musd.At("WETH")));
        Assert.Equal(1_900 * MusdDevnet.Musd, await musd.Number("PriceOracle", "getPriceUnsafe(address)", musd.At("WETH")));
        await musd.Send("deployer", "PriceOracle", "updatePrice(address)", musd.At("WETH"));
        Assert.Equal(1_900 * MusdDevnet.Musd, await musd.Number("PriceOracle", "getPrice(address)", musd.At("WETH")));
        Assert.NotEqual(0, await musd.Number("PriceOracle", "circuitBreakerTrippedAt(address)", musd.At("WETH")));
    }

    [Fact]
    public async Task A_healthy_loan_is_not_liquidated_and_a_fall_of_15_percent_makes_it_so()
    {
        Assert.Equal("PositionHealthy", await Liquidate(1));
        await musd.Send("feeder", "WETHFeed", "setAnswer(int256)", 2_125 * Dollar);
        Assert.True(await musd.Number("BorrowModule", "healthFactor(address)", musd.Account("borrower")) < 10_000);
        var before = await musd.Number("WETH", "balanceOf(address)", musd.At("LiquidationBatch"));
        await Batch(1);
        var seized = await musd.Number("WETH", "balanceOf(address)", musd.At("LiquidationBatch")) - before;
        Assert.Equal(100 * MusdDevnet.Musd * 10_500 * MusdDevnet.Musd / (10_000 * 2_125 * MusdDevnet.Musd), seized);
    }

    [Fact]
    public async Task The_liquidation_fault_makes_sixty_events_and_leaves_the_breaker_alone()
    {
        await musd.Break("liquidation-surge");
        var all = await musd.Rpc.Send("eth_getLogs", [new { address = musd.At("LiquidationEngine").ToString(), fromBlock = "0x0" }], MusdDevnet.Cancel);
        Assert.Equal(60, all.EnumerateArray().Count(log => log.GetProperty("topics")[0].GetString()!.StartsWith("0xd58706648644be27", StringComparison.Ordinal)));
        Assert.Equal(2_125 * MusdDevnet.Musd, await musd.Number("PriceOracle", "getPrice(address)", musd.At("WETH")));
    }

    [Fact]
    public async Task Dust_and_ones_own_loan_are_not_liquidated()
    {
        Assert.Equal("DustLiquidation", await musd.Refused("trader1", "LiquidationEngine", "liquidate(address,address,uint256)", musd.Account("borrower"), musd.At("WETH"), BigInteger.One));
        Assert.Equal("CannotSelfLiquidate", await musd.Refused("borrower", "LiquidationEngine", "liquidate(address,address,uint256)", musd.Account("borrower"), musd.At("WETH"), 100 * MusdDevnet.Musd));
    }

    [Fact]
    public async Task A_loan_stays_within_its_collateral_and_is_repaid()
    {
        Assert.Equal("ExceedsBorrowCapacity", await musd.Refused("borrower", "BorrowModule", "borrow(uint256)", 2_000 * MusdDevnet.Musd));
        Assert.Equal("BelowMinDebt", await musd.Refused("trader1", "BorrowModule", "borrow(uint256)", 99 * MusdDevnet.Musd));
        await musd.Send("borrower", "MUSD", "approve(address,uint256)", musd.At("BorrowModule"), 10_000 * MusdDevnet.Musd);
        var before = await musd.Number("BorrowModule", "totalDebt(address)", musd.Account("borrower"));
        await musd.Send("borrower", "BorrowModule", "repay(uint256)", 10_000 * MusdDevnet.Musd);
        Assert.True(await musd.Number("BorrowModule", "totalDebt(address)", musd.Account("borrower")) < before - (9_999 * MusdDevnet.Musd));
    }

    [Fact]
    public async Task Interest_goes_to_stakers_and_raises_the_share_price()
    {
        var price = await musd.Number("SMUSD", "convertToAssets(uint256)", BigInteger.Pow(10, 21));
        await musd.Pass(TimeSpan.FromDays(1));
        await musd.Send("mallory", "BorrowModule", "accrueGlobalInterest()");
        Assert.Equal(0, await musd.Number("BorrowModule", "pendingInterest()"));
        Assert.True(await musd.Number("SMUSD", "convertToAssets(uint256)", BigInteger.Pow(10, 21)) > price);
    }

    [Fact]
    public async Task The_age_of_the_price_is_measured_in_chain_time()
    {
        await musd.Pass(TimeSpan.FromMinutes(40));
        var head = await musd.Chain.Head(MusdDevnet.Cancel);
        var time = (BigInteger)(await musd.Chain.Read("Multicall3", "getCurrentBlockTimestamp()", [], MusdDevnet.Cancel, head.Number))!;
        Assert.Equal(head.Time, time);
        Assert.InRange((long)(time - await musd.Number("WETHFeed", "latestTimestamp()")), 2_400, 2_500);
    }

    private Task Batch(int times) => musd.Send(
        "mallory", "LiquidationBatch", "liquidateMany", musd.Account("borrower"), musd.At("WETH"), 100 * MusdDevnet.Musd, new BigInteger(times));

    private Task<string> Liquidate(int times) => musd.Refused(
        "mallory", "LiquidationBatch", "liquidateMany", musd.Account("borrower"), musd.At("WETH"), 100 * MusdDevnet.Musd, new BigInteger(times));
}
