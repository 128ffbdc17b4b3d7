namespace Quarterdeck.PromQL.Tests.Series;

public sealed class GoRegexTests
{
    [Theory]
    [InlineData("a.c", "abc", true)]
    [InlineData("a.c", "a\nc", true)]
    [InlineData("abc", "xabc", false)]
    [InlineData("abc$", "abc\n", false)]
    [InlineData(@"\d+", "१२", false)]
    [InlineData(@"\w+", "é", false)]
    [InlineData(@"[[:alpha:]]+", "abc", true)]
    [InlineData(@"[^[:digit:]]", "5", false)]
    [InlineData(@"(?P<x>a|b)c", "bc", true)]
    [InlineData(@"\Qa.c\E", "abc", false)]
    [InlineData(@"(?i:AB)c", "abc", true)]
    [InlineData(@"[]a]+", "]a", true)]
    [InlineData(@"\pL+", "éa", true)]
    public void A_pattern_means_what_it_means_in_RE2(string pattern, string text, bool matches) =>
        Assert.Equal(matches, GoRegex.Anchored(pattern).IsMatch(text));

    [Theory]
    [InlineData("(")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    [InlineData("*a")]
    public void What_RE2_refuses_is_refused(string pattern) => Assert.Throws<FormatException>(() => GoRegex.Anchored(pattern));

    [Fact]
    public void No_pattern_takes_more_than_linear_time() =>
        Assert.False(GoRegex.Anchored("(a+)+b").IsMatch(new string('a', 50_000)));

    [Theory]
    [InlineData("$1-$2", "x-y")]
    [InlineData("${1}0", "x0")]
    [InlineData("$10", "")]
    [InlineData("$$1", "$1")]
    [InlineData("a$", "a$")]
    public void A_replacement_is_expanded_as_in_Go(string template, string expected) =>
        Assert.Equal(expected, GoRegex.Anchored("(.)/(.)").Expand("x/y", template));
}
