using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.Testing;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>mUSD on a chain of its own; nothing is known of it but its ABIs and a list of addresses.</summary>
public sealed class DeployedMusd : AnvilFixture
{
    public IReadOnlyDictionary<string, string> Variables { get; private set; } = new Dictionary<string, string>();

    public static string PackRoot => Path.Combine(Repository.Root, "protocols", "musd");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var deployed = await new PackDeployer(Rpc).Deploy(PackRoot, CancellationToken.None);
        var pack = PackLoader.Load(PackRoot).Pack!;
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["DEPLOYER_ADDRESS"] = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            ["STRANGER_ADDRESS"] = "0x00000000000000000000000000000000000abcde",
        };
        foreach (var (name, address) in deployed.Contracts)
        {
            if (pack.Contracts.TryGetValue(name, out var contract) && contract.Variables.Count > 0) variables[contract.Variables[0]] = address.ToString();
        }

        Variables = variables;
    }
}

[Trait("slow", "true")]
public sealed class LiveCheckerTests(DeployedMusd chain) : IClassFixture<DeployedMusd>
{
    private async Task<IReadOnlyList<Finding>> Check(string lines)
    {
        await using var rpc = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var scope = await LooseScope.Bind(LooseScope.Abis(Path.Combine(DeployedMusd.PackRoot, "abis")), chain.Variables, rpc, null, CancellationToken.None);
        return await new LiveChecker(rpc, scope).Check(RunbookParser.Parse("r.md", Encoding.UTF8.GetBytes($"# R\n\n```bash\n{lines}\n```\n")), CancellationToken.None);
    }

    [Theory]
    [InlineData("cast send $SMUSD \"pause()\" --account stranger", "QD5002", "PAUSER_ROLE")]
    [InlineData("cast send $BLE_BRIDGE \"pause()\" --account stranger", "QD5002", "EMERGENCY_ROLE")]
    [InlineData("cast send $BLE_BRIDGE \"unpause()\" --account deployer", "QD4011", "requestUnpause")]
    [InlineData("cast call $SMUSD \"convertToAssets(uint256)(uint256)\" 1000000000000000000", "QD4008", "21 decimals")]
    [InlineData("echo \"scale=4; $(cast call $TREASURY 'totalAssets()' | cast --to-dec) / $(cast call $MUSD 'totalSupply()' | cast --to-dec)\" | bc", "QD4007", "10^12")]
    [InlineData("A=$(cast call $TREASURY 'totalValue()(uint256)')\nS=$(cast call $MUSD 'totalSupply()(uint256)')\necho \"$A / $S\" | bc", "QD4007", "10^12")]
    [InlineData("cast call $PRICE_ORACLE \"getLatestPrices(address)\" $COLLATERAL_TOKEN", "QD4002", "'getLatestPrice'")]
    [InlineData("cast call $STRANGER_ADDRESS \"paused()(bool)\"", "QD5003", "no contract")]
    public async Task A_fault_that_only_the_chain_shows_is_an_error_with_its_reason(string lines, string code, string says)
    {
        var error = Assert.Single(await Check(lines), f => f.Severity == FindingSeverity.Error);
        Assert.Equal(code, error.Code);
        Assert.Contains(says, error.Message + error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cast send $SMUSD \"pause()\" --account deployer")]
    [InlineData("cast call $SMUSD \"convertToAssets(uint256)(uint256)\" 1000000000000000000000")]
    [InlineData("echo \"scale=4; $(cast call $TREASURY 'totalAssets()' | cast --to-dec) * 10^12 / $(cast call $MUSD 'totalSupply()' | cast --to-dec)\" | bc")]
    [InlineData("cast send $SMUSD \"pause()\" --account deployer\ncast send $SMUSD \"unpause()\" --account deployer")]
    [InlineData("cast send $BLE_BRIDGE \"requestUnpause()\" --account deployer\ncast send $BLE_BRIDGE \"executeUnpause()\" --account deployer")]
    public async Task What_works_is_no_error(string lines) =>
        Assert.DoesNotContain(await Check(lines), f => f.Severity == FindingSeverity.Error);

    [Fact]
    public async Task Our_own_runbooks_have_no_error_against_the_chain_they_are_for()
    {
        var pack = PackLoader.Load(DeployedMusd.PackRoot).Pack!;
        await using var rpc = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var known = CheckScope.Of(pack, null);
        var scope = new CheckScope
        {
            Contracts = [.. known.Contracts.Select(c => c with { Address = c.Definition!.Variables.Count > 0 && chain.Variables.TryGetValue(c.Definition.Variables[0], out var a) ? Address.Parse(a) : null })],
            Variables = chain.Variables,
            Accounts = new Dictionary<string, Address?> { ["deployer"] = Address.Parse(chain.Variables["DEPLOYER_ADDRESS"]) },
            Alerts = known.Alerts,
            Metrics = known.Metrics,
            Runbooks = known.Runbooks,
        };
        foreach (var document in pack.RunbookDocuments)
            Assert.DoesNotContain(await new LiveChecker(rpc, scope).Check(document, CancellationToken.None), f => f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task A_chain_that_does_not_answer_is_a_finding()
    {
        await using var rpc = new JsonRpcTransport(new Uri("http://127.0.0.1:1"), RpcMethods.ReadOnly);
        var scope = await LooseScope.Bind(LooseScope.Abis(Path.Combine(DeployedMusd.PackRoot, "abis")), chain.Variables, null, null, CancellationToken.None);
        var found = await new LiveChecker(rpc, scope).Check(RunbookParser.Parse("r.md", "# R\n\n```bash\ncast call $MUSD \"totalSupply()(uint256)\"\n```\n"u8), CancellationToken.None);
        Assert.Contains(found, f => f.Code == "QD5007");
    }
}
