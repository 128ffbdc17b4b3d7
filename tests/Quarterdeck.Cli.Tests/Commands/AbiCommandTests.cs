using System.CommandLine;
using Quarterdeck.Cli.Commands;

namespace Quarterdeck.Cli.Tests.Commands;

// Expected lines are what cast 1.7.1 prints for the same arguments.
[Collection("console")]
public sealed class AbiCommandTests
{
    private static string Run(Command command, params string[] args)
    {
        using var output = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false };
        Assert.Equal(0, new RootCommand { command }.Parse([command.Name, .. args]).Invoke(configuration));
        return output.ToString().ReplaceLineEndings("\n").TrimEnd('\n');
    }

    [Fact]
    public void Arguments_are_encoded_and_decoded_as_cast_does()
    {
        var encoded = Run(new AbiCommand(), "encode", "f(uint256,string,(address,bytes)[],bool)", "1.5e18", "\"a,b\"", "[(0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,0x1234)]", "true");
        Assert.Equal(
            "0x00000000000000000000000000000000000000000000000014d1120d7b160000000000000000000000000000000000000000000000000000000000000000008000000000000000000000000000000000000000000000000000000000000000c000000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000003612c620000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000200000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed000000000000000000000000000000000000000000000000000000000000004000000000000000000000000000000000000000000000000000000000000000021234000000000000000000000000000000000000000000000000000000000000",
            encoded);
        Assert.Equal(
            "1500000000000000000 [1.5e18]\n\"a,b\"\n[(0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed, 0x1234)]\ntrue",
            Run(new AbiCommand(), "decode", "f()(uint256,string,(address,bytes)[],bool)", encoded));
        Assert.Equal("0x01686900000000000000000000000" + "05aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            Run(new AbiCommand(), "encode", "--packed", "f(uint8,string,address[])", "1", "hi", "[0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed]"));
        Assert.Equal("0xa9059cbb0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed0000000000000000000000000000000000000000000000000de0b6b3a7640000",
            Run(new AbiCommand(), "calldata", "transfer(address,uint256)", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1 ether"));
        Assert.Equal("-123456 [-1.234e5]", Run(new AbiCommand(), "decode", "f()(int256)", Run(new AbiCommand(), "encode", "f(int256)", "--", "-123456")));
        Assert.Equal("10000 [1e4]", Run(new AbiCommand(), "decode", "--input", "f(uint256)", "0x0000000000000000000000000000000000000000000000000000000000002710"));
    }

    [Fact]
    public void Logs_are_decoded_with_and_without_their_first_topic()
    {
        const string Signature = "Transfer(address indexed from, address indexed to, uint256 value)";
        const string From = "0x000000000000000000000000f39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        const string Value = "0x0000000000000000000000000000000000000000000000000000000000002710";
        const string Expected = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n10000 [1e4]";
        const string Topic0 = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
        Assert.Equal(Expected, Run(new AbiCommand(), "event", Signature, "--topics", Topic0, From, From, "--data", Value));
        Assert.Equal(Expected, Run(new AbiCommand(), "event", Signature, "--topics", $"{From},{From}", "--data", Value));
        Assert.Equal("{\"from\":\"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\",\"to\":\"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\",\"value\":\"10000\"}",
            Run(new AbiCommand(), "event", Signature, "--json", "--topics", Topic0, From, From, "--data", Value));
    }

    [Fact]
    public void Logs_are_encoded_and_first_topics_told_as_cast_does()
    {
        const string Word = "0x000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266";
        const string Who = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        Assert.Equal(
            $"[topic0]: 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\n[topic1]: {Word}\n[topic2]: {Word}\n[data]: 0x0000000000000000000000000000000000000000000000000000000000000005",
            Run(new AbiCommand(), "event", "Transfer(address indexed from,address indexed to,uint256 value)", Who, Who, "5"));
        // As Solidity emits it: content without length, elements of arrays padded to words. cast hashes the whole encoding there.
        Assert.Equal(
            "[topic0]: 0xf9642c5800b73e819e005fd88ec8cd0d7330820f0e98617c7298932c52a5412a\n[topic1]: 0xc67bd33d6cde3ae6fb96523422d6f7251674afefdeec3f634f52284c86af11b8\n[topic2]: 0x5fa2358263196dbbf23d1ca7a509451f7a2f64c15837bfbb81298b1e3e24e4fa",
            Run(new AbiCommand(), "event", "Log(string[] indexed s,bytes indexed b)", "[a,bc]", "0x12"));
        Assert.Equal(
            "[topic0]: 0x3e9992c940c54ea252d3a34557cc3d3014281525c43d694f89d5f3dfd820b07d\n[topic1]: 0x984002fcc0ca639f96622add24c2edd2fe72c65e71ca3faa243e091e0bc7cdab",
            Run(new AbiCommand(), "event", "E(string indexed a)", "hello", "--as-cast"));
        Assert.Equal(
            "[topic0]: 0x6b095127d274991b4840f444262a2703732aef01d48ff36d194f92cd03f0ae21\n[topic1]: 0x0000000000000000000000000000000000000000000000000000000000000000",
            Run(new AbiCommand(), "event", "E(bytes2[2] indexed a)", "[0x1234,0x5678]", "--as-cast"));
        Assert.Equal(
            "[topic0]: 0x9dc3cc28d7881d41f639ddfbabc485719bcd889c961be6d23336f4edfe79760b\n[data]: 0x0000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000007",
            Run(new AbiCommand(), "event", "E(uint8[] p0, int64 p1)", "[1]", "7", "--as-cast"));
        Assert.Equal(
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", Run(new AbiCommand(), "event", "event Transfer(address,address,uint256)"));
        Assert.Equal(
            "123456 [1.234e5]\ntrue",
            Run(new AbiCommand(), "event", "Log(uint256 a,bool b)", "0x000000000000000000000000000000000000000000000000000000000001e2400000000000000000000000000000000000000000000000000000000000000001"));
    }

    [Fact]
    public void Text_and_bytes_are_hashed_as_cast_does()
    {
        Assert.Equal("0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8", Run(new KeccakCommand(), "hello"));
        Assert.Equal("0x56570de287d73cd1cb6092bb8fdee6173974955fdef345ae579ee9f475ea7432", Run(new KeccakCommand(), "0x1234"));
        Assert.Equal("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", Run(new KeccakCommand(), ""));
        Assert.Throws<CommandException>(() => Run(new KeccakCommand(), "0x123"));
    }

    [Theory]
    [InlineData("encode", "f(uint8)", "256")]
    [InlineData("encode", "f(uint8)")]
    [InlineData("encode", "f(uint7)", "1")]
    [InlineData("encode", "f(bool)", "1")]
    [InlineData("encode", "f(uint256)", "1_000")]
    [InlineData("encode", "f(uint256)", "10e-1")]
    [InlineData("encode", "f(uint256)", "1.0")]
    [InlineData("encode", "f(uint256)", "1 finney")]
    [InlineData("encode", "f(string)", "\"open")]
    [InlineData("encode", "f(string[])", "[,]")]
    [InlineData("encode", "1f(uint256)", "1")]
    [InlineData("event", "T(uint256 a,bool b)", "1")]
    [InlineData("decode", "f()(uint256)", "0x00")]
    [InlineData("decode", "f()(uint256)", "0x0")]
    [InlineData("event", "T(address indexed a)", "--topics", "0x00")]
    public void Bad_input_is_an_error_without_a_stack_trace(params string[] args) =>
        Assert.Equal(2, Assert.Throws<CommandException>(() => Run(new AbiCommand(), args)).ExitCode);
}
