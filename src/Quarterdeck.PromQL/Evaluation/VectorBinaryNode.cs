namespace Quarterdeck.PromQL;

/// <summary>Arithmetic and comparison between two vectors whose series find each other by labels.</summary>
internal sealed class VectorBinaryNode : Node
{
    private readonly BinaryExpr _expr;
    private readonly Node _left;
    private readonly Node _right;
    private readonly VectorMatching _matching;
    private readonly MatchComparer _comparer;
    private readonly bool _dropsName;

    public VectorBinaryNode(BinaryExpr expr, Node left, Node right) : base(expr)
    {
        (_expr, _left, _right) = (expr, left, right);
        _matching = expr.Matching ?? new VectorMatching(MatchCardinality.OneToOne, false, [], []);
        _comparer = _matching.On ? MatchComparer.On(_matching.Labels) : MatchComparer.Ignoring(_matching.Labels);
        _dropsName = !expr.Operator.IsComparison() || expr.ReturnBool;
    }

    public override void Bind(EvaluationRun run, long fromMs, long toMs)
    {
        _left.Bind(run, fromMs, toMs);
        _right.Bind(run, fromMs, toMs);
    }

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var (left, right) = (run.Rent(), run.Rent());
        _left.Vector(run, timeMs, left);
        _right.Vector(run, timeMs, right);
        if (left.Count > 0 && right.Count > 0)
        {
            // The "one" side is indexed; with group_right that is the left one.
            var swapped = _matching.Cardinality == MatchCardinality.OneToMany;
            Match(run, swapped ? right : left, swapped ? left : right, swapped, output);
        }

        run.Return(left);
        run.Return(right);
    }

    private void Match(EvaluationRun run, Vec many, Vec one, bool swapped, Vec output)
    {
        var index = new Dictionary<Labels, int>(one.Count, _comparer);
        var ones = one.Span;
        for (var i = 0; i < ones.Length; i++)
        {
            if (!index.TryAdd(ones[i].Labels, i)) throw Duplicate(ones[index[ones[i].Labels]].Labels, ones[i].Labels, swapped);
        }

        var oneToOne = _matching.Cardinality == MatchCardinality.OneToOne;
        var met = oneToOne ? new bool[ones.Length] : null;
        var results = oneToOne ? null : new HashSet<Labels>(many.Count);
        foreach (ref readonly var sample in many.Span)
        {
            if (!index.TryGetValue(sample.Labels, out var at)) continue;
            ref readonly var partner = ref ones[at];
            var (a, b) = swapped ? (partner.Num, sample.Num) : (sample.Num, partner.Num);
            if (met is not null && met[at])
            {
                throw new PromEvaluationException(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
            }

            if (met is not null) met[at] = true;
            var keep = true;
            Num value;
            if (_expr.Operator.IsComparison())
            {
                keep = Num.Compare(_expr.Operator, a, b);
                value = _expr.ReturnBool ? Num.Of(keep ? 1 : 0) : a;
                keep |= _expr.ReturnBool;
            }
            else
            {
                value = Num.Calculate(_expr.Operator, a, b);
            }

            if (!keep && results is null) continue;
            var labels = Result(run, sample.Labels, partner.Labels);
            if (results is not null && !results.Add(labels))
            {
                throw new PromEvaluationException(
                    "multiple matches for labels: grouping labels must ensure unique matches");
            }

            if (keep) output.Add(labels, value.Value, value.Exact, run.Delayed && (_dropsName || sample.DropName));
        }
    }

    private Labels Result(EvaluationRun run, Labels many, Labels one)
    {
        var drop = _dropsName && !run.Delayed;
        var oneToOne = _matching.Cardinality == MatchCardinality.OneToOne;
        if (_matching.Include.Count == 0 && (!oneToOne || (!_matching.On && _matching.Labels.Count == 0)))
            return drop ? many.WithoutName() : many;
        var builder = new LabelsBuilder(drop ? many.WithoutName() : many);
        if (oneToOne && _matching.On)
        {
            builder.Keep(_matching.Labels);
        }
        else if (oneToOne)
        {
            foreach (var name in _matching.Labels) builder.Delete(name);
        }

        foreach (var name in _matching.Include) builder.Set(name, one.Get(name));
        return builder.Build();
    }

    private PromEvaluationException Duplicate(Labels first, Labels second, bool swapped)
    {
        var pair = string.Join(", ", new[] { first, second }.Order());
        var side = swapped ? "left" : "right";
        return new PromEvaluationException(
            $"found duplicate series for the match group {_comparer.Key(first)} on the {side} hand-side of the operation: "
            + $"[{pair}];many-to-many matching not allowed: matching labels must be unique on one side");
    }
}
