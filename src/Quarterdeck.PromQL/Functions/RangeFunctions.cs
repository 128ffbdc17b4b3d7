namespace Quarterdeck.PromQL;

/// <summary>What a range function works on: the samples in (Begin, End], the evaluation time, and its number where it has one.</summary>
internal readonly ref struct RangeArguments
{
    public required ReadOnlySpan<long> T { get; init; }

    public required ReadOnlySpan<double> V { get; init; }

    public required long Begin { get; init; }

    public required long End { get; init; }

    public required long Time { get; init; }

    public required double Parameter { get; init; }

    public double Seconds => (End - Begin) / 1000.0;
}

/// <summary>Yields a value for a range that has at least one sample; false for "no result".</summary>
internal delegate bool RangeFunction(in RangeArguments range, out double value);

internal static class RangeFunctions
{
    public static RangeFunction? Find(string name) => name switch
    {
        "avg_over_time" => Average,
        "changes" => Changes,
        "count_over_time" => (in RangeArguments range, out double value) => Yield(range.V.Length, out value),
        "delta" => (in RangeArguments range, out double value) => Rates.Extrapolate(range, false, false, out value),
        "deriv" => Deriv,
        "idelta" => (in RangeArguments range, out double value) => Rates.Instant(range, false, out value),
        "increase" => (in RangeArguments range, out double value) => Rates.Extrapolate(range, true, false, out value),
        "irate" => (in RangeArguments range, out double value) => Rates.Instant(range, true, out value),
        "last_over_time" => (in RangeArguments range, out double value) => Yield(range.V[^1], out value),
        "max_over_time" => Max,
        "min_over_time" => Min,
        "predict_linear" => PredictLinear,
        "present_over_time" => (in RangeArguments range, out double value) => Yield(1, out value),
        "quantile_over_time" => (in RangeArguments range, out double value) =>
            Yield(Quantiles.Of(range.Parameter, range.V.ToArray()), out value),
        "rate" => (in RangeArguments range, out double value) => Rates.Extrapolate(range, true, true, out value),
        "resets" => Resets,
        "stddev_over_time" => (in RangeArguments range, out double value) => Yield(Math.Sqrt(Variance(range)), out value),
        "stdvar_over_time" => (in RangeArguments range, out double value) => Yield(Variance(range), out value),
        "sum_over_time" => Sum,
        _ => null,
    };

    private static bool Yield(double result, out double value)
    {
        value = result;
        return true;
    }

    private static bool Average(in RangeArguments range, out double value)
    {
        var mean = new RunningMean();
        foreach (var sample in range.V) mean.Add(sample);
        return Yield(mean.Value, out value);
    }

    private static bool Sum(in RangeArguments range, out double value)
    {
        double sum = 0, lost = 0;
        foreach (var sample in range.V) Kahan.Add(sample, ref sum, ref lost);
        return Yield(double.IsInfinity(sum) ? sum : sum + lost, out value);
    }

    private static bool Changes(in RangeArguments range, out double value)
    {
        var changes = 0;
        for (var i = 1; i < range.V.Length; i++)
        {
            var (before, now) = (range.V[i - 1], range.V[i]);
            if (now != before && !(double.IsNaN(now) && double.IsNaN(before))) changes++;
        }

        return Yield(changes, out value);
    }

    private static bool Resets(in RangeArguments range, out double value)
    {
        var resets = 0;
        for (var i = 1; i < range.V.Length; i++)
        {
            if (range.V[i] < range.V[i - 1]) resets++;
        }

        return Yield(resets, out value);
    }

    private static bool Max(in RangeArguments range, out double value)
    {
        value = range.V[0];
        foreach (var sample in range.V)
        {
            if (sample > value || double.IsNaN(value)) value = sample;
        }

        return true;
    }

    private static bool Min(in RangeArguments range, out double value)
    {
        value = range.V[0];
        foreach (var sample in range.V)
        {
            if (sample < value || double.IsNaN(value)) value = sample;
        }

        return true;
    }

    private static double Variance(in RangeArguments range)
    {
        double count = 0, mean = 0, meanLost = 0, sum = 0, sumLost = 0;
        foreach (var sample in range.V)
        {
            count++;
            var delta = sample - (mean + meanLost);
            Kahan.Add(delta / count, ref mean, ref meanLost);
            Kahan.Add(delta * (sample - (mean + meanLost)), ref sum, ref sumLost);
        }

        return (sum + sumLost) / count;
    }

    private static bool Deriv(in RangeArguments range, out double value)
    {
        value = 0;
        if (range.V.Length < 2) return false;
        // Times near the samples keep the sums small; the slope does not depend on where time zero is.
        (value, _) = Regression(range, range.T[0]);
        return true;
    }

    private static bool PredictLinear(in RangeArguments range, out double value)
    {
        value = 0;
        if (range.V.Length < 2) return false;
        var (slope, intercept) = Regression(range, range.Time);
        return Yield(slope * range.Parameter + intercept, out value);
    }

    private static (double Slope, double Intercept) Regression(in RangeArguments range, long zero)
    {
        double n = 0, sumX = 0, cX = 0, sumY = 0, cY = 0, sumXY = 0, cXY = 0, sumX2 = 0, cX2 = 0;
        var constant = true;
        var first = range.V[0];
        for (var i = 0; i < range.V.Length; i++)
        {
            var y = range.V[i];
            if (i > 0 && y != first) constant = false;
            n++;
            var x = (range.T[i] - zero) / 1000.0;
            Kahan.Add(x, ref sumX, ref cX);
            Kahan.Add(y, ref sumY, ref cY);
            Kahan.Add(x * y, ref sumXY, ref cXY);
            Kahan.Add(x * x, ref sumX2, ref cX2);
        }

        if (constant) return double.IsInfinity(first) ? (double.NaN, double.NaN) : (0, first);
        sumX += cX;
        sumY += cY;
        var covariance = sumXY + cXY - sumX * sumY / n;
        var variance = sumX2 + cX2 - sumX * sumX / n;
        var slope = covariance / variance;
        return (slope, sumY / n - slope * sumX / n);
    }
}
