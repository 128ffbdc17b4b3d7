using System.Numerics;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>The four ways back, each with its own authority and wait.</summary>
public sealed class UnpauseTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    private static readonly byte[] Unpause = [0x3f, 0x4b, 0xa8, 0x3a];

    public async ValueTask InitializeAsync()
    {
        await musd.Clean();
        foreach (var contract in PauseTests.Order) await musd.Send("deployer", contract, "pause()");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Plain_unpause_of_the_bridge_is_refused_even_for_its_administrator() =>
        Assert.Equal("UseRequestUnpauseAndExecuteUnpause", await musd.Refused("deployer", "BLEBridgeV9", "unpause()"));

    [Fact]
    public async Task The_bridge_opens_24_hours_after_the_request_and_not_a_second_before()
    {
        Assert.Equal("NoUnpauseRequest", await musd.Refused("deployer", "BLEBridgeV9", "executeUnpause()"));
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("relayer", "BLEBridgeV9", "requestUnpause()"));
        await musd.Send("deployer", "BLEBridgeV9", "requestUnpause()");
        await musd.Pass(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(30));
        Assert.Equal("TimelockNotElapsed", await musd.Refused("deployer", "BLEBridgeV9", "executeUnpause()"));
        await musd.Pass(TimeSpan.FromSeconds(30));
        await musd.Send("deployer", "BLEBridgeV9", "executeUnpause()");
        Assert.False(await musd.Paused("BLEBridgeV9"));
        Assert.Equal("NotPaused", await musd.Refused("deployer", "BLEBridgeV9", "requestUnpause()"));
    }

    [Fact]
    public async Task A_pause_of_the_bridge_voids_the_request_of_the_pause_before()
    {
        await musd.Send("deployer", "BLEBridgeV9", "requestUnpause()");
        await musd.Pass(TimeSpan.FromHours(24));
        await musd.Send("deployer", "BLEBridgeV9", "executeUnpause()");
        await musd.Send("deployer", "BLEBridgeV9", "pause()");
        Assert.Equal(0, await musd.Number("BLEBridgeV9", "unpauseRequestTime()"));
        Assert.Equal("NoUnpauseRequest", await musd.Refused("deployer", "BLEBridgeV9", "executeUnpause()"));
    }

    [Theory]
    [InlineData("DirectMintV2")]
    [InlineData("BorrowModule")]
    public async Task Behind_the_timelock_unpausing_takes_48_hours(string contract)
    {
        var salt = new byte[32];
        salt[31] = 7;
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("deployer", contract, "unpause()"));
        object?[] operation = [musd.At(contract), BigInteger.Zero, Unpause, new byte[32], salt];
        Assert.Equal("TimelockInsufficientDelay", await musd.Refused("deployer", "Timelock", "schedule", [.. operation, new BigInteger(48 * 3600 - 1)]));
        await musd.Send("deployer", "Timelock", "schedule", [.. operation, new BigInteger(48 * 3600)]);
        await musd.Pass(TimeSpan.FromHours(48) - TimeSpan.FromSeconds(30));
        Assert.Equal("TimelockUnexpectedOperationState", await musd.Refused("deployer", "Timelock", "execute", operation));
        await musd.Pass(TimeSpan.FromSeconds(30));
        await musd.Send("deployer", "Timelock", "execute", operation);
        Assert.False(await musd.Paused(contract));
        Assert.Equal("TimelockUnexpectedOperationState", await musd.Refused("deployer", "Timelock", "schedule", [.. operation, new BigInteger(48 * 3600)]));
    }

    [Fact]
    public async Task SMUSD_opens_at_once_for_its_administrator_and_only_when_paused()
    {
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("feeder", "SMUSD", "unpause()"));
        await musd.Send("deployer", "SMUSD", "unpause()");
        Assert.False(await musd.Paused("SMUSD"));
        Assert.Equal("ExpectedPause", await musd.Refused("deployer", "SMUSD", "unpause()"));
    }

    [Fact]
    public async Task With_clocks_started_together_all_four_open_in_reverse_order_after_48_hours()
    {
        var salt = new byte[32];
        salt[0] = 9;
        await musd.Send("deployer", "BLEBridgeV9", "requestUnpause()");
        foreach (var contract in new[] { "DirectMintV2", "BorrowModule" })
            await musd.Send("deployer", "Timelock", "schedule", musd.At(contract), BigInteger.Zero, Unpause, new byte[32], salt, new BigInteger(172_800));
        await musd.Pass(TimeSpan.FromHours(48));
        await musd.Send("deployer", "BLEBridgeV9", "executeUnpause()");
        await musd.Send("deployer", "Timelock", "execute", musd.At("DirectMintV2"), BigInteger.Zero, Unpause, new byte[32], salt);
        await musd.Send("deployer", "SMUSD", "unpause()");
        await musd.Send("deployer", "Timelock", "execute", musd.At("BorrowModule"), BigInteger.Zero, Unpause, new byte[32], salt);
        foreach (var contract in PauseTests.Order) Assert.False(await musd.Paused(contract));
        await musd.Send("trader1", "DirectMintV2", "mint(uint256)", 100 * MusdDevnet.Usdc);
    }
}
