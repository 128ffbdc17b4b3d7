using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

public sealed class CanonicalJsonTests
{
    private static string Text(JsonNode? node) => Encoding.UTF8.GetString(CanonicalJson.Serialize(node));

    // RFC 8785, appendix B.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("ffefffffffffffff", "-1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555554", "333333333.33333325")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("41b3de4355555556", "333333333.3333334")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void Numbers_are_printed_as_ECMAScript_prints_them(string bits, string expected) =>
        Assert.Equal(expected, Text(BitConverter.Int64BitsToDouble(long.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));

    [Fact]
    public void Numbers_come_back_as_the_same_double()
    {
        var random = new Random(8785);
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value)) continue;
            var text = Text(value);
            Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture));
            Assert.Equal(text, Text(JsonNode.Parse(text)));
        }
    }

    [Fact]
    public void The_sample_of_the_RFC_has_its_canonical_form()
    {
        const string Input =
            """
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}
            """;
        Assert.Equal(
            """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
            Text(JsonNode.Parse(Input)));
    }

    [Fact]
    public void Keys_are_sorted_by_UTF_16_code_units()
    {
        var names = new[] { "\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6" };
        var sorted = JsonNode.Parse(Text(new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)null)))))!.AsObject();
        Assert.Equal(["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"], sorted.Select(p => p.Key));
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935")]
    [InlineData("1e400")]
    [InlineData("""{"a":1,"a":2}""")]
    public void What_would_lose_digits_or_meaning_is_refused(string json) =>
        Assert.Throws<FormatException>(() => Text(JsonNode.Parse(json)));

    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.Throws<FormatException>(() => Text(JsonValue.Create("a\ud83d")));

    [Fact]
    public void Values_of_every_CLR_number_type_have_one_form()
    {
        JsonNode[] sevens = [7, 7L, 7UL, 7.0, 7m, 7f, JsonNode.Parse("7")!, JsonNode.Parse("7.0")!, JsonNode.Parse("70e-1")!];
        Assert.All(sevens, seven => Assert.Equal("7", Text(seven)));
        Assert.Equal("1000000000000000000", Text(1_000_000_000_000_000_000L));
        Assert.Throws<FormatException>(() => Text(1_000_000_000_000_000_001L));
    }
}
