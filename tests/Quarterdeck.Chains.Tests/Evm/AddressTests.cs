using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Chains.Tests.Evm;

public sealed class AddressTests
{
    // The test cases of EIP-55.
    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void The_checksum_is_that_of_EIP_55(string text)
    {
        Assert.Equal(text, Address.Parse(text).ToString());
        Assert.Equal(text, Address.Parse(text.ToLowerInvariant()).ToString());
        Assert.Equal(text.ToLowerInvariant(), Address.Parse(text).ToLowerHex());
    }

    [Fact]
    public void A_wrong_checksum_is_refused_and_the_right_one_named()
    {
        var error = Assert.Throws<FormatException>(() => Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"));
        Assert.Contains("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", error.Message, StringComparison.Ordinal);
        Assert.False(Address.TryParse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", out _));
        Assert.True(Address.TryParseAnyCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAezz")]
    [InlineData("0xzzAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    public void What_is_no_address_is_refused(string text) => Assert.Throws<FormatException>(() => Address.Parse(text));

    // Mainnet: the first contracts of the account in the Ethereum wiki's example.
    [Theory]
    [InlineData(0, "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d")]
    [InlineData(1, "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8")]
    [InlineData(2, "0xf778B86FA74E846c4f0a1fBd1335FE81c00a0C91")]
    [InlineData(3, "0xffFd933A0bC612844eaF0C6Fe3E5b8E9B6C1d19c")]
    public void The_address_of_a_created_contract_follows_from_sender_and_nonce(ulong nonce, string created) =>
        Assert.Equal(created, Address.OfCreated(Address.Parse("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"), nonce).ToString());

    [Fact]
    public void Order_is_that_of_the_number() =>
        Assert.True(Address.Parse("0x00000000000000000000000000000000000000ff") < Address.Parse("0x0100000000000000000000000000000000000000"));
}
