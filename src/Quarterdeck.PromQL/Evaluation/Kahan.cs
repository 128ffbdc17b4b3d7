namespace Quarterdeck.PromQL;

/// <summary>Sums and means that keep what doubles would lose (Kahan, improved by Neumaier), as Prometheus computes them.</summary>
internal static class Kahan
{
    public static void Add(double value, ref double sum, ref double lost)
    {
        var total = sum + value;
        if (double.IsInfinity(total)) lost = 0;
        else if (Math.Abs(sum) >= Math.Abs(value)) lost += sum - total + value;
        else lost += value - total + sum;
        sum = total;
    }
}

/// <summary>A mean that is a plain quotient while the sum fits a double, and moves along incrementally from there.</summary>
internal struct RunningMean
{
    private double _sum;
    private double _lost;
    private double _mean;
    private bool _incremental;

    public double Count { get; private set; }

    public readonly double Value => _incremental ? _mean + _lost : _sum / Count + _lost / Count;

    public void Add(double value)
    {
        Count++;
        if (Count == 1)
        {
            _sum = value;
            _mean = value;
            return;
        }

        if (!_incremental)
        {
            var (sum, lost) = (_sum, _lost);
            Kahan.Add(value, ref sum, ref lost);
            if (!double.IsInfinity(sum))
            {
                (_sum, _lost) = (sum, lost);
                return;
            }

            _incremental = true;
            _mean = _sum / (Count - 1);
            _lost /= Count - 1;
        }

        var share = (Count - 1) / Count;
        _mean *= share;
        _lost *= share;
        Kahan.Add(value / Count, ref _mean, ref _lost);
    }
}

internal static class Quantiles
{
    /// <summary>The q-quantile by linear interpolation; sorts the values, NaN first.</summary>
    public static double Of(double q, Span<double> values)
    {
        if (values.IsEmpty || double.IsNaN(q)) return double.NaN;
        if (q < 0) return double.NegativeInfinity;
        if (q > 1) return double.PositiveInfinity;
        values.Sort();
        var rank = q * (values.Length - 1);
        var lower = Math.Max(0, (int)Math.Floor(rank));
        var upper = Math.Min(values.Length - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return values[lower] * (1 - weight) + values[upper] * weight;
    }

    public static void Check(EvaluationRun run, double q, int position)
    {
        if (double.IsNaN(q) || q < 0 || q > 1)
            run.Warn($"quantile value should be between 0 and 1, got {GoNumbers.Format(q)}", position);
    }
}
