using System.Runtime.InteropServices;

namespace Quarterdeck.PromQL;

/// <summary><c>topk</c> and <c>bottomk</c>: the samples themselves, group by group, best first; NaN is last in both.</summary>
internal sealed class RankNode(AggregateExpr expr, Node inner, Node parameter) : Node(expr)
{
    private readonly Grouping _grouping = new(expr);

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        inner.Bind(run, fromMs, toMs);
        parameter.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var k = parameter.Scalar(run, timeMs).Value;
        if (double.IsNaN(k)) throw new PromEvaluationException("Parameter value is NaN");
        if (k is >= 9.2233720368547758E18 or <= -9.2233720368547758E18)
            throw new PromEvaluationException($"Scalar value {GoNumbers.Format(k)} {(k > 0 ? "overflows" : "underflows")} int64");
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        if (k >= 1)
        {
            var limit = (int)Math.Min(k, input.Count);
            foreach (var group in Groups(input))
            {
                // A stable order: of equal values the one that came first wins.
                group.Sort((a, b) => Order(a.Sample, b.Sample) is var order && order != 0 ? order : a.Position.CompareTo(b.Position));
                foreach (var (sample, _) in group.Take(limit)) output.Add(sample);
            }
        }

        run.Return(input);
    }

    private List<List<(VSample Sample, int Position)>> Groups(Vec input)
    {
        var groups = new List<List<(VSample, int)>>();
        var index = new Dictionary<Labels, int>(_grouping.Comparer);
        var samples = input.Span;
        for (var i = 0; i < samples.Length; i++)
        {
            ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(
                index, _grouping.Single ? Labels.Empty : samples[i].Labels, out var exists);
            if (!exists)
            {
                at = groups.Count;
                groups.Add([]);
            }

            groups[at].Add((samples[i], i));
        }

        return groups;
    }

    private int Order(in VSample a, in VSample b)
    {
        var (nanA, nanB) = (double.IsNaN(a.Value), double.IsNaN(b.Value));
        if (nanA || nanB) return nanA.CompareTo(nanB);
        var before = expr.Operator == Aggregation.TopK ? BinaryOperator.Greater : BinaryOperator.Less;
        return Num.Compare(before, a.Num, b.Num) ? -1 : Num.Compare(before, b.Num, a.Num) ? 1 : 0;
    }
}

/// <summary><c>count_values</c>: how many series of a group have each value, the value as a label.</summary>
internal sealed class CountValuesNode(AggregateExpr expr, Node inner, Node parameter) : Node(expr)
{
    private readonly Grouping _grouping = new(expr);

    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var name = parameter.Text();
        if (!LabelNames.IsValid(name)) throw new PromEvaluationException($"invalid label name {GoStrings.Quote(name)}");
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        var counts = new Dictionary<Labels, (int Count, bool DropName)>();
        foreach (ref readonly var sample in input.Span)
        {
            var key = _grouping.Key(sample.Labels).With(name, GoNumbers.FormatPlain(sample.Value));
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
            count = (count.Count + 1, count.DropName || (sample.DropName && _grouping.KeepsName));
        }

        foreach (var (labels, (count, dropName)) in counts) output.Add(labels, count, null, dropName);
        run.Return(input);
    }
}
