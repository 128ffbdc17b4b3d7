using System.CommandLine;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary><c>bench series</c>: memory of the live samples, a second apart over the two hours of the horizon.</summary>
internal sealed class SeriesBenchmark : Command
{
    private const int Rounds = 7200;

    public SeriesBenchmark() : base("series", "Memory of live samples: doubles alone, exact values that stand still, and exact values that always change.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var series = new Option<int>("--series") { Description = "Number of series.", DefaultValueFactory = _ => 100 };
        Options.Add(json);
        Options.Add(series);
        SetAction(parsed => Run(parsed.GetValue(json), parsed.GetRequiredValue(series)));
    }

    private static int Run(bool json, int series)
    {
        var doubles = Measure(series, (_, round) => (round * 0.37, null));
        var standing = Rational.FromScaled(BigInteger.Pow(10, 26) + 1, 18);
        var still = Measure(series, (_, _) => (standing.ToDouble(), standing));
        var changing = Measure(series, (s, round) =>
        {
            var exact = Rational.FromScaled(BigInteger.Pow(10, 26) + s + round, 18);
            return (exact.ToDouble(), exact);
        });
        var samples = series * Rounds;
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["series"] = series,
                ["samples"] = samples,
                ["bytesPerDouble"] = Math.Round(doubles, 1),
                ["bytesPerStandingExact"] = Math.Round(still, 1),
                ["bytesPerChangingExact"] = Math.Round(changing, 1),
            }.ToJsonString());
            return 0;
        }

        Console.WriteLine($"{series} series of {Rounds} samples each; bytes for each sample:");
        Console.WriteLine(FormattableString.Invariant($"  doubles alone            {doubles,8:0.0}"));
        Console.WriteLine(FormattableString.Invariant($"  exact, standing still    {still,8:0.0}"));
        Console.WriteLine(FormattableString.Invariant($"  exact, always changing   {changing,8:0.0}"));
        return 0;
    }

    private static double Measure(int series, Func<int, int, (double Value, Rational? Exact)> sample)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var memory = new SeriesMemory();
        var labels = Enumerable.Range(0, series).Select(s => Labels.Of(Labels.MetricName, "metric", "series", $"s{s}")).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var s = 0; s < series; s++)
            {
                var (value, exact) = sample(s, round);
                memory.Append(labels[s], round * 1000L, value, exact);
            }
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(memory);
        return (after - before) / (double)(series * Rounds);
    }
}
