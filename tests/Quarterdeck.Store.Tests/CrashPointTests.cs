using System.Diagnostics;

namespace Quarterdeck.Store.Tests;

public sealed class CrashPointTests
{
    [CrashPointNames]
    private static class Points
    {
        public const string Here = "tests.here";
    }

    [Fact]
    public void Points_are_enumerable()
    {
        var declared = CrashPoints.Declared(typeof(CrashPoints).Assembly, typeof(CrashPointTests).Assembly);
        Assert.Contains(StoreCrashPoints.ActRecorded, declared);
        Assert.Contains("tests.here", declared);
        Assert.Equal(declared.Distinct(), declared);
    }

    [Theory]
    [InlineData("a.b", "a.b", 1)]
    [InlineData("a.b:3", "a.b", 3)]
    public void The_variable_names_a_point_and_which_time(string text, string name, int nth) =>
        Assert.Equal((name, nth), CrashPoints.Parse(text));

    [Theory]
    [InlineData("a.b:0")]
    [InlineData("a.b:x")]
    public void Another_form_is_refused(string text) => Assert.Throws<FormatException>(() => CrashPoints.Parse(text));

    [Fact]
    public void Reaching_a_point_three_times_does_nothing_unless_told()
    {
        for (var i = 0; i < 3; i++) CrashPoints.Reached(Points.Here);
    }

    [Theory]
    [InlineData("tests.here:3", 137)]
    [InlineData("tests.here:4", 0)]
    public async Task The_process_dies_of_SIGKILL_at_the_point(string at, int exitCode)
    {
        // The child runs the test above, in this same program.
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", typeof(CrashPointTests).Assembly.Location,
                "-method", $"*{nameof(Reaching_a_point_three_times_does_nothing_unless_told)}",
            },
            Environment = { [CrashPoints.Variable] = at },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(exitCode == child.ExitCode, $"exit {child.ExitCode}: {await output} {await errors}");
    }
}
