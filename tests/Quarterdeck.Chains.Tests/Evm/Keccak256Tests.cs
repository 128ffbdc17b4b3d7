using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Chains.Tests.Evm;

public sealed class Keccak256Tests
{
    // Published digests of the Keccak submission and of Ethereum's own constants.
    [Theory]
    [InlineData("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("Transfer(address,address,uint256)", "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")]
    [InlineData("The quick brown fox jumps over the lazy dog", "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    public void Hashes_equal_the_published_ones(string text, string hash) =>
        Assert.Equal(hash, Keccak256.Hash(text).ToString());

    // Runs of zero bytes around the sponge's rate of 136, as cast hashes them.
    [Theory]
    [InlineData(134, "0x20926439d7d1663c4d224931643bb513f3ebf181ab353278b24399f518dc5f97")]
    [InlineData(135, "0x29e3704feeca7fb9ba229f0fa04d9b36449cf3ad6e1d85d9cfff3a10df9abc3e")]
    [InlineData(136, "0x3a5912a7c5faa06ee4fe906253e339467a9ce87d533c65be3c15cb231cdb25f9")]
    [InlineData(137, "0xbee7fbb405cb0d91a8775e338c4a5e4b5d6b2d051f687fa942043cffdc73bd28")]
    [InlineData(271, "0x3bb611e98ca876adc01436a582979ecfd012389033aca7dbf76dcb424fe02a0c")]
    [InlineData(272, "0xa8005c7a3125b6c3629b4181eca54d18721e41fef639718d205beb00b366ed7d")]
    [InlineData(273, "0x20494ff4ca5f71c4edb30f159611d235a403fdd6beb95a7c386176842c3fd109")]
    [InlineData(600, "0x4b391cef4f8cbcdccad8115a08f7e4546b713f8d0e3085f69193d075e5352245")]
    public void Blocks_are_padded_right_at_their_border(int length, string hash) =>
        Assert.Equal(hash, Keccak256.Hash(new byte[length]).ToString());

    [Fact]
    public void A_digest_needs_thirty_two_bytes_of_room() =>
        Assert.Throws<ArgumentException>(() => Keccak256.Hash([], new byte[31]));
}
