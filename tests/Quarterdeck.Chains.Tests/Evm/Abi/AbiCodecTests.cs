using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

public sealed class AbiCodecTests
{
    private static string Words(string hex) => hex.Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

    // The examples of Solidity's ABI specification, in its order.
    [Fact]
    public void The_specifications_example_baz() => Assert.Equal(
        "0xcdcd77c0" + Words("""
            0000000000000000000000000000000000000000000000000000000000000045
            0000000000000000000000000000000000000000000000000000000000000001
            """),
        Hex.Data(AbiFunction.Parse("baz(uint32,bool)").EncodeCall(69, true)));

    [Fact]
    public void The_specifications_example_bar() => Assert.Equal(
        "0xfce353f6" + Words("""
            6162630000000000000000000000000000000000000000000000000000000000
            6465660000000000000000000000000000000000000000000000000000000000
            """),
        Hex.Data(AbiFunction.Parse("bar(bytes3[2])").EncodeCall([new object?[] { "abc"u8.ToArray(), "def"u8.ToArray() }])));

    [Fact]
    public void The_specifications_example_sam() => Assert.Equal(
        "0xa5643bf2" + Words("""
            0000000000000000000000000000000000000000000000000000000000000060
            0000000000000000000000000000000000000000000000000000000000000001
            00000000000000000000000000000000000000000000000000000000000000a0
            0000000000000000000000000000000000000000000000000000000000000004
            6461766500000000000000000000000000000000000000000000000000000000
            0000000000000000000000000000000000000000000000000000000000000003
            0000000000000000000000000000000000000000000000000000000000000001
            0000000000000000000000000000000000000000000000000000000000000002
            0000000000000000000000000000000000000000000000000000000000000003
            """),
        Hex.Data(AbiFunction.Parse("sam(bytes,bool,uint[])").EncodeCall("dave"u8.ToArray(), true, new object?[] { 1, 2, 3 })));

    [Fact]
    public void The_specifications_example_of_dynamic_types() => Assert.Equal(
        "0x8be65246" + Words("""
            0000000000000000000000000000000000000000000000000000000000000123
            0000000000000000000000000000000000000000000000000000000000000080
            3132333435363738393000000000000000000000000000000000000000000000
            00000000000000000000000000000000000000000000000000000000000000e0
            0000000000000000000000000000000000000000000000000000000000000002
            0000000000000000000000000000000000000000000000000000000000000456
            0000000000000000000000000000000000000000000000000000000000000789
            000000000000000000000000000000000000000000000000000000000000000d
            48656c6c6f2c20776f726c642100000000000000000000000000000000000000
            """),
        Hex.Data(AbiFunction.Parse("f(uint256,uint32[],bytes10,bytes)").EncodeCall(
            0x123, new object?[] { 0x456, 0x789 }, "1234567890"u8.ToArray(), "Hello, world!"u8.ToArray())));

    [Fact]
    public void The_specifications_example_of_nested_arrays() => Assert.Equal(
        "0x2289b18c" + Words("""
            0000000000000000000000000000000000000000000000000000000000000040
            0000000000000000000000000000000000000000000000000000000000000140
            0000000000000000000000000000000000000000000000000000000000000002
            0000000000000000000000000000000000000000000000000000000000000040
            00000000000000000000000000000000000000000000000000000000000000a0
            0000000000000000000000000000000000000000000000000000000000000002
            0000000000000000000000000000000000000000000000000000000000000001
            0000000000000000000000000000000000000000000000000000000000000002
            0000000000000000000000000000000000000000000000000000000000000001
            0000000000000000000000000000000000000000000000000000000000000003
            0000000000000000000000000000000000000000000000000000000000000003
            0000000000000000000000000000000000000000000000000000000000000060
            00000000000000000000000000000000000000000000000000000000000000a0
            00000000000000000000000000000000000000000000000000000000000000e0
            0000000000000000000000000000000000000000000000000000000000000003
            6f6e650000000000000000000000000000000000000000000000000000000000
            0000000000000000000000000000000000000000000000000000000000000003
            74776f0000000000000000000000000000000000000000000000000000000000
            0000000000000000000000000000000000000000000000000000000000000005
            7468726565000000000000000000000000000000000000000000000000000000
            """),
        Hex.Data(AbiFunction.Parse("g(uint256[][],string[])").EncodeCall(
            new object?[] { new object?[] { 1, 2 }, new object?[] { 3 } }, new object?[] { "one", "two", "three" })));

