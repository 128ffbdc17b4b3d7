using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Deployment;

namespace Quarterdeck.Devnet.Tests.Deployment;

public sealed class DeployValuesTests
{
    private static readonly DeployValues Values = new(
        new Dictionary<string, Address> { ["MUSD"] = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3") },
        new Dictionary<string, Address> { ["deployer"] = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266") });

    [Theory]
    [InlineData("@MUSD", "0x5FbDB2315678afecb367f032d93F642f64180aa3")]
    [InlineData("#deployer", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    [InlineData("role:PAUSER_ROLE", "0x65d7a28e3265b37a6474929f336521b332c1681b933f6cb9f3376673440d862a")]
    [InlineData("role:DEFAULT_ADMIN_ROLE", "0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("100000000e18", "100000000000000000000000000")]
    [InlineData("0.5e6", "500000")]
    [InlineData("-3e2", "-300")]
    [InlineData("[#deployer, [1e2,@MUSD]]", "[0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266,[100,0x5FbDB2315678afecb367f032d93F642f64180aa3]]")]
    [InlineData("[]", "[]")]
    [InlineData("0x00e5", "0x00e5")]
    [InlineData("Wrapped Ether", "Wrapped Ether")]
    public void An_argument_is_filled_in(string text, string expected) => Assert.Equal(expected, Values.Resolve(text));

    [Theory]
    [InlineData("@USDC", "There is no contract 'USDC'. Known are MUSD.")]
    [InlineData("#alice", "There is no account 'alice'. Known are deployer.")]
    [InlineData("1.25e1", "'1.25e1' is not an integer: it has more decimals than its exponent.")]
    public void What_cannot_be_filled_in_is_named(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => Values.Resolve(text)).Message);

    [Fact]
    public void References_within_a_longer_text_are_filled_in() =>
        Assert.Equal("to 0x5FbDB2315678afecb367f032d93F642f64180aa3, not a@MUSD", Values.ResolveWithin("to @MUSD, not a@MUSD"));
}
