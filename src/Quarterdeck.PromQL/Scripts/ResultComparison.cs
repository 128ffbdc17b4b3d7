using System.Globalization;

namespace Quarterdeck.PromQL.Scripts;

/// <summary>Compares a result with what a script expects, with Prometheus's tolerance of one millionth.</summary>
internal static class ResultComparison
{
    private const double Tolerance = 0.000001;
    private const double SmallestNormal = 2.2250738585072014E-308;

    /// <summary>What differs, or null.</summary>
    public static string? Difference(EvalCommand command, PromValue value)
    {
        if (Annotations(command, value) is { } annotation) return annotation;
        return value switch
        {
            PromText text => text.Value == command.Text ? null : $"expected string {GoStrings.Quote(command.Text ?? "")}, got {GoStrings.Quote(text.Value)}",
            PromScalar scalar when command.Scalar is { } expected =>
                AlmostEqual(expected, scalar.Value) ? null : Invariant($"expected {expected}, got {scalar.Value}"),
            PromScalar => "got a scalar, which was not expected",
            _ when command.Scalar is not null && value is PromVector => "expected a scalar, got a vector",
            PromVector vector => Vector(command, vector),
            PromMatrix matrix => Matrix(command, matrix),
            _ => "unknown kind of result",
        };
    }

    public static bool AlmostEqual(double a, double b)
    {
        if (Staleness.IsMarker(a) || Staleness.IsMarker(b)) return Staleness.IsMarker(a) && Staleness.IsMarker(b);
        if (double.IsNaN(a) && double.IsNaN(b)) return true;
        if (a == b) return true;
        var sum = Math.Abs(a) + Math.Abs(b);
        var difference = Math.Abs(a - b);
        if (a == 0 || b == 0 || sum < SmallestNormal) return difference < Tolerance * SmallestNormal;
        return difference / Math.Min(sum, double.MaxValue) < Tolerance;
    }

    private static string? Annotations(EvalCommand command, PromValue value)
    {
        if (command.NoWarnings && value.Warnings.Count > 0) return $"expected no warning, got: {value.Warnings[0]}";
        if (command.NoInfos && value.Infos.Count > 0) return $"expected no info, got: {value.Infos[0]}";
        return Annotations("warning", command.Warnings, value.Warnings) ?? Annotations("info", command.Infos, value.Infos);
    }

    private static string? Annotations(string what, List<ExpectedText> expected, IReadOnlyList<string> actual)
    {
        if (expected.Count == 0) return null;
        if (actual.Count == 0) return $"expected an annotation of kind {what}, got none";
        if (expected.Exists(text => !actual.Any(text.Accepts)))
            return $"no {what} is as expected; got: {string.Join("; ", actual)}";
        return actual.FirstOrDefault(message => !expected.Exists(text => text.Accepts(message))) is { } other
            ? $"unexpected {what}: {other}"
            : null;
    }

    private static string? Vector(EvalCommand command, PromVector vector)
    {
        if (command.RangeVector is not null) return "expected a range vector, got an instant vector";
        for (var i = 0; i < vector.Samples.Count; i++)
        {
            var sample = vector.Samples[i];
            var at = command.Series.FindIndex(series => series.Labels == sample.Labels);
            if (at < 0) return Invariant($"unexpected result {sample.Labels.ToSeriesText()} {sample.Value}");
            if (command.Ordered && at != i) return $"expected {sample.Labels.ToSeriesText()} at position {at + 1}, it is at {i + 1}";
            var expected = command.Series[at].Values.Count > 0 ? command.Series[at].Values[0].Value : 0;
            if (!AlmostEqual(expected, sample.Value))
                return Invariant($"expected {expected} for {sample.Labels.ToSeriesText()}, got {sample.Value}");
        }

        foreach (var (labels, _) in command.Series)
        {
            if (!vector.Samples.Any(sample => sample.Labels == labels)) return $"expected {labels.ToSeriesText()}, which is missing";
        }

        return null;
    }

    private static string? Matrix(EvalCommand command, PromMatrix matrix)
    {
        var (start, step) = command.RangeVector ?? (command.StartMs, command.StepMs ?? 0);
        if (step == 0) return "got a range vector, which was not expected";
        foreach (var series in matrix.Series)
        {
            var text = series.Labels.ToSeriesText();
            var at = command.Series.FindIndex(expected => expected.Labels == series.Labels);
            if (at < 0) return $"unexpected series {text} with {series.Points.Count} points, the first of value {Text(series.Points[0].Value)}";
            var expected = command.Series[at].Values.Select((value, i) => (value, time: start + i * step)).Where(point => !point.value.IsOmitted).ToList();
            for (var i = 0; i < Math.Max(expected.Count, series.Points.Count); i++)
            {
                if (i >= expected.Count) return $"unexpected point of {text}: {Text(series.Points[i].Value)} at {series.Points[i].TimeMs} ms";
                if (i >= series.Points.Count) return $"missing point of {text}: {Text(expected[i].value.Value)} at {expected[i].time} ms";
                if (expected[i].time != series.Points[i].TimeMs || !AlmostEqual(expected[i].value.Value, series.Points[i].Value))
                {
                    return $"expected {Text(expected[i].value.Value)} for {text} at {expected[i].time} ms, "
                        + $"got {Text(series.Points[i].Value)} at {series.Points[i].TimeMs} ms";
                }
            }
        }

        foreach (var (labels, values) in command.Series)
        {
            if (values.Any(value => !value.IsOmitted) && !matrix.Series.Any(series => series.Labels == labels))
                return $"expected {labels.ToSeriesText()}, which is missing";
        }

        return null;
    }

    private static string Text(double value) => GoNumbers.Format(value);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
