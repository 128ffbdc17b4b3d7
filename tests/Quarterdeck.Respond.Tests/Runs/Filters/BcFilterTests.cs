using System.Diagnostics;
using System.Globalization;
using Quarterdeck.Respond.Runs.Filters;

namespace Quarterdeck.Respond.Tests.Runs.Filters;

/// <summary>Arithmetic as bc does it, to the last digit.</summary>
public sealed class BcFilterTests
{
    [Theory]
    [InlineData("1+2", "3")]
    [InlineData("scale=4; 950000 / 1000000", ".9500")]
    [InlineData("scale=2; -1/3", "-.33")]
    [InlineData("10/4", "2")]
    [InlineData("1.25*1.25", "1.56")]
    [InlineData("scale=6; 1.25*1.25", "1.5625")]
    [InlineData("7 % 3", "1")]
    [InlineData("scale=2; 7 % 3", ".01")]
    [InlineData("2^10", "1024")]
    [InlineData("2^3^2", "512")]
    [InlineData("(1+2)*3", "9")]
    [InlineData("0.95 <= 1", "1")]
    [InlineData("x=4; x*x", "16")]
    [InlineData("scale=18; 123456789012345678901234567890/7", "17636684144620811271604938270.000000000000000000")]
    [InlineData("-2^2", "4")]
    public void Prints_what_bc_prints(string program, string printed) => Assert.Equal(printed + "\n", BcFilter.Evaluate(program));

    [Theory]
    [InlineData("1/0")]
    [InlineData("1+")]
    [InlineData("supply / 2")]
    [InlineData("while (1) 1")]
    [InlineData("9^999999999")]
    public void Says_what_it_cannot_do(string program) => Assert.Throws<FilterException>(() => BcFilter.Evaluate(program));

    /// <summary>Random programs beside the bc of the machine, where it has one.</summary>
    [Fact]
    public void Equals_the_real_bc_on_random_programs()
    {
        if (!File.Exists("/usr/bin/bc")) Assert.Skip("This machine has no bc to compare with.");
        var random = new Random(4711);
        var programs = Enumerable.Range(0, 400).Select(_ => $"scale={random.Next(0, 12)}; {Expression(random, 3)}").ToList();
        using var bc = Process.Start(new ProcessStartInfo("/usr/bin/bc") { RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["BC_LINE_LENGTH"] = "0" } })!;
        bc.StandardInput.Write(string.Join('\n', programs) + "\n");
        bc.StandardInput.Close();
        var expected = bc.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bc.WaitForExit();
        Assert.Equal(programs.Count, expected.Length);
        Assert.All(programs.Zip(expected), pair => Assert.Equal((pair.First, pair.Second), (pair.First, BcFilter.Evaluate(pair.First).TrimEnd('\n'))));
    }

    private static string Expression(Random random, int depth)
    {
        if (depth == 0) return Number(random);
        var sign = "+-*/%"[random.Next(5)];
        // A divisor is a number that is not zero; brackets keep what is meant.
        var right = sign is '/' or '%' ? $"{random.Next(1, 9999)}.{random.Next(1, 99).ToString("00", CultureInfo.InvariantCulture)}" : Expression(random, depth - 1);
        return $"({Expression(random, depth - 1)}){sign}({right})";
    }

    private static string Number(Random random) =>
        (random.Next(4) == 0 ? "-" : "") + random.NextInt64(0, 1_000_000_000_000).ToString(CultureInfo.InvariantCulture)
        + (random.Next(2) == 0 ? "" : "." + random.Next(0, 99999).ToString("00000", CultureInfo.InvariantCulture));
}
