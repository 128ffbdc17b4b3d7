using System.Numerics;
using Minted.Services.Chain;

namespace Minted.Services.Traffic;

/// <summary>
/// Publishes the price of ETH, 8 decimals: a random walk near 2500 USD. A price that is far from there was put there on purpose
/// and is only confirmed.
/// </summary>
internal sealed class PricePublisher(MintedChain chain, Random random)
{
    private const long Unit = 100_000_000;
    private const long Low = 2_450 * Unit;
    private const long High = 2_550 * Unit;

    public async Task Publish(CancellationToken cancel)
    {
        var price = (long)await chain.ReadNumber("WETHFeed", "latestAnswer()", [], cancel);
        await chain.Send(chain.Account("feeder"), "WETHFeed", "setAnswer(int256)", [new BigInteger(Next(price))], cancel);
    }

    internal long Next(long price)
    {
        if (price is < Low - (10 * Unit) or > High + (10 * Unit)) return price;
        return Math.Clamp(price + random.NextInt64(-2 * Unit, 2 * Unit), Low, High);
    }
}
