using Quarterdeck.PromQL.Scripts;

namespace Quarterdeck.PromQL.Tests.Scripts;

public sealed class ScriptRunnerTests
{
    private const string Older = """
        load 10s
          metric 1 2 3

        eval instant at 20s count_over_time(metric[20s])
          {} 3

        eval_fail instant at 20s sum(metric
          expected_fail_regexp unclosed|unexpected
        """;

    [Fact]
    public void A_script_of_Prometheus_2_is_run_by_the_ranges_of_Prometheus_2()
    {
        Assert.Equal(1, ScriptRunner.Run(Older, "older.test").Failed);
        var (result, isOlder) = ScriptRunner.RunByEither(Older, "older.test");
        Assert.True(isOlder);
        Assert.Equal((2, 0, 0), (result.Passed, result.Failed, result.Unsupported));
    }

    [Fact]
    public void A_script_that_holds_as_it_is_stays_with_Prometheus_3()
    {
        var (result, isOlder) = ScriptRunner.RunByEither(Older.Replace("{} 3", "{} 2", StringComparison.Ordinal), "newer.test");
        Assert.False(isOlder);
        Assert.Equal(2, result.Passed);
    }

    [Fact]
    public void A_failure_is_a_failure_by_either()
    {
        var (result, isOlder) = ScriptRunner.RunByEither(Older.Replace("{} 3", "{} 7", StringComparison.Ordinal), "wrong.test");
        Assert.False(isOlder);
        Assert.Equal(4, Assert.Single(result.Failures).Line);
    }

    [Theory]
    [InlineData("eval instant at 5m nosuch(metric)\n  expect fail msg: unknown function with name \"nosuch\"", 1, 0)]
    [InlineData("eval instant at 5m nosuch(metric)\n  {} 1", 0, 1)]
    [InlineData("eval instant at 5m limitk(1, metric)\n  metric 1", 0, 1)]
    [InlineData("eval instant at 5m metric smoothed\n  metric 1", 0, 1)]
    [InlineData("eval instant at 5m metric + fill(0) metric\n  {} 1", 0, 1)]
    public void What_is_not_known_is_unsupported_unless_its_refusal_is_what_the_script_expects(string script, int passed, int unsupported)
    {
        var result = ScriptRunner.Run(script, "unknown.test");
        Assert.Equal((passed, 0, unsupported), (result.Passed, result.Failed, result.Unsupported));
    }
}
