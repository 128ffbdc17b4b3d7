using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Deployment;

public sealed class PackDeployerTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    private static string Pack => Path.Combine(RepositoryRoot.Find(), "protocols", "musd");

    [Fact]
    public async Task The_pack_is_deployed_as_its_file_says_and_found_again()
    {
        var deployer = new PackDeployer(fixture.Rpc);

        var deployed = await deployer.Deploy(Pack, CancellationToken.None);

        Assert.True(await deployer.IsThere(deployed, CancellationToken.None));
        var paused = AbiFunction.Parse("paused()(bool)");
        foreach (var name in new[] { "BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9" })
        {
            var answer = await fixture.Rpc.Send(
                "eth_call", [new { to = deployed.Contracts[name].ToString(), data = paused.SelectorText }, "latest"], CancellationToken.None);
            Assert.Equal(0u, DevnetRpc.Quantity(answer));
        }

        var path = Path.Combine(Directory.CreateTempSubdirectory("deployment-").FullName, "musd.json");
        deployed.Save(path);
        var loaded = await DeployedPack.Load(path, CancellationToken.None);
        Assert.Equal(deployed.Contracts, loaded!.Contracts);
        Assert.Equal(deployed.Source, await PackDeployer.SourceOf(Pack, CancellationToken.None));
        Assert.False(await deployer.IsThere(
            deployed with { Contracts = new Dictionary<string, Chains.Evm.Address> { ["Gone"] = Chains.Evm.Address.Zero } }, CancellationToken.None));
    }

    [Fact]
    public async Task A_step_that_reverts_is_named_with_its_line_and_the_contracts_own_error()
    {
        var folder = Copy(Pack);
        await File.WriteAllTextAsync(Path.Combine(folder, "contracts", "deploy.yaml"), """
            steps:
              - { deploy: GlobalPauseRegistry, args: ["#deployer", "#deployer"] }
              - { deploy: MUSD, args: [1e18, "@GlobalPauseRegistry"] }
              - { send: "MUSD.setSupplyCap(uint256)", args: [0] }
            """);

        var exception = await Assert.ThrowsAsync<AuthorException>(() => new PackDeployer(fixture.Rpc).Deploy(folder, CancellationToken.None));

        var finding = Assert.Single(exception.Findings);
        Assert.Equal(4, finding.Line);
        Assert.Contains("send MUSD.setSupplyCap(uint256) cannot be run", finding.Message, StringComparison.Ordinal);
        Assert.Contains("InvalidSupplyCap", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_arguments_of_a_constructor_are_said_before_anything_is_sent()
    {
        var folder = Copy(Pack);
        await File.WriteAllTextAsync(Path.Combine(folder, "contracts", "deploy.yaml"), "steps:\n  - { deploy: MUSD, args: [1e18] }\n");

        var exception = await Assert.ThrowsAsync<AuthorException>(() => new PackDeployer(fixture.Rpc).Deploy(folder, CancellationToken.None));

        Assert.Contains("the constructor takes 2 arguments", exception.Message, StringComparison.Ordinal);
    }

    private static string Copy(string pack)
    {
        var folder = Directory.CreateTempSubdirectory("pack-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "contracts"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "abis"), Path.Combine(pack, "abis"));
        return folder;
    }
}
