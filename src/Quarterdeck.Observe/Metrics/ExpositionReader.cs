using System.Globalization;
using System.Text;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Reads samples from Prometheus text or OpenMetrics. Timestamps and exemplars are passed over: the time of a sample is the time it was read.</summary>
internal static class ExpositionReader
{
    /// <summary>Every sample in the text.</summary>
    /// <exception cref="FormatException">A line is no sample; the message names it.</exception>
    public static IEnumerable<Sample> Read(string text)
    {
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.AsSpan().Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            yield return Line(line.ToString(), number);
        }
    }

    private static Sample Line(string line, int number)
    {
        var labels = new LabelsBuilder();
        var at = 0;
        while (at < line.Length && line[at] is not ('{' or ' ' or '\t')) at++;
        labels.Set(Labels.MetricName, line[..at]);
        if (at < line.Length && line[at] == '{') at = Pairs(line, at + 1, labels, number);
        var rest = line[at..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (rest.Length == 0) throw Bad(number, "has no value");
        var (value, exact) = Number(rest[0]) ?? throw Bad(number, $"has the value '{rest[0]}'");
        return new Sample(labels.Build(), value, exact);
    }

    private static int Pairs(string line, int at, LabelsBuilder labels, int number)
    {
        while (true)
        {
            while (at < line.Length && line[at] is ' ' or ',') at++;
            if (at >= line.Length) throw Bad(number, "has no closing brace");
            if (line[at] == '}') return at + 1;
            var start = at;
            while (at < line.Length && line[at] is not ('=' or ' ')) at++;
            var name = line[start..at];
            while (at < line.Length && line[at] is ' ' or '=') at++;
            if (at >= line.Length || line[at] != '"' || name.Length == 0) throw Bad(number, "has a label without a value");
            var value = new StringBuilder();
            for (at++; at < line.Length && line[at] != '"'; at++)
            {
                if (line[at] != '\\' || at + 1 == line.Length)
                {
                    value.Append(line[at]);
                    continue;
                }

                at++;
                value.Append(line[at] == 'n' ? '\n' : line[at]);
            }

            if (at >= line.Length) throw Bad(number, "has a label whose value does not end");
            labels.Set(name, value.ToString());
            at++;
        }
    }

    private static (double Value, Rational? Exact)? Number(string text) => text switch
    {
        "NaN" => (double.NaN, null),
        "+Inf" or "Inf" => (double.PositiveInfinity, null),
        "-Inf" => (double.NegativeInfinity, null),
        _ when !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => null,
        // What a program prints without an exponent is what it means, to the last digit.
        _ when text.AsSpan().IndexOfAny('e', 'E') < 0 => (double.Parse(text, CultureInfo.InvariantCulture), Rational.Parse(text)),
        _ => (double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), null),
    };

    private static FormatException Bad(int number, string what) => new($"line {number} {what}");
}
