using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Tests.Runbooks;

public sealed class ShellParserTests
{
    private static ShellStatement One(string text) => Assert.Single(ShellParser.Parse(text).Statements);

    private static string[] Words(string text) => [.. One(text).Pipelines[0].Commands[0].Words.Select(w => w.Text)];

    [Theory]
    [InlineData("cast send $A \"pause()\" --account 'the deployer'", new[] { "cast", "send", "$A", "pause()", "--account", "the deployer" })]
    [InlineData("echo a\\ b \"c \\\"d\\\" \\$e\" 'f\\g'", new[] { "echo", "a b", "c \"d\" $e", "f\\g" })]
    [InlineData("cast call $A balanceOf(address) $B", new[] { "cast", "call", "$A", "balanceOf(address)", "$B" })]
    [InlineData("kubectl logs <pod-name> -n x", new[] { "kubectl", "logs", "<pod-name>", "-n", "x" })]
    [InlineData("echo a#b # c", new[] { "echo", "a#b" })]
    [InlineData("echo $'x' ${A:-b} $((1 + 2))", new[] { "echo", "x", "${A:-b}", "$((1 + 2))" })]
    [InlineData("echo one \\\n  two", new[] { "echo", "one", "two" })]
    public void Words_lose_their_quotes_and_keep_their_variables(string text, string[] words) => Assert.Equal(words, Words(text));

    [Fact]
    public void Pipelines_joins_assignments_and_redirects_are_told_apart()
    {
        var statement = One("A=1 B=\"x y\" run --now 2>&1 | jq -r '.a | .b' > out.json && echo ok || exit 1");
        Assert.Equal([ShellJoin.Always, ShellJoin.OnSuccess, ShellJoin.OnFailure], statement.Pipelines.Select(p => p.Join));
        var first = statement.Pipelines[0].Commands[0];
        Assert.Equal(("A", "1", "B", "x y"), (first.Assignments[0].Name, first.Assignments[0].Value.Text, first.Assignments[1].Name, first.Assignments[1].Value.Text));
        Assert.Equal("2>&", Assert.Single(first.Redirects).Operator);
        Assert.Equal(".a | .b", statement.Pipelines[0].Commands[1].Words[2].Text);
        Assert.Equal("out.json", statement.Pipelines[0].Commands[1].Redirects[0].Target.Text);
    }

    [Fact]
    public void A_substitution_is_parsed_inside_quotes_with_quotes_of_its_own()
    {
        var word = One("echo \"scale=4; $(cast call $T 'total()' | cast --to-dec) / $(cast call $M \"supply()\")\"").Pipelines[0].Commands[0].Words[1];
        Assert.Equal(["cast", "cast"], word.Substitutions.Select(s => s.Script.Statements[0].Pipelines[0].Commands[0].Program));
        Assert.Equal(["T", "M"], word.Variables);
        Assert.Equal("scale=4; 7 / 7", word.Expand(_ => null, _ => "7\n", out _));
    }

    [Fact]
    public void An_expansion_without_value_names_what_is_missing()
    {
        var word = One("echo $A/${B:-two}/$C").Pipelines[0].Commands[0].Words[1];
        Assert.Null(word.Expand(n => n == "A" ? "one" : null, _ => null, out var missing));
        Assert.Equal("C", missing);
        Assert.Equal("one/two/three", word.Expand(n => n == "A" ? "one" : n == "C" ? "three" : null, _ => null, out _));
    }

    [Fact]
    public void Single_quotes_protect_a_dollar() =>
        Assert.True(One("awk '{print $1}'").Pipelines[0].Commands[0].Words[1].IsLiteral);

    [Fact]
    public void A_here_document_belongs_to_its_command_and_counts_once()
    {
        var script = ShellParser.Parse("psql $DB <<'SQL'\nSELECT 1;\n-- it's\nSQL\necho done", 10);
        Assert.Equal([10, 14], script.Statements.Select(s => s.Line));
        Assert.Equal("SELECT 1;\n-- it's\n", script.Statements[0].Pipelines[0].Commands[0].Redirects[0].Body);
    }

    [Fact]
    public void A_quoted_command_over_several_lines_is_one_statement()
    {
        var script = ShellParser.Parse("curl -d '{\n \"a\": 1\n}' http://x\n\n# comment\necho b");
        Assert.Equal([1, 6], script.Statements.Select(s => s.Line));
        Assert.Equal("comment", script.Statements[1].Comment);
    }

    [Theory]
    [InlineData("for a in 1 2; do echo $a; done", ShellCompoundKind.For)]
    [InlineData("while ! curl -sf x; do\n  sleep 1\ndone", ShellCompoundKind.While)]
    [InlineData("if [ -f x ]; then\n  a\nelif b; then\n  c\nelse\n  d\nfi", ShellCompoundKind.If)]
    [InlineData("{ a; b; }", ShellCompoundKind.Group)]
    [InlineData("(cd x && make)", ShellCompoundKind.Group)]
    [InlineData("stop() {\n  a\n}", ShellCompoundKind.Function)]
    [InlineData("case $x in\n a) b ;;\nesac", ShellCompoundKind.Case)]
    public void A_compound_is_one_statement(string text, ShellCompoundKind kind) => Assert.Equal(kind, One(text).Compound!.Kind);

    [Theory]
    [InlineData("echo \"open\necho next", 2)]
    [InlineData("for x in a b\necho next", 2)]
    [InlineData("echo $(cast\necho next", 2)]
    [InlineData("cat <<EOF\nnever closed", 2)]
    [InlineData("| jq\necho next", 2)]
    public void What_does_not_close_costs_its_own_line_only(string text, int statements)
    {
        var script = ShellParser.Parse(text);
        Assert.Equal(statements, script.Statements.Count);
        Assert.True(script.Statements[0].Malformed);
        Assert.False(script.Statements[1].Malformed);
    }

    [Theory]
    [InlineData("$(", 50_000)]
    [InlineData("\"$(", 20_000)]
    [InlineData("((", 50_000)]
    [InlineData("if a; then ", 20_000)]
    [InlineData("`", 100_001)]
    [InlineData("' \" ", 50_000)]
    [InlineData("<<A ", 20_000)]
    [InlineData("{ ", 50_000)]
    [InlineData("${", 50_000)]
    [InlineData("echo \"\n", 20_000)]
    public void Text_made_to_exhaust_the_parser_is_read_in_bounded_time(string part, int times)
    {
        var text = string.Concat(Enumerable.Repeat(part, times));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.NotEmpty(ShellParser.Parse(text).Statements);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{part}: {clock.Elapsed}");
    }
}
