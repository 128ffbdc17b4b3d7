using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

public sealed class SignatureTests
{
    [Theory]
    [InlineData("transfer(address,uint256)", "transfer(address,uint256)", "0xa9059cbb")]
    [InlineData("transfer(address to, uint amount)(bool)", "transfer(address,uint256)", "0xa9059cbb")]
    [InlineData("function transfer(address to, uint256 amount) external returns (bool);", "transfer(address,uint256)", "0xa9059cbb")]
    [InlineData("pause()", "pause()", "0x8456cb59")]
    [InlineData("  balanceOf ( address )  ( uint256 ) ", "balanceOf(address)", "0x70a08231")]
    [InlineData("aggregate3((address target, bool allowFailure, bytes callData)[] calldata calls)", "aggregate3((address,bool,bytes)[])", "0x82ad56cb")]
    [InlineData("f(tuple(uint a, int b)[2][] memory x) public view virtual returns (tuple(bool ok) r)", "f((uint256,int256)[2][])", null)]
    [InlineData("f(address payable to, function, byte, fixed, ufixed8x1)", "f(address,function,bytes1,fixed128x18,ufixed8x1)", null)]
    [InlineData("event()", "event()", null)]
    public void Human_readable_forms_are_understood(string text, string signature, string? selector)
    {
        var function = AbiFunction.Parse(text);
        Assert.Equal(signature, function.Signature);
        if (selector is not null) Assert.Equal(selector, function.SelectorText);
    }

    [Fact]
    public void Names_outputs_and_mutability_are_kept()
    {
        var function = AbiFunction.Parse("function f(address who) external view returns (uint256 amount, bool)");
        Assert.Equal("who", function.Inputs[0].Name);
        Assert.Equal("amount", function.Outputs[0].Name);
        Assert.Equal("view", function.StateMutability);
        Assert.Equal("function f(address who) view returns (uint256 amount, bool)", function.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("f")]
    [InlineData("f(")]
    [InlineData("f(uint256")]
    [InlineData("f(uint7)")]
    [InlineData("f(uint264)")]
    [InlineData("f(uint08)")]
    [InlineData("f(bytes33)")]
    [InlineData("f(bytes0)")]
    [InlineData("f(fixed)x")]
    [InlineData("f(IERC20)")]
    [InlineData("f(uint256[)")]
    [InlineData("f(uint256[99999999999])")]
    [InlineData("f(uint256[99999999][9999])")]
    [InlineData("f()() extra")]
    [InlineData("(uint256)")]
    public void What_is_no_signature_is_refused(string text) => Assert.Throws<AbiException>(() => AbiFunction.Parse(text));

    [Fact]
    public void Nesting_without_end_is_refused_before_the_stack_is()
    {
        Assert.Throws<AbiException>(() => AbiFunction.Parse("f(" + new string('(', 100_000)));
        Assert.Throws<AbiException>(() => AbiType.Parse("uint256" + string.Concat(Enumerable.Repeat("[]", 1000))));
    }

    [Fact]
    public void The_nearest_names_are_offered()
    {
        var abi = ContractAbi.FromSignatures("function pause()", "function unpause()", "function paused() view returns (bool)", "function requestUnpause()", "function mint(address,uint256)");
        Assert.Equal(["pause()", "paused()"], abi.Nearest("puase()").Take(2));
        Assert.Contains("unpause()", abi.Nearest("unPause"));
        Assert.Empty(abi.Nearest("liquidate(address)"));
        Assert.Equal(1, NearestNames.Distance("pasue", "pause"));
    }

    [Fact]
    public void An_artifact_of_Foundry_of_Hardhat_and_a_bare_array_mean_the_same()
    {
        const string Abi = """
            [{"type":"function","name":"f","inputs":[{"name":"x","type":"tuple[]","components":[{"name":"a","type":"uint256"},{"name":"b","type":"bytes"}]}],"outputs":[{"type":"bool"}],"stateMutability":"view"},
             {"type":"event","name":"E","inputs":[{"name":"who","type":"address","indexed":true}],"anonymous":false},
             {"type":"error","name":"Bad","inputs":[]},{"type":"receive","stateMutability":"payable"},{"type":"constructor","inputs":[{"type":"uint8"}]}]
            """;
        var bare = ContractAbi.FromJson(Abi);
        var foundry = ContractAbi.FromJson($$"""{"abi":{{Abi}},"bytecode":{"object":"0x6001"} }""");
        var hardhat = ContractAbi.FromJson($$"""{"contractName":"C","abi":{{Abi}},"bytecode":"0x6001"}""");
        foreach (var abi in new[] { bare, foundry, hardhat })
        {
            Assert.Equal("f((uint256,bytes)[])", abi.Functions.Single().Signature);
            Assert.Equal("E(address)", abi.Events.Single().Signature);
            Assert.Equal("Bad()", abi.Errors.Single().Signature);
            Assert.Equal("uint8", abi.Constructor.Single().Type.Name);
        }

        Assert.Null(bare.Bytecode);
        Assert.Equal([0x60, 0x01], foundry.Bytecode);
        Assert.Equal("C", hardhat.ContractName);
        Assert.Equal(34, hardhat.EncodeDeployment(1).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"type":"uint7"}]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"type":"tuple"}]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"x"}]}]""")]
    public void What_is_no_ABI_is_refused(string json) => Assert.Throws<AbiException>(() => ContractAbi.FromJson(json));
}
