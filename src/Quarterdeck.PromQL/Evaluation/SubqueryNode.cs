using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>Evaluates its inner expression at multiples of its step, each of them once in a run, and hands out ranges of the results.</summary>
internal sealed class SubqueryNode(SubqueryExpr expr, Node inner, int slot) : RangeNode(expr)
{
    public override long RangeMs => expr.RangeMs;

    public override long EndOf(EvaluationRun run, long timeMs) => Reference(run, expr.Time, timeMs);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        run.State[slot] = new Memory();
        inner.Bind(run, Reference(run, expr.Time, fromMs) - expr.RangeMs - run.Overlap, Reference(run, expr.Time, toMs));
    }

    public override void Range(EvaluationRun run, long timeMs, List<RangeSeries> output)
    {
        var end = EndOf(run, timeMs);
        var begin = end - expr.RangeMs - run.Overlap;
        var step = expr.StepMs ?? run.Options.SubqueryStepMs;
        var memory = (Memory)run.State[slot]!;
        Fill(run, memory, FirstMultipleAfter(begin, step), end, step);
        foreach (var column in memory.Columns)
        {
            var first = Search.FirstAfter(column.Times, 0, column.Count, begin);
            var behind = Search.FirstAfter(column.Times, first, column.Count, end);
            if (behind > first)
                output.Add(new RangeSeries(column.Labels, column.DropName, column.Times, column.Values, column.Exacts, first, behind - first));
        }
    }

    private static long FirstMultipleAfter(long begin, long step)
    {
        var first = begin / step * step;
        return first <= begin ? first + step : first;
    }

    private void Fill(EvaluationRun run, Memory memory, long first, long end, long step)
    {
        if ((end - first) / step > run.Options.MaximalSteps)
            throw new PromEvaluationException("subquery has too many steps; choose a longer step or a shorter range");
        // A range that begins before what is known, or far behind it, starts anew; ranges that move on only add.
        if (memory.Known && (first < memory.First || first > memory.Next)) memory.Reset();
        if (!memory.Known) (memory.First, memory.Next, memory.Known) = (first, first, true);
        var vector = run.Rent();
        for (; memory.Next <= end; memory.Next += step)
        {
            run.ThrowIfCancelled();
            inner.Vector(run, memory.Next, vector);
            foreach (ref readonly var sample in vector.Span) memory.Add(memory.Next, sample);
            vector.Clear();
        }

        run.Return(vector);
    }

    private sealed class Memory
    {
        private readonly Dictionary<Labels, Column> _byLabels = [];

        public List<Column> Columns { get; } = [];

        public bool Known { get; set; }

        public long First { get; set; }

        public long Next { get; set; }

        public void Reset()
        {
            _byLabels.Clear();
            Columns.Clear();
            Known = false;
        }

        public void Add(long time, in VSample sample)
        {
            if (!_byLabels.TryGetValue(sample.Labels, out var column))
            {
                column = new Column(sample.Labels);
                _byLabels.Add(sample.Labels, column);
                Columns.Add(column);
            }

            if (column.Count > 0 && column.Times[column.Count - 1] == time)
                throw new PromEvaluationException("vector cannot contain metrics with the same labelset");
            column.Add(time, sample);
        }
    }

    private sealed class Column(Labels labels)
    {
        private long[] _times = new long[8];
        private double[] _values = new double[8];

        public Labels Labels => labels;

        public bool DropName { get; private set; }

        public long[] Times => _times;

        public double[] Values => _values;

        public Rational?[]? Exacts { get; private set; }

        public int Count { get; private set; }

        public void Add(long time, in VSample sample)
        {
            if (Count == _times.Length)
            {
                Array.Resize(ref _times, Count * 2);
                Array.Resize(ref _values, Count * 2);
                if (Exacts is { } old)
                {
                    Array.Resize(ref old, Count * 2);
                    Exacts = old;
                }
            }

            DropName |= sample.DropName;
            _times[Count] = time;
            _values[Count] = sample.Value;
            if (sample.Exact is { FromSample: true } exact) (Exacts ??= new Rational?[_times.Length])[Count] = exact.Value;
            Count++;
        }
    }
}
