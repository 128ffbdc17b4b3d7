using System.Runtime.InteropServices;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>A query that is planned once and evaluated often, also by several threads at once.</summary>
public sealed class PreparedQuery
{
    private readonly Node _root;
    private readonly int _slots;

    /// <summary>Plans a parsed expression.</summary>
    /// <param name="expr">From <see cref="PromParser.Parse"/>.</param>
    /// <param name="text">What it was parsed from, so that warnings can tell line and column.</param>
    public PreparedQuery(Expr expr, string? text = null)
    {
        ArgumentNullException.ThrowIfNull(expr);
        var planner = new Planner();
        _root = planner.Plan(expr);
        (Expr, Text, _slots) = (expr, text ?? "", planner.Slots);
    }

    /// <summary>The expression.</summary>
    public Expr Expr { get; }

    /// <summary>Its text.</summary>
    public string Text { get; }

    /// <summary>Parses and plans.</summary>
    /// <exception cref="PromSyntaxException">The text is not a valid expression.</exception>
    public static PreparedQuery Parse(string text) => new(PromParser.Parse(text), text);

    /// <summary>The value at one time (Unix milliseconds).</summary>
    /// <exception cref="PromEvaluationException">The data do not allow it, such as many-to-many matches.</exception>
    public PromValue Instant(
        long timeMs, ISeriesSource source, EvaluatorOptions? options = null, CancellationToken cancel = default)
    {
        var run = Run(source, options, timeMs, timeMs, cancel);
        PromValue value = _root.Kind switch
        {
            ValueKind.Scalar => Scalar(run, timeMs),
            ValueKind.String => new PromText(timeMs, _root.Text()),
            ValueKind.Vector => Vector(run, timeMs),
            _ => Matrix(run, timeMs),
        };
        return run.Warnings.Count + run.Infos.Count == 0 ? value : value with { Warnings = run.Warnings, Infos = run.Infos };
    }

    /// <summary>The values from start to end, both included, in steps (Unix milliseconds).</summary>
    /// <exception cref="PromEvaluationException">The data do not allow it, or the expression is neither a vector nor a number.</exception>
    public PromMatrix Range(
        long startMs, long endMs, long stepMs, ISeriesSource source, EvaluatorOptions? options = null,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepMs);
        if (_root.Kind is not (ValueKind.Scalar or ValueKind.Vector))
        {
            throw new PromEvaluationException(
                $"invalid expression type \"{TypeChecker.Name(_root.Kind)}\" for range query, must be Scalar or instant Vector");
        }

        var run = Run(source, options, startMs, endMs, cancel);
        if ((endMs - startMs) / stepMs > run.Options.MaximalSteps)
            throw new PromEvaluationException("the range has too many steps; choose a longer step");
        var series = new Dictionary<Labels, List<SamplePoint>>();
        var vector = run.Rent();
        for (var time = startMs; time <= endMs; time += stepMs)
        {
            cancel.ThrowIfCancellationRequested();
            if (_root.Kind == ValueKind.Scalar)
            {
                var value = _root.Scalar(run, time);
                vector.Add(Labels.Empty, value.Value, value.Exact, false);
            }
            else
            {
                _root.Vector(run, time, vector);
                DropNames(vector);
            }

            foreach (ref readonly var sample in vector.Span)
            {
                ref var points = ref CollectionsMarshal.GetValueRefOrAddDefault(series, sample.Labels, out _);
                (points ??= []).Add(new SamplePoint(time, sample.Value, Known(sample.Exact)));
            }

            vector.Clear();
        }

        return new PromMatrix([.. series.OrderBy(pair => pair.Key).Select(pair => new MatrixSeries(pair.Key, pair.Value))])
        {
            Warnings = run.Warnings,
            Infos = run.Infos,
        };
    }

    private EvaluationRun Run(ISeriesSource source, EvaluatorOptions? options, long startMs, long endMs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        var run = new EvaluationRun(source, options ?? EvaluatorOptions.Default, startMs, endMs, Text, _slots, cancel);
        _root.Bind(run, startMs, endMs);
        return run;
    }

    private PromScalar Scalar(EvaluationRun run, long timeMs)
    {
        var value = _root.Scalar(run, timeMs);
        return new PromScalar(timeMs, value.Value, Known(value.Exact));
    }

    private PromVector Vector(EvaluationRun run, long timeMs)
    {
        var vector = run.Rent();
        _root.Vector(run, timeMs, vector);
        DropNames(vector);
        if (vector.Count == 0) return new PromVector([]);
        var samples = new VectorSample[vector.Count];
        for (var i = 0; i < samples.Length; i++)
        {
            ref readonly var sample = ref vector.Span[i];
            samples[i] = new VectorSample(sample.Labels, timeMs, sample.Value, Known(sample.Exact));
        }

        return new PromVector(samples);
    }

    private PromMatrix Matrix(EvaluationRun run, long timeMs)
    {
        var ranges = new List<RangeSeries>();
        ((RangeNode)_root).Range(run, timeMs, ranges);
        var result = new Dictionary<Labels, MatrixSeries>();
        foreach (var range in ranges)
        {
            var points = new SamplePoint[range.Count];
            for (var i = 0; i < points.Length; i++)
                points[i] = new SamplePoint(range.T[i], range.V[i], range.Exacts?[range.Start + i]);
            var labels = range.DropName ? range.Labels.WithoutName() : range.Labels;
            if (!result.TryAdd(labels, new MatrixSeries(labels, points)))
                throw new PromEvaluationException("vector cannot contain metrics with the same labelset");
        }

        return new PromMatrix([.. result.Values.OrderBy(series => series.Labels)]);
    }

    private static void DropNames(Vec vector)
    {
        var any = false;
        foreach (ref var sample in vector.Span)
        {
            if (!sample.DropName) continue;
            any = true;
            sample.Labels = sample.Labels.WithoutName();
        }

        if (any) EvaluationRun.RefuseDuplicates(vector);
    }

    /// <summary>Numbers of literals alone are Prometheus's doubles; only what came from exact samples is told as exact.</summary>
    private static Rational? Known(ExactNumber? exact) => exact is { FromSample: true } ? exact.Value : null;
}

/// <summary>Evaluates parsed expressions. Where the same query runs often, keep a <see cref="PreparedQuery"/>.</summary>
public static class Evaluator
{
    /// <summary>The value of an expression at one time (Unix milliseconds).</summary>
    /// <exception cref="PromEvaluationException">The data do not allow it.</exception>
    public static PromValue Instant(
        Expr expr, long timeMs, ISeriesSource source, EvaluatorOptions? options = null, CancellationToken cancel = default) =>
        new PreparedQuery(expr).Instant(timeMs, source, options, cancel);

    /// <summary>The values of an expression from start to end in steps (Unix milliseconds).</summary>
    /// <exception cref="PromEvaluationException">The data do not allow it.</exception>
    public static PromMatrix Range(
        Expr expr, long startMs, long endMs, long stepMs, ISeriesSource source, EvaluatorOptions? options = null,
        CancellationToken cancel = default) =>
        new PreparedQuery(expr).Range(startMs, endMs, stepMs, source, options, cancel);
}