    [Fact]
    public void The_specifications_example_of_packed_mode() => Assert.Equal(
        "0xffff42000348656c6c6f2c20776f726c6421",
        Hex.Data(AbiCodec.EncodePacked(AbiCodec.ParseTypes("(int16,bytes1,uint16,string)"), -1, new byte[] { 0x42 }, 3, "Hello, world!")));

    [Theory]
    [InlineData("f(uint8)", 256)]
    [InlineData("f(uint8)", -1)]
    [InlineData("f(int8)", 128)]
    [InlineData("f(int8)", -129)]
    [InlineData("f(address)", "0x00")]
    [InlineData("f(bool)", 1)]
    [InlineData("f(string)", null)]
    [InlineData("f(uint256[2])", 1)]
    public void A_value_that_does_not_fit_its_type_is_refused_by_name(string signature, object? value)
    {
        var error = Assert.Throws<AbiException>(() => AbiFunction.Parse(signature).EncodeCall([value]));
        Assert.StartsWith("f[0]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_borders_of_signed_types_survive()
    {
        foreach (var number in new BigInteger[] { -128, 127, -1, 0 })
            Assert.Equal(number, AbiCodec.Decode(AbiCodec.ParseTypes("(int8)"), AbiCodec.Encode(AbiCodec.ParseTypes("(int8)"), number))[0]);
        var least = -(BigInteger.One << 255);
        Assert.Equal(least, AbiCodec.Decode(AbiCodec.ParseTypes("(int256)"), AbiCodec.Encode(AbiCodec.ParseTypes("(int256)"), least))[0]);
    }

    // Data made to allocate: lengths without bytes, arrays of nothing, and arrays that share their tails exponentially.
    [Fact]
    public void Malicious_data_is_refused_at_once_and_allocates_little()
    {
        var huge = new byte[64];
        huge[31] = 32;
        huge.AsSpan(36).Fill(0xff);
        Refused("(bytes)", huge);
        Refused("(uint256[])", huge);
        huge.AsSpan(32).Clear();
        huge[60] = 0x7f;
        Refused("(uint256[0][])", huge);
        Refused("(()[])", huge);
        Refused("(uint256[1000000][])", huge);

        // Each level says "ten elements, all of them the level below".
        var bomb = new List<byte>();
        const int Levels = 12;
        void Word(int value)
        {
            var word = new byte[32];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(word.AsSpan(28), value);
            bomb.AddRange(word);
        }

        Word(32);
        for (var level = 0; level < Levels; level++)
        {
            Word(10);
            for (var i = 0; i < 10; i++) Word(10 * 32);
        }

        Word(0);
        Refused("(uint256" + string.Concat(Enumerable.Repeat("[]", Levels + 1)) + ")", [.. bomb]);
    }

    private static void Refused(string types, byte[] data)
    {
        var parsed = AbiCodec.ParseTypes(types);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<AbiException>(() => AbiCodec.Decode(parsed, data));
        Assert.NotNull(error.Offset);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20, $"{types} allocated {GC.GetAllocatedBytesForCurrentThread() - before}");
    }

    [Theory]
    [InlineData("(bool)", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("(uint8)", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("(int8)", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("(address)", "0000000000000000000000010000000000000000000000000000000000000000")]
    [InlineData("(bytes4)", "0000000000000000000000000000000000000000000000000000000000000001")]
    public void Words_that_are_no_value_of_the_type_are_refused_as_Solidity_does(string types, string word) =>
        Assert.Throws<AbiException>(() => AbiCodec.Decode(AbiCodec.ParseTypes(types), Convert.FromHexString(word)));

    [Fact]
    public void Empty_return_data_points_to_the_address() => Assert.Contains(
        "no contract", Assert.Throws<AbiException>(() => AbiFunction.Parse("paused()(bool)").DecodeResult([])).Message, StringComparison.Ordinal);
}
