using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL.Tests.Evaluation;

public sealed class ExactnessTests
{
    private const long Now = 60_000;

    private static SeriesMemory Source(params (string Name, Rational Value)[] samples)
    {
        var memory = new SeriesMemory();
        foreach (var (name, value) in samples) memory.Append(Labels.Of(Labels.MetricName, name), Now, value.ToDouble(), value);
        return memory;
    }

    private static PromVector Instant(string query, SeriesMemory source) =>
        (PromVector)PreparedQuery.Parse(query).Instant(Now, source);

    [Fact]
    public void A_supply_one_wei_above_its_cap_is_found_where_doubles_would_see_none()
    {
        var cap = Rational.FromScaled(BigInteger.Pow(10, 26), 18);
        var supply = Rational.FromScaled(BigInteger.Pow(10, 26) + 1, 18);
        Assert.Equal(cap.ToDouble(), supply.ToDouble());
        var source = Source(("musd_total_supply", supply), ("musd_supply_cap", cap));

        var above = Instant("musd_total_supply > musd_supply_cap", source);

        Assert.Equal(supply, Assert.Single(above.Samples).Exact);
        Assert.Empty(Instant("musd_total_supply < musd_supply_cap", source).Samples);
        Assert.Empty(Instant("musd_total_supply == musd_supply_cap", source).Samples);
        Assert.Equal(Rational.FromScaled(1, 18), Assert.Single(Instant("musd_total_supply - musd_supply_cap", source).Samples).Exact);
    }

    [Fact]
    public void Comparisons_of_any_amounts_agree_with_integers()
    {
        var amounts = Gen.Choose(0, int.MaxValue).Four().Select(parts =>
            new BigInteger(parts.Item1) * parts.Item2 * parts.Item3 + parts.Item4 % 3).ToArbitrary();
        Prop.ForAll(amounts, amounts, (a, difference) =>
        {
            var b = a + difference % 3 - 1;
            var source = Source(("a", Rational.FromScaled(a, 18)), ("b", Rational.FromScaled(b, 18)));
            return Instant("a > b", source).Samples.Count > 0 == a > b
                && Instant("a <= b", source).Samples.Count > 0 == a <= b
                && Instant("a == b", source).Samples.Count > 0 == (a == b)
                && Instant("(a * 3) / 3 - b", source).Samples[0].Exact == Rational.FromScaled(a - b, 18);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_decimal_in_the_query_is_exact_by_its_text()
    {
        var source = Source(("ratio", Rational.Parse("0.99")), ("price", Rational.Parse("0.3")));
        Assert.Empty(Instant("ratio < 0.99", source).Samples);
        Assert.Single(Instant("ratio == 0.99", source).Samples);
        Assert.Single(Instant("price == 0.1 + 0.2", source).Samples);
        Assert.Single(Instant("ratio * 100 == 99e0", source).Samples);
        Assert.Single(Instant("-ratio == -99/100", source).Samples);
    }

    [Fact]
    public void Literals_alone_are_the_doubles_of_Prometheus()
    {
        var value = (PromScalar)PreparedQuery.Parse("0.1 + 0.2 == bool 0.3").Instant(Now, new SeriesMemory());
        Assert.Equal(0, value.Value);
        Assert.Null(((PromScalar)PreparedQuery.Parse("0.1 + 0.2").Instant(Now, new SeriesMemory())).Exact);
    }

    [Fact]
    public void Sums_minima_and_maxima_stay_exact_and_functions_of_doubles_do_not()
    {
        var source = Source(("a", Rational.Parse("0.1")), ("b", Rational.Parse("0.2")));
        Assert.Equal(Rational.Parse("0.3"), Instant("sum({__name__=~\"a|b\"})", source).Samples[0].Exact);
        Assert.Equal(Rational.Parse("0.2"), Instant("max({__name__=~\"a|b\"})", source).Samples[0].Exact);
        Assert.Equal(Rational.Parse("0.1"), Instant("last_over_time(a[1m])", source).Samples[0].Exact);
        Assert.Null(Instant("sqrt(a)", source).Samples[0].Exact);
        Assert.Null(Instant("a % 2", source).Samples[0].Exact);
    }

    [Fact]
    public void Division_by_an_exact_zero_is_what_doubles_make_of_it()
    {
        var source = Source(("a", Rational.One), ("zero", Rational.Zero));
        var sample = Assert.Single(Instant("a / on() zero", source).Samples);
        Assert.Equal(double.PositiveInfinity, sample.Value);
        Assert.Null(sample.Exact);
    }

    [Fact]
    public void A_product_that_would_grow_without_end_falls_back_to_a_double()
    {
        var source = Source(("a", Rational.FromScaled(BigInteger.Pow(7, 2000), 1500)));
        var text = string.Join(" * ", Enumerable.Repeat("a", 6));
        Assert.Null(Assert.Single(Instant(text, source).Samples).Exact);
    }
}
