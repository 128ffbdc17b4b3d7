namespace Quarterdeck.PromQL;

/// <summary>Finds the group of a series.</summary>
internal sealed class Grouping(AggregateExpr expr)
{
    private readonly MatchComparer? _comparer = !expr.Without && expr.Grouping.Count == 0
        ? null
        : expr.Without ? MatchComparer.Ignoring(expr.Grouping) : MatchComparer.On(expr.Grouping);

    public bool KeepsName { get; } = !expr.Without && expr.Grouping.Contains(Labels.MetricName);

    public bool Single => _comparer is null;

    public IEqualityComparer<Labels>? Comparer => _comparer;

    public Labels Key(Labels labels) => _comparer is null ? Labels.Empty : _comparer.Key(labels);
}

/// <summary>Aggregations that yield one number for each group.</summary>
internal sealed class AggregateNode(AggregateExpr expr, Node inner, Node? parameter) : Node(expr)
{
    private readonly Grouping _grouping = new(expr);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        inner.Bind(run, fromMs, toMs);
        parameter?.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        var q = parameter?.Scalar(run, timeMs).Value ?? 0;
        if (expr.Operator == Aggregation.Quantile) Quantiles.Check(run, q, expr.Parameter!.Start);
        if (input.Count > 0)
        {
            if (_grouping.Single) One(input, q, output);
            else Many(input, q, output);
        }

        run.Return(input);
    }

    private void One(Vec input, double q, Vec output)
    {
        var group = new Accumulator(expr.Operator);
        foreach (ref readonly var sample in input.Span) group.Add(sample);
        group.Finish(q, Labels.Empty, false, output);
    }

    private void Many(Vec input, double q, Vec output)
    {
        var index = new Dictionary<Labels, int>(_grouping.Comparer!);
        var groups = new List<(Labels Key, Accumulator Sum, bool DropName)>();
        foreach (ref readonly var sample in input.Span)
        {
            if (!index.TryGetValue(sample.Labels, out var at))
            {
                at = groups.Count;
                index.Add(sample.Labels, at);
                groups.Add((_grouping.Key(sample.Labels), new Accumulator(expr.Operator), false));
            }

            groups[at].Sum.Add(sample);
            if (sample.DropName && _grouping.KeepsName) groups[at] = groups[at] with { DropName = true };
        }

        foreach (var (key, sum, dropName) in groups) sum.Finish(q, key, dropName, output);
    }

    private sealed class Accumulator(Aggregation op)
    {
        private double _value;
        private double _lost;
        private long _count;
        private double _mean;
        private RunningMean _average;
        private ExactNumber? _exact;
        private List<double>? _values;

        public void Add(in VSample sample)
        {
            var value = sample.Value;
            _count++;
            switch (op)
            {
                case Aggregation.Sum:
                    // A sum of amounts stays exact as long as every addend is.
                    _exact = _count == 1 ? sample.Exact : Num.Calculate(BinaryOperator.Add, new Num(0, _exact), sample.Num).Exact;
                    Kahan.Add(value, ref _value, ref _lost);
                    break;
                case Aggregation.Avg: _average.Add(value); break;
                case Aggregation.Min or Aggregation.Max: Extreme(sample); break;
                case Aggregation.Stddev or Aggregation.Stdvar:
                    if (_count == 1)
                    {
                        _mean = value;
                        if (!double.IsFinite(value)) _value = double.NaN;
                        break;
                    }

                    var delta = value - _mean;
                    _mean += delta / _count;
                    _value += delta * (value - _mean);
                    break;
                case Aggregation.Quantile: (_values ??= []).Add(value); break;
            }
        }

        public void Finish(double q, Labels labels, bool dropName, Vec output)
        {
            var (value, exact) = op switch
            {
                Aggregation.Sum when _exact is { FromSample: true } sum => (sum.Value.ToDouble(), sum),
                Aggregation.Sum => (double.IsInfinity(_value) ? _value : _value + _lost, null),
                Aggregation.Avg => (_average.Value, null),
                Aggregation.Count => (_count, null),
                Aggregation.Group => (1, null),
                Aggregation.Stddev => (Math.Sqrt(_value / _count), null),
                Aggregation.Stdvar => (_value / _count, null),
                Aggregation.Quantile => (Quantiles.Of(q, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_values)), null),
                _ => (_value, _exact),
            };
            output.Add(labels, value, exact, dropName);
        }

        private void Extreme(in VSample sample)
        {
            var op1 = op == Aggregation.Max ? BinaryOperator.Less : BinaryOperator.Greater;
            if (_count > 1 && !double.IsNaN(_value) && !Num.Compare(op1, new Num(_value, _exact), sample.Num)) return;
            _value = sample.Value;
            _exact = sample.Exact;
        }
    }
}
