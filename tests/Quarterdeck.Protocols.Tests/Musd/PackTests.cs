using System.Diagnostics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet;
using Quarterdeck.Packs;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>The pack's files fit together and with the contracts.</summary>
public sealed class PackTests(MusdDevnet musd) : IClassFixture<MusdDevnet>
{
    [Fact]
    public void The_pack_loads_without_a_finding()
    {
        var result = PackLoader.Load(MusdDevnet.PackRoot);
        Assert.Empty(result.Findings);
        Assert.NotNull(result.Pack);
    }

    [Fact]
    public void Every_runbook_that_a_fault_or_a_schedule_or_a_policy_names_is_there()
    {
        var pack = PackLoader.Load(MusdDevnet.PackRoot).Pack!;
        var files = Directory.EnumerateFiles(Path.Combine(pack.Root, "runbooks"), "*.md").Select(f => Path.GetFileNameWithoutExtension(f)!).ToHashSet();
        Assert.All(pack.Faults, fault => Assert.Contains(fault.Runbook ?? "", files));
        Assert.All(pack.Schedules, schedule => Assert.Contains(schedule.Runbook, files));
        Assert.All(pack.Policies.Propose, runbook => Assert.Contains(runbook, files));
    }

    [Fact]
    public void Hashes_of_roles_are_those_of_their_names()
    {
        var pack = PackLoader.Load(MusdDevnet.PackRoot).Pack!;
        Assert.NotEmpty(pack.Roles);
        Assert.All(pack.Roles, role => Assert.Equal(Hex.Data(MusdDevnet.Role(role.Key)), role.Value.ToString()));
    }

    [Theory]
    [InlineData("BorrowModule", "PAUSER_ROLE", "deployer")]
    [InlineData("SMUSD", "PAUSER_ROLE", "deployer")]
    [InlineData("DirectMintV2", "PAUSER_ROLE", "deployer")]
    [InlineData("BLEBridgeV9", "EMERGENCY_ROLE", "deployer")]
    [InlineData("BLEBridgeV9", "RELAYER_ROLE", "relayer")]
    public async Task Each_role_is_with_whom_it_should_be(string contract, string role, string account) =>
        Assert.True(await musd.HasRole(contract, role, musd.Account(account)));

    [Theory]
    [InlineData("BorrowModule")]
    [InlineData("DirectMintV2")]
    [InlineData("SMUSD")]
    [InlineData("PriceOracle")]
    [InlineData("CollateralVault")]
    [InlineData("LiquidationEngine")]
    [InlineData("BLEBridgeV9")]
    [InlineData("MUSD")]
    public async Task After_deployment_only_the_timelock_holds_TIMELOCK_ROLE(string contract)
    {
        Assert.True(await musd.HasRole(contract, "TIMELOCK_ROLE", musd.At("Timelock")));
        Assert.False(await musd.HasRole(contract, "TIMELOCK_ROLE", musd.Account("deployer")));
    }

    [Fact]
    public async Task Nobody_but_its_three_minters_holds_BRIDGE_ROLE_on_the_token()
    {
        foreach (var minter in new[] { "BLEBridgeV9", "BorrowModule", "DirectMintV2" }) Assert.True(await musd.HasRole("MUSD", "BRIDGE_ROLE", musd.At(minter)));
        foreach (var account in new[] { "deployer", "relayer", "mallory" }) Assert.False(await musd.HasRole("MUSD", "BRIDGE_ROLE", musd.Account(account)));
    }

    [Fact]
    public async Task The_compiled_contracts_are_those_of_the_sources()
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["compile.mjs", "musd", "--check"])
        {
            WorkingDirectory = Path.Combine(RepositoryRoot.Find(), "protocols"),
            RedirectStandardOutput = true,
        })!;
        var said = await node.StandardOutput.ReadToEndAsync(MusdDevnet.Cancel);
        await node.WaitForExitAsync(MusdDevnet.Cancel);
        Assert.Equal("musd: abis are current", said.Trim());
        Assert.Equal(0, node.ExitCode);
    }
}
