using System.Collections.Frozen;

namespace Quarterdeck.PromQL;

/// <summary>A function's signature. <paramref name="Optional"/> counts the arguments at the end that may be left out; -1 means the last may be repeated or left out.</summary>
public sealed record PromFunction(string Name, IReadOnlyList<ValueKind> Arguments, int Optional, ValueKind Result)
{
    /// <summary>Every function that this engine runs.</summary>
    public static IReadOnlyDictionary<string, PromFunction> All { get; } = Build();

    /// <summary>Functions of Prometheus that need native histograms or the flag promql-experimental-functions; they are refused by name.</summary>
    public static IReadOnlySet<string> Unsupported { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "double_exponential_smoothing", "holt_winters", "end", "first_over_time", "histogram_avg", "histogram_count",
        "histogram_quantiles", "histogram_stddev", "histogram_stdvar", "histogram_sum", "info", "limit_ratio",
        "limitk", "mad_over_time", "max_of", "min_of", "range", "sort_by_label", "sort_by_label_desc", "start", "step",
        "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
        "native_histogram_quantile", "histogram_count_over_time",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<string, PromFunction> Build()
    {
        const ValueKind scalar = ValueKind.Scalar, text = ValueKind.String, vector = ValueKind.Vector, matrix = ValueKind.Matrix;
        var all = new List<PromFunction>();

        foreach (var name in (string[])
            ["abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp", "floor", "ln",
             "log10", "log2", "rad", "sgn", "sin", "sinh", "sqrt", "tan", "tanh", "absent", "sort", "sort_desc", "timestamp"])
            all.Add(new PromFunction(name, [vector], 0, vector));
        foreach (var name in (string[])
            ["days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year"])
            all.Add(new PromFunction(name, [vector], 1, vector));
        foreach (var name in (string[])
            ["absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "idelta", "increase",
             "irate", "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets",
             "stddev_over_time", "stdvar_over_time", "sum_over_time"])
            all.Add(new PromFunction(name, [matrix], 0, vector));

        all.Add(new PromFunction("clamp", [vector, scalar, scalar], 0, vector));
        all.Add(new PromFunction("clamp_max", [vector, scalar], 0, vector));
        all.Add(new PromFunction("clamp_min", [vector, scalar], 0, vector));
        all.Add(new PromFunction("histogram_fraction", [scalar, scalar, vector], 0, vector));
        all.Add(new PromFunction("histogram_quantile", [scalar, vector], 0, vector));
        all.Add(new PromFunction("label_join", [vector, text, text, text], -1, vector));
        all.Add(new PromFunction("label_replace", [vector, text, text, text, text], 0, vector));
        all.Add(new PromFunction("pi", [], 0, scalar));
        all.Add(new PromFunction("predict_linear", [matrix, scalar], 0, vector));
        all.Add(new PromFunction("quantile_over_time", [scalar, matrix], 0, vector));
        all.Add(new PromFunction("round", [vector, scalar], 1, vector));
        all.Add(new PromFunction("scalar", [vector], 0, scalar));
        all.Add(new PromFunction("time", [], 0, scalar));
        all.Add(new PromFunction("vector", [scalar], 0, vector));
        return all.ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);
    }
}
