namespace Quarterdeck.PromQL;

/// <summary>How fast a series moves, as Prometheus estimates it from samples that do not reach the ends of the range.</summary>
internal static class Rates
{
    /// <summary><c>rate</c>, <c>increase</c> and <c>delta</c>.</summary>
    public static bool Extrapolate(in RangeArguments range, bool counter, bool perSecond, out double value)
    {
        var t = range.T;
        var v = range.V;
        value = 0;
        if (v.Length < 2) return false;
        value = v[^1] - v[0];
        if (counter)
        {
            // A counter that falls has started again from zero.
            for (var i = 1; i < v.Length; i++)
            {
                if (v[i] < v[i - 1]) value += v[i - 1];
            }
        }

        var toStart = (t[0] - range.Begin) / 1000.0;
        var toEnd = (range.End - t[^1]) / 1000.0;
        var sampled = (t[^1] - t[0]) / 1000.0;
        var average = sampled / (v.Length - 1);
        // Samples that begin or end more than about one interval inside the range show a series that began or ended there:
        // then only half an interval is added.
        var threshold = average * 1.1;
        if (toStart >= threshold) toStart = average / 2;
        if (counter && value > 0 && v[0] >= 0)
        {
            // A counter is never negative, so it is not extrapolated beyond its zero.
            var toZero = sampled * (v[0] / value);
            if (toZero < toStart) toStart = toZero;
        }

        if (toEnd >= threshold) toEnd = average / 2;
        var factor = (sampled + toStart + toEnd) / sampled;
        if (perSecond) factor /= range.Seconds;
        value *= factor;
        return true;
    }

    /// <summary><c>irate</c> and <c>idelta</c>: from the last two samples.</summary>
    public static bool Instant(in RangeArguments range, bool rate, out double value)
    {
        var t = range.T;
        var v = range.V;
        value = 0;
        if (v.Length < 2) return false;
        value = rate && v[^1] < v[^2] ? v[^1] : v[^1] - v[^2];
        var milliseconds = t[^1] - t[^2];
        if (milliseconds == 0) return false;
        if (rate) value /= milliseconds / 1000.0;
        return true;
    }
}
