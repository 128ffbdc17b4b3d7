using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Devnet.Tests.Deployment;

public sealed class DeployFileTests
{
    [Fact]
    public void Steps_keep_their_order_lines_and_accounts()
    {
        var file = DeployFile.Parse("""
            accounts: { feeder: 5 }
            steps:
              - deploy: USDC
                artifact: MockToken
                args: [USD Coin, 6, ["#deployer", "@X"]]
              - deploy: Bridge
                proxy: { initialize: "initialize(uint256)", args: [2] }
              - { send: "USDC.mint(address,uint256)", args: ["#feeder", 1e6], as: feeder, value: 1e18 }
            """);

        Assert.Equal(new Dictionary<string, uint> { ["deployer"] = 0, ["feeder"] = 5 }, file.Accounts);
        var token = Assert.IsType<DeployContract>(file.Steps[0]);
        Assert.Equal((3, "deployer", "USDC", "MockToken"), (token.Line, token.Account, token.Name, token.Artifact));
        Assert.Equal(["USD Coin", "6", "[#deployer,@X]"], token.Arguments);
        Assert.Equal("initialize(uint256)", Assert.IsType<DeployContract>(file.Steps[1]).Proxy!.Initialize);
        var call = Assert.IsType<DeployCall>(file.Steps[2]);
        Assert.Equal(("feeder", "USDC", "mint(address,uint256)", "1e18"), (call.Account, call.Contract, call.Function, call.Value));
    }

    [Theory]
    [InlineData("steps: 3", 1, "There are no steps.")]
    [InlineData("accounts: { a: 20 }\nsteps: []", 1, "Account 'a' is '20'.")]
    [InlineData("steps:\n  - { send: mint }", 2, "'mint' names no contract.")]
    [InlineData("steps:\n  - { send: A.b(), as: eve }", 2, "There is no account 'eve'.")]
    [InlineData("steps:\n  - { deploy: A, arg: [] }", 2, "A step has the unknown key 'arg'.")]
    [InlineData("steps:\n  - args: []", 2, "A step neither deploys nor sends.")]
    [InlineData("steps: [", 2, "It is not YAML: ")]
    public void What_is_wrong_is_said_with_its_line(string text, int line, string message)
    {
        var finding = Assert.Single(Assert.Throws<AuthorException>(() => DeployFile.Parse(text)).Findings);

        Assert.Equal(line, finding.Line);
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy);
    }
}
