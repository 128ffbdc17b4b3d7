using System.Numerics;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>Every function name that runbooks print is there, and means what its reader expects.</summary>
public sealed partial class RunbookNamesTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_printed_views_answer_as_the_contracts_own_names_do()
    {
        Assert.Equal(await musd.Number("MUSD", "supplyCap()"), await musd.Number("DirectMintV2", "supplyCap()"));
        Assert.Equal(await musd.Number("Treasury", "totalValue()"), await musd.Number("Treasury", "totalAssets()"));
        Assert.Equal(
            await musd.Number("PriceOracle", "getPrice(address)", musd.At("WETH")),
            await musd.Number("PriceOracle", "getLatestPrice(address)", musd.At("WETH")));
        Assert.Equal(6, ((object?[])(await musd.Read("Treasury", "getStrategyReport(address)", musd.At("Strategy")))!).Length);
        Assert.Equal("UnknownStrategy", await musd.ReadRefused("Treasury", "getStrategyReport(address)", musd.At("WETH")));
    }

    [Fact]
    public async Task UpdateRelayer_moves_the_role_in_one_transaction()
    {
        var (old, next) = (musd.Account("relayer"), musd.Account("feeder"));
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("relayer", "BLEBridgeV9", "updateRelayer(address)", next));
        await musd.Send("deployer", "BLEBridgeV9", "updateRelayer(address)", next);
        Assert.False(await musd.HasRole("BLEBridgeV9", "RELAYER_ROLE", old));
        Assert.True(await musd.HasRole("BLEBridgeV9", "RELAYER_ROLE", next));
        Assert.Equal(next, await musd.Read("BLEBridgeV9", "relayer()"));
    }

    [Fact]
    public async Task UpdateValidator_replaces_one_in_its_place()
    {
        var next = musd.Account("feeder");
        Assert.Equal("UnknownValidatorIndex", await musd.Refused("deployer", "BLEBridgeV9", "updateValidator(uint256,address)", new BigInteger(3), next));
        Assert.Equal("InvalidAddress", await musd.Refused("deployer", "BLEBridgeV9", "updateValidator(uint256,address)", BigInteger.One, musd.Account("validator1")));
        await musd.Send("deployer", "BLEBridgeV9", "updateValidator(uint256,address)", BigInteger.One, next);
        Assert.Equal([musd.Account("validator1"), next, musd.Account("validator3")], ((object?[])(await musd.Read("BLEBridgeV9", "validators()"))!).Cast<Address>());
        Assert.False(await musd.HasRole("BLEBridgeV9", "VALIDATOR_ROLE", musd.Account("validator2")));
        Assert.True(await musd.HasRole("BLEBridgeV9", "VALIDATOR_ROLE", next));
    }

    [Fact]
    public async Task Roles_granted_and_revoked_by_hand_keep_the_list_of_validators_true()
    {
        await musd.Send("deployer", "BLEBridgeV9", "revokeRole(bytes32,address)", MusdDevnet.Role("VALIDATOR_ROLE"), musd.Account("validator1"));
        await musd.Send("deployer", "BLEBridgeV9", "grantRole(bytes32,address)", MusdDevnet.Role("VALIDATOR_ROLE"), musd.Account("feeder"));
        var validators = ((object?[])(await musd.Read("BLEBridgeV9", "validators()"))!).Cast<Address>().ToArray();
        Assert.Equal(new[] { musd.Account("validator2"), musd.Account("validator3"), musd.Account("feeder") }.Order(), validators.Order());
        foreach (var validator in validators) Assert.True(await musd.HasRole("BLEBridgeV9", "VALIDATOR_ROLE", validator));
    }

    [Fact]
    public void Every_cast_line_of_every_runbook_names_a_function_of_its_contract()
    {
        var pack = PackLoader.Load(MusdDevnet.PackRoot).Pack!;
        var contracts = pack.Contracts.Values.SelectMany(c => c.Variables.Select(v => (v, c))).ToDictionary(x => x.v, x => x.c);
        var lines = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(MusdDevnet.PackRoot, "runbooks"), "*.md"))
        {
            foreach (Match match in CastLine().Matches(File.ReadAllText(file)))
            {
                lines++;
                var contract = contracts[match.Groups["variable"].Value];
                var written = AbiFunction.Parse(match.Groups["function"].Value);
                var found = contract.Abi!.FindFunction(written.Signature);
                Assert.True(found is not null, $"{Path.GetFileName(file)}: {contract.Name} has no {written.Signature}");
                Assert.True(match.Groups["verb"].Value == "send" || found.Outputs.Select(o => o.Type.ToString()).SequenceEqual(written.Outputs.Select(o => o.Type.ToString())), $"{Path.GetFileName(file)}: {match.Value}");
            }
        }

        Assert.True(lines > 50, $"{lines} lines found");
    }

    [GeneratedRegex("""cast (?<verb>call|send) \$(?<variable>[A-Z0-9_]+) "(?<function>[^"]+)""")]
    private static partial Regex CastLine();
}
