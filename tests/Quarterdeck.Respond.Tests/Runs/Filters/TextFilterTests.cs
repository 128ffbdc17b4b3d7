using Quarterdeck.Respond.Runs.Filters;

namespace Quarterdeck.Respond.Tests.Runs.Filters;

/// <summary>Programs of a pipe, each against what the real one prints.</summary>
public sealed class TextFilterTests
{
    private static string Run(string input, params string[] argv) => Assert.IsType<TextFilter>(TextFilters.Parse(argv))(input).Text;

    [Fact]
    public void Heads_and_tails_are_cut_by_lines()
    {
        Assert.Equal("a\nb\n", Run("a\nb\nc\n", "head", "-2"));
        Assert.Equal("a\n", Run("a\nb\nc\n", "head", "-n", "1"));
        Assert.Equal("a\nb\n", Run("a\nb\nc\n", "head", "-n", "-1"));
        Assert.Equal("c\n", Run("a\nb\nc\n", "tail", "-n1"));
        Assert.Equal("b\nc\n", Run("a\nb\nc\n", "tail", "-n", "+2"));
        Assert.Equal("ab", Run("abc\n", "head", "-c", "2"));
    }

    [Fact]
    public void Fields_are_cut_and_printed()
    {
        Assert.Equal("b:c\n", Run("a:b:c\n", "cut", "-d:", "-f2-3"));
        Assert.Equal("whole\n", Run("whole\n", "cut", "-d:", "-f2"));
        Assert.Equal("", Run("whole\n", "cut", "-s", "-d:", "-f2"));
        Assert.Equal("123\n", Run("123 [1.23e2]\n", "cut", "-d", " ", "-f1"));
        Assert.Equal("ac\n", Run("abc\n", "cut", "-c", "1,3"));
        Assert.Equal("b a\nd c\n", Run("  a  b\nc d\n", "awk", "{print $2, $1}"));
        Assert.Equal("d\n", Run("a b\nc d\n", "awk", "NR==2{print $NF}"));
        Assert.Equal("2\n", Run("x=1\ny=2\n", "awk", "-F=", "/^y/ {print $2}"));
    }

    [Fact]
    public void Lines_are_found_and_changed_by_posix_patterns()
    {
        Assert.Equal("ERROR x\n", Run("ok\nERROR x\n", "grep", "-i", "error"));
        Assert.Equal("ok\n", Run("ok\nERROR x\n", "grep", "-v", "ERROR"));
        Assert.Equal("12\n34\n", Run("a12b34\n", "grep", "-oE", "[0-9]+"));
        Assert.Equal("a+b\n", Run("a+b\naab\n", "grep", "a+b"));
        Assert.Equal("aab\n", Run("a+b\naab\n", "grep", "-E", "a+b"));
        Assert.Equal("a.b\n", Run("a.b\naxb\n", "grep", "-F", "a.b"));
        Assert.Equal("cat\n", Run("cat\nconcat\n", "grep", "-w", "cat"));
        Assert.Equal("b-a\n", Run("a:b\n", "sed", @"s/\([a-z]\):\([a-z]\)/\2-\1/"));
        Assert.Equal("x/y\n", Run("a/a\n", "sed", "-e", "s|a/a|x/y|g"));
        Assert.Equal("[1][2]\n", Run("12\n", "sed", "-E", "s/[[:digit:]]/[&]/g"));
        Assert.False(TextFilters.Parse(["grep", "x"])!("y\n").Succeeded);
        Assert.True(TextFilters.Parse(["grep", "-q", "y"])!("y\n").Succeeded);
    }

    [Fact]
    public void Lines_are_ordered_and_counted()
    {
        Assert.Equal("10\n9\n", Run("10\n9\n", "sort"));
        Assert.Equal("9\n10\n", Run("10\n9\n", "sort", "-n"));
        Assert.Equal("b 2\na 1\n", Run("a 1\nb 2\n", "sort", "-k2,2", "-nr"));
        Assert.Equal("a\nb\n", Run("b\na\nb\n", "sort", "-u"));
        Assert.Equal("      2 a\n      1 b\n", Run("a\na\nb\n", "uniq", "-c"));
        Assert.Equal("3\n", Run("a\nb\nc\n", "wc", "-l"));
        Assert.Equal("4\n", Run("a b\nc d\n", "wc", "-w"));
        Assert.Equal("c\nb\na\n", Run("a\nb\nc\n", "tac"));
    }

    [Fact]
    public void Characters_are_translated_deleted_and_squeezed()
    {
        Assert.Equal("ABC\n", Run("abc\n", "tr", "a-z", "A-Z"));
        Assert.Equal("ABC\n", Run("abc\n", "tr", "[:lower:]", "[:upper:]"));
        Assert.Equal("1000000\n", Run("1,000,000\n", "tr", "-d", ","));
        Assert.Equal("a b\n", Run("a   b\n", "tr", "-s", " "));
        Assert.Equal("12", Run("a1b2\n", "tr", "-cd", "0-9"));
        Assert.Equal("a b\n", Run(" a\n b\n", "xargs"));
    }

    [Fact]
    public void Conversions_of_cast_keep_every_digit()
    {
        Assert.Equal("255\n", Run("0xff\n", "cast", "--to-dec"));
        Assert.Equal("0xff\n", Run("255\n", "cast", "to-hex"));
        Assert.Equal("1.500000000000000000\n", Run("1500000000000000000\n", "cast", "--from-wei"));
        Assert.Equal("123456789012345678.901234\n", Run("123456789012345678901234\n", "cast", "format-units", "6"));
        Assert.Equal("1500000\n", Run("1.5\n", "cast", "parse-units", "6"));
    }

    [Theory]
    [InlineData("grep", "-P", "x")]
    [InlineData("grep", @"\(a\)\1")]
    [InlineData("grep", "a", "file.txt")]
    [InlineData("sed", "y/a/b/")]
    [InlineData("sed", "s/a/b/e")]
    [InlineData("awk", "{ system(\"x\") }")]
    [InlineData("sort", "-o", "file")]
    [InlineData("head", "-n", "x")]
    [InlineData("xargs", "rm")]
    [InlineData("tee", "file")]
    [InlineData("jq", "..|.a?")]
    [InlineData("jq", ".a |= 1")]
    [InlineData("jq", "env")]
    [InlineData("jq", ".", "file.json")]
    [InlineData("bc", "file")]
    [InlineData("python3", "-c", "1")]
    public void What_is_not_understood_has_no_filter(params string[] argv) => Assert.Null(TextFilters.Parse(argv));

    [Fact]
    public void A_pattern_made_to_be_slow_is_not()
    {
        var filter = TextFilters.Parse(["grep", "-E", "(a+)+$"])!;
        Assert.False(filter(new string('a', 50_000) + "!\n").Succeeded);
    }
}
