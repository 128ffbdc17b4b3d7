using System.Numerics;
using Quarterdeck.Respond.Transactions;

namespace Quarterdeck.Respond.Tests.Transactions;

public sealed class FeePolicyTests
{
    [Fact]
    public void A_replacement_pays_at_least_a_tenth_more_of_both_parts()
    {
        var fee = FeePolicy.First(1_000_000_000, 1_000_000_000);
        for (var i = 0; i < 20; i++)
        {
            var raised = FeePolicy.Raise(fee, 1_000_000_000, 1_000_000_000, BigInteger.Pow(10, 30))!;
            Assert.True(raised.Max * 10 >= fee.Max * 11 && raised.Priority * 10 >= fee.Priority * 11);
            fee = raised;
        }
    }

    [Fact]
    public void A_replacement_is_not_under_what_the_chain_asks_now() =>
        Assert.True(FeePolicy.Raise(new Fee(10, 1), 1_000, 5, 10_000)!.Max >= 2_005);

    [Fact]
    public void Nobody_pays_more_than_the_limit() => Assert.Null(FeePolicy.Raise(new Fee(1_000, 10), 1, 1, 1_050));

    [Fact]
    public void Even_a_fee_of_one_wei_rises() => Assert.True(FeePolicy.Raise(new Fee(1, 1), 0, 0, 100)!.Max > 1);
}
