using System.Text.Json;
using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Tests.Approvals;

public sealed class WebAuthnAssertionTests : IDisposable
{
    private static readonly byte[] Challenge = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private readonly Passkey _passkey = new();

    public void Dispose() => _passkey.Dispose();

    private AssertionVerdict Judge(AssertionResponse response, uint last = 0, byte[]? challenge = null) => WebAuthnAssertion.Verify(
        _passkey.PublicKey, response, new AssertionExpectation(challenge ?? Challenge, "localhost", ["http://localhost:8080"], last));

    [Fact]
    public void A_good_assertion_holds_and_tells_its_counter()
    {
        var verdict = Judge(_passkey.Sign(Challenge));
        Assert.Null(verdict.Refusal);
        Assert.Equal(1u, verdict.SignCount);
    }

    [Fact]
    public void Another_challenge_is_refused() => Assert.Contains("challenge", Judge(_passkey.Sign([1, 2, 3])).Refusal, StringComparison.Ordinal);

    [Fact]
    public void Another_origin_is_refused() =>
        Assert.Contains("origin", Judge(_passkey.Sign(Challenge, origin: "https://evil.example")).Refusal, StringComparison.Ordinal);

    [Fact]
    public void Another_relying_party_is_refused() =>
        Assert.Contains("relying party", Judge(_passkey.Sign(Challenge, relyingParty: "evil.example")).Refusal, StringComparison.Ordinal);

    [Theory]
    [InlineData(0x04, "present")]
    [InlineData(0x01, "verified")]
    [InlineData(0x15, "backup")]
    public void Without_a_present_and_verified_user_it_is_refused(byte flags, string why) =>
        Assert.Contains(why, Judge(_passkey.Sign(Challenge, flags: flags)).Refusal, StringComparison.Ordinal);

    [Fact]
    public void A_registration_is_no_assertion() => Assert.False(Judge(_passkey.Sign(Challenge, type: "webauthn.create")).Holds);

    [Fact]
    public void A_frame_of_another_site_is_refused() => Assert.False(Judge(_passkey.Sign(Challenge, crossOrigin: true)).Holds);

    [Fact]
    public void A_counter_that_does_not_advance_is_refused() => Assert.Contains("counter", Judge(_passkey.Sign(Challenge), last: 1).Refusal, StringComparison.Ordinal);

    [Fact]
    public void Any_flipped_bit_of_what_was_signed_is_refused()
    {
        var good = _passkey.Sign(Challenge);
        for (var bit = 0; bit < good.AuthenticatorData.Length * 8; bit++)
        {
            var data = (byte[])good.AuthenticatorData.Clone();
            data[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Judge(good with { AuthenticatorData = data }).Holds);
        }

        for (var at = 0; at < good.Signature.Length; at++)
        {
            var signature = (byte[])good.Signature.Clone();
            signature[at] ^= 0x40;
            Assert.False(Judge(good with { Signature = signature }).Holds);
        }
    }

    [Fact]
    public void Anothers_key_does_not_fit()
    {
        using var other = new Passkey();
        Assert.False(Judge(other.Sign(Challenge)).Holds);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"id":"!!","response":{}}""")]
    [InlineData("""{"id":"AA","response":{"clientDataJSON":"AA","authenticatorData":"AA"}}""")]
    public void A_malformed_answer_is_none(string json) => Assert.Null(AssertionResponse.Read(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void Rubbish_in_every_part_is_refused_without_an_exception()
    {
        Assert.False(Judge(new AssertionResponse([1], "[]"u8.ToArray(), [1], [1])).Holds);
        Assert.False(Judge(new AssertionResponse([1], "nonsense"u8.ToArray(), [1], [1])).Holds);
        var good = _passkey.Sign(Challenge);
        Assert.False(WebAuthnAssertion.Verify([0xff, 0x00], good, new AssertionExpectation(Challenge, "localhost", ["http://localhost:8080"], 0)).Holds);
    }
}
