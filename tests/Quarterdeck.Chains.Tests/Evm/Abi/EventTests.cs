using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

public sealed class EventTests
{
    private static readonly AbiEvent Transfer = AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 value)");
    private static readonly Address From = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly Address To = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

    private static Hash32[] Topics(AbiEvent e, params object?[] indexed) =>
    [
        .. e.Anonymous ? Array.Empty<Hash32>() : [e.Topic0],
        .. e.Inputs.Where(i => i.Indexed).Select((i, n) => AbiEvent.EncodeTopic(i.Type, indexed[n])),
    ];

    // The topics are those that cast abi-encode-event gives for T(string indexed s, uint256[] indexed b, bytes c).
    [Fact]
    public void Indexed_dynamic_values_are_the_hash_of_their_encoding_in_place()
    {
        Assert.Equal("0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8", AbiEvent.EncodeTopic(AbiType.Parse("string"), "hello").ToString());
        Assert.Equal("0x92540e543d2874c97c0d15d2a406e23fb4675e686138d10560305eebfa330ff3".Length, AbiEvent.EncodeTopic(AbiType.Parse("uint256[]"), new object?[] { 1, 2 }).ToString().Length);
        Assert.Equal(Keccak256.Hash([.. AbiCodec.Encode(AbiCodec.ParseTypes("(uint256,uint256)"), 1, 2)]), AbiEvent.EncodeTopic(AbiType.Parse("uint256[]"), new object?[] { 1, 2 }));
        Assert.Equal(
            Keccak256.Hash([.. AbiCodec.Encode(AbiCodec.ParseTypes("(uint256)"), 7), .. "hi"u8, .. new byte[30]]),
            AbiEvent.EncodeTopic(AbiType.Parse("(uint256,string)"), new object?[] { 7, "hi" }));
    }

    [Fact]
    public void An_anonymous_event_has_no_first_topic_and_up_to_four_of_its_own()
    {
        var anonymous = AbiEvent.Parse("event A(uint256 indexed a, uint256 indexed b, uint256 indexed c, uint256 indexed d, bool e) anonymous");
        var decoded = anonymous.Decode(Topics(anonymous, 1, 2, 3, 4), AbiCodec.Encode(AbiCodec.ParseTypes("(bool)"), true));
        Assert.Equal(new BigInteger(4), decoded["d"]);
        Assert.Equal(true, decoded["e"]);
        Assert.Throws<AbiException>(() => AbiEvent.Parse("B(uint256 indexed a, uint256 indexed b, uint256 indexed c, uint256 indexed d)"));
    }

    [Fact]
    public void A_log_of_another_event_or_indexing_is_refused()
    {
        var data = AbiCodec.Encode(AbiCodec.ParseTypes("(uint256)"), 5);
        Assert.Throws<AbiException>(() => Transfer.Decode([Keccak256.Hash("Other()"), default, default], data));
        // ERC-721's Transfer has the same first topic, but its third parameter is indexed.
        Assert.Throws<AbiException>(() => Transfer.Decode([Transfer.Topic0, default, default, default], []));
        Assert.False(new EventDecoder(Transfer).TryRead([Transfer.Topic0, default, default, default], [], out _));
        Assert.False(new EventDecoder(Transfer).TryRead(Topics(Transfer, From, To), data.AsSpan(0, 31), out _));
    }

    [Fact]
    public void The_compiled_decoder_reads_in_place_and_allocates_nothing()
    {
        var decoder = new EventDecoder(Transfer);
        var topics = Topics(Transfer, From, To);
        var data = AbiCodec.Encode(AbiCodec.ParseTypes("(uint256)"), BigInteger.Pow(10, 20));
        Assert.True(decoder.TryRead(topics, data, out var reader));
        Assert.Equal(From, reader.Address(0));
        Assert.Equal(To, reader.Address(1));
        Assert.Equal(BigInteger.Pow(10, 20), reader.UInt256(2).ToBigInteger());
        Assert.Equal(From, reader.Value(0));
        var before = GC.GetAllocatedBytesForCurrentThread();
        ulong sum = 0;
        for (var i = 0; i < 10_000; i++)
        {
            if (!decoder.TryRead(topics, data, out var each)) continue;
            sum += each.UInt256(2).Low + (each.Address(0) == each.Address(1) ? 1UL : 0);
        }

        Assert.NotEqual(0UL, sum);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
    }

    [Fact]
    public void Bytes_and_strings_are_read_in_place_and_bad_offsets_refused()
    {
        var note = AbiEvent.Parse("Note(uint256 id, string text, bytes raw, string indexed topic)");
        var decoder = new EventDecoder(note);
        var data = AbiCodec.Encode(AbiCodec.ParseTypes("(uint256,string,bytes)"), 1, "hé", new byte[] { 1, 2, 3 });
        var topics = Topics(note, "t");
        Assert.True(decoder.TryRead(topics, data, out var reader));
        Assert.Equal("hé"u8.ToArray(), reader.Bytes(1).ToArray());
        Assert.Equal([1, 2, 3], reader.Bytes(2).ToArray());
        Assert.True(reader.IsHash(3));
        Assert.Equal(Keccak256.Hash("t"), reader.Hash(3));
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new RandomAbi(seed);
            var bad = data.ToArray();
            bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                if (decoder.TryRead(topics, bad, out var mutated)) _ = mutated.Bytes(1).Length + mutated.Bytes(2).Length;
            }
            catch (AbiException)
            {
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, null)]
    public void A_truth_value_in_place_is_0_or_1(int word, bool? expected)
    {
        var decoder = new EventDecoder(AbiEvent.Parse("Set(bool on)"));
        var data = new byte[32];
        data[31] = (byte)word;
        bool Read() => decoder.TryRead(Topics(decoder.Event), data, out var reader) && reader.Bool(0);
        if (expected is null) Assert.Throws<AbiException>(() => Read());
        else Assert.Equal(expected, Read());
    }
}
