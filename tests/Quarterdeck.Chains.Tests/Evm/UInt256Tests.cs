using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Chains.Tests.Evm;

public sealed class UInt256Tests
{
    private static readonly Arbitrary<UInt256> Words = (
        from limbs in Gen.ArrayOf(Gen.OneOf(Gen.Constant(0UL), Gen.Constant(ulong.MaxValue), ArbMap.Default.GeneratorFor<ulong>()), 4)
        select new UInt256(limbs[0], limbs[1], limbs[2], limbs[3])).ToArbitrary();

    [Fact]
    public void Every_word_is_the_same_number_as_a_big_integer() => Prop.ForAll(Words, word =>
        UInt256.FromBigInteger(word.ToBigInteger()) == word && word.ToString() == word.ToBigInteger().ToString())
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Order_is_that_of_the_number() => Prop.ForAll(Words, Words, (a, b) =>
        Math.Sign(a.CompareTo(b)) == Math.Sign(a.ToBigInteger().CompareTo(b.ToBigInteger()))).QuickCheckThrowOnFailure();

    [Fact]
    public void Bits_are_counted_as_of_the_number() => Prop.ForAll(Words, word =>
        Enumerable.Range(1, 32).All(b => word.FitsBits(8 * b) == (word.ToBigInteger().GetBitLength() <= 8 * b)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_word_read_as_signed_is_twos_complement()
    {
        Assert.Equal(BigInteger.MinusOne, UInt256.MaxValue.ToSignedBigInteger());
        Assert.Equal(5, new UInt256(5).ToSignedBigInteger());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<OverflowException>(() => UInt256.FromBigInteger(-1));
        Assert.Throws<OverflowException>(() => UInt256.FromBigInteger(BigInteger.One << 256));
    }
}
