namespace Quarterdeck.PromQL.Tests.Syntax;

public sealed class PromParserTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("sum", "sum")]
    [InlineData("a+b*c^d^e", "a + b * c ^ d ^ e")]
    [InlineData("-a^2", "-a ^ 2")]
    [InlineData("(a)", "(a)")]
    [InlineData("sum by(a,b)(x)", "sum by (a, b) (x)")]
    [InlineData("sum(x)without(a)", "sum without (a) (x)")]
    [InlineData("topk(5, x)", "topk(5, x)")]
    [InlineData("x{a='b', c!=\"d\", e=~`f.*`,}", "x{a=\"b\",c!=\"d\",e=~\"f.*\"}")]
    [InlineData("{\"foo.bar\", \"a b\"=\"c\"}", "{\"foo.bar\",\"a b\"=\"c\"}")]
    [InlineData("rate(x[1h30m] offset -5m)", "rate(x[1h30m] offset -5m)")]
    [InlineData("x offset 90", "x offset 1m30s")]
    [InlineData("x @ 1.5 offset 1m", "x @ 1.5 offset 1m")]
    [InlineData("x[5m:] @ end()", "x[5m:] @ end()")]
    [InlineData("a / on(x) group_left(y) b", "a / on (x) group_left (y) b")]
    [InlineData("a and ignoring(x) b", "a and ignoring (x) b")]
    [InlineData("a > bool 1", "a > bool 1")]
    [InlineData("0x1F + 1_000 + 5m # comment", "31 + 1000 + 5m")]
    [InlineData("017", "15")]
    [InlineData("up offset 1w", "up offset 1w")]
    [InlineData("Inf + nan", "+Inf + NaN")]
    public void An_expression_is_printed_as_it_would_be_written_and_reads_back_the_same(string text, string printed)
    {
        Assert.Equal(printed, PromParser.Parse(text).ToString());
        Assert.Equal(printed, PromParser.Parse(printed).ToString());
    }

    [Theory]
    [InlineData("", "1:1: parse error: no expression found in input")]
    [InlineData("up ==", "1:6: parse error: unexpected end of input, expected a metric, a number, a string, a function or '('")]
    [InlineData("sum(x", "1:6: parse error: unexpected end of input, expected ',' or ')'")]
    [InlineData("x{a}", "1:4: parse error: unexpected \"}\", expected one of '=', '!=', '=~', '!~'")]
    [InlineData("x{a=~\"(\"}", "1:6: parse error: error parsing regexp \"(\"")]
    [InlineData("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher")]
    [InlineData("{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher")]
    [InlineData("up\n  > bool\n  foo(x)", "3:3: parse error: unknown function with name \"foo\"")]
    [InlineData("1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier")]
    [InlineData("a + bool b", "1:1: parse error: bool modifier can only be used on comparison operators")]
    [InlineData("1 and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression")]
    [InlineData("rate(x)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector")]
    [InlineData("rate(x[5m], 1)", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2")]
    [InlineData("sum()", "1:1: parse error: no arguments for aggregate expression provided")]
    [InlineData("topk(x)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1")]
    [InlineData("x[5m][5m]", "1:6: parse error: ranges only allowed for vector selectors")]
    [InlineData("x offset 5m[5m]", "1:12: parse error: no offset or @ modifiers allowed before range")]
    [InlineData("sum(x) offset 5m", "1:8: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")]
    [InlineData("x @ 1 @ 2", "1:7: parse error: @ <timestamp> may not be set multiple times")]
    [InlineData("x[0]", "1:3: parse error: duration must be greater than 0")]
    [InlineData("5mm", "1:1: parse error: bad number or duration syntax: \"5mm\"")]
    [InlineData("\"a", "1:1: parse error: unterminated quoted string")]
    [InlineData("a / on(x) group_left(x) b", "1:25: parse error: label \"x\" must not occur in ON and GROUP clause at once")]
    [InlineData("a and on(x) group_left b", "1:13: parse error: no grouping allowed for \"and\" operation")]
    [InlineData("x{__name__=\"y\"}", "1:1: parse error: metric name must not be set twice: \"x\" or \"y\"")]
    public void A_mistake_is_told_with_its_place_and_what_was_expected(string text, string message)
    {
        var problem = Assert.Throws<PromSyntaxException>(() => PromParser.Parse(text));
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        Assert.False(problem.Unsupported);
    }

    [Theory]
    [InlineData("holt_winters(x[5m], 0.5, 0.5)")]
    [InlineData("limitk(5, x)")]
    [InlineData("x[5m*2]")]
    [InlineData("x[step()]")]
    [InlineData("rate(x[5m] smoothed)")]
    [InlineData("a + fill(0) b")]
    [InlineData("histogram_count(x)")]
    public void What_is_experimental_in_Prometheus_is_refused_by_name(string text) =>
        Assert.True(Assert.Throws<PromSyntaxException>(() => PromParser.Parse(text)).Unsupported);

    [Fact]
    public void Nesting_without_end_is_refused_and_does_not_exhaust_the_stack() =>
        Assert.Throws<PromSyntaxException>(() => PromParser.Parse(new string('(', 100_000)));

    [Fact]
    public void Whatever_is_typed_either_parses_or_is_refused_with_a_place()
    {
        string[] words = ["up", "sum", "by", "(", ")", "{", "}", "[", "]", "5m", ":", "@", "offset", "-", "+", "*", "==", "bool", "on", "\"x\"", ",", "=", "=~", "1", "rate", "or", "\\", "é", "#"];
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 12)).Select(_ => words[random.Next(words.Length)]));
            try
            {
                var printed = PromParser.Parse(text).ToString();
                Assert.Equal(printed, PromParser.Parse(printed).ToString());
            }
            catch (PromSyntaxException problem)
            {
                Assert.InRange(problem.Position, 0, text.Length);
            }
        }
    }
}
