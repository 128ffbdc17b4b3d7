using Quarterdeck.Observe.Metrics.Querying;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Tests.Metrics.Querying;

public sealed class QueryReachTests
{
    private const long Minute = 60_000;

    [Theory]
    [InlineData("a", 100, 200, 95, 200)]
    [InlineData("a offset 10m", 100, 200, 85, 190)]
    [InlineData("a offset -10m", 100, 200, 105, 210)]
    [InlineData("rate(a[30m])", 100, 200, 70, 200)]
    [InlineData("a @ 600", 100, 200, 5, 10)]
    [InlineData("rate(a[5m] @ end())", 100, 200, 195, 200)]
    [InlineData("rate(a[5m] @ start() offset 1m)", 100, 200, 94, 99)]
    [InlineData("max_over_time(rate(a[5m])[20m:1m])", 100, 200, 74, 200)]
    [InlineData("max_over_time(a[20m:2m] offset 10m)", 100, 200, 63, 190)]
    [InlineData("topk(scalar(b @ 600), sum by (x) (-(a)))", 100, 200, 95, 200)]
    public void A_query_reaches_as_far_as_its_ranges_offsets_and_subqueries(string text, long start, long end, long from, long to)
    {
        var reach = QueryReach.Of(PromParser.Parse(text), start * Minute, end * Minute, EvaluatorOptions.Default)
            .Single(r => r.Matchers.Any(m => m.Value == "a"));
        Assert.Equal((from * Minute, to * Minute), (reach.FromMs, reach.ToMs));
    }
}
