namespace Quarterdeck.PromQL;

/// <summary><c>label_replace(v, destination, replacement, source, regex)</c>.</summary>
internal sealed class LabelReplaceNode(CallExpr expr, Node inner, string[] texts) : Node(expr)
{
    private readonly Lazy<GoRegex> _regex = new(() => GoRegex.Anchored(texts[3]));

    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var (destination, replacement, source) = (texts[0], texts[1], texts[2]);
        GoRegex regex;
        try
        {
            regex = _regex.Value;
        }
        catch (FormatException)
        {
            throw new PromEvaluationException($"invalid regular expression in label_replace(): {texts[3]}");
        }

        if (!LabelNames.IsValid(destination))
            throw new PromEvaluationException($"invalid destination label name in label_replace(): {destination}");
        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        foreach (ref readonly var sample in input.Span)
        {
            var value = regex.Expand(sample.Labels.Get(source), replacement);
            // A name that is written here is meant to stay.
            if (value is null) output.Add(sample);
            else output.Add(sample.Labels.With(destination, value), sample.Value, sample.Exact, sample.DropName && destination != Labels.MetricName);
        }

        run.Return(input);
        EvaluationRun.RefuseDuplicates(output);
    }
}

/// <summary><c>label_join(v, destination, separator, source…)</c>.</summary>
internal sealed class LabelJoinNode(CallExpr expr, Node inner, string[] texts) : Node(expr)
{
    public override void Bind(EvaluationRun run, long fromMs, long toMs) => inner.Bind(run, fromMs, toMs);

    public override void Vector(EvaluationRun run, long timeMs, Vec output)
    {
        var (destination, separator) = (texts[0], texts[1]);
        if (!LabelNames.IsValid(destination))
            throw new PromEvaluationException($"invalid destination label name in label_join(): {destination}");
        foreach (var source in texts.AsSpan(2))
        {
            if (!LabelNames.IsValid(source))
                throw new PromEvaluationException($"invalid source label name in label_join(): {source}");
        }

        var input = run.Rent();
        inner.Vector(run, timeMs, input);
        foreach (ref readonly var sample in input.Span)
        {
            var labels = sample.Labels;
            var value = string.Join(separator, texts.Skip(2).Select(labels.Get));
            output.Add(labels.With(destination, value), sample.Value, sample.Exact, sample.DropName && destination != Labels.MetricName);
        }

        run.Return(input);
        EvaluationRun.RefuseDuplicates(output);
    }
}
