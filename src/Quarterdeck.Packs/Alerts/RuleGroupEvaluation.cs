using System.Diagnostics;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>The state of a group between evaluations: that of its alerting rules, and what its rules wrote last.</summary>
public sealed class RuleGroupState(RuleGroup group)
{
    // Most rules write nothing most of the time, and then have no set.
    internal HashSet<Labels>?[] Written { get; } = new HashSet<Labels>?[group.Rules.Count];

    /// <summary>The group.</summary>
    public RuleGroup Group => group;

    /// <summary>One state for each rule, in order.</summary>
    public RuleState[] Rules { get; } = [.. group.Rules.Select(_ => RuleState.Empty)];

    /// <summary>Time of the last evaluation, Unix milliseconds; null before the first.</summary>
    public long? EvaluatedAtMs { get; internal set; }

    /// <summary>How long each rule took in the last evaluation.</summary>
    public TimeSpan[] Took { get; } = new TimeSpan[group.Rules.Count];
}

/// <summary>Evaluates a group: its rules in order, all at one time, each seeing what those before it recorded.</summary>
public static class RuleGroupEvaluation
{
    /// <summary>One evaluation of a group.</summary>
    /// <param name="state">Its state; changed in place.</param>
    /// <param name="timeMs">Evaluation time, Unix milliseconds.</param>
    /// <param name="source">Where rules read.</param>
    /// <param name="write">Where recorded series, <c>ALERTS</c> and staleness markers go.</param>
    /// <param name="options">Of the evaluator.</param>
    /// <param name="surroundings">What templates see.</param>
    /// <param name="cancel">Stops between rules.</param>
    /// <returns>The transitions of all its alerts.</returns>
    public static IReadOnlyList<AlertTransition> Evaluate(
        RuleGroupState state, long timeMs, ISeriesSource source, Action<VectorSample> write, EvaluatorOptions options,
        TemplateSurroundings surroundings, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(write);
        var transitions = new List<AlertTransition>();
        var group = state.Group;
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < group.Rules.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            One(i);
            var done = Stopwatch.GetTimestamp();
            state.Took[i] = Stopwatch.GetElapsedTime(begun, done);
            begun = done;
        }

        state.EvaluatedAtMs = timeMs;
        return transitions;

        void One(int i)
        {
            IEnumerable<VectorSample> samples;
            try
            {
                var value = group.Rules[i].Query.Instant(timeMs - (long)group.QueryOffset.TotalMilliseconds, source, options, cancel);
                if (group.Rules[i] is AlertingRule alerting)
                {
                    var outcome = AlertEvaluation.Evaluate(alerting, state.Rules[i], value, timeMs, group.Limit, surroundings);
                    state.Rules[i] = outcome.State;
                    transitions.AddRange(outcome.Transitions);
                    if (outcome.State.LastError is not null) return;
                    samples = AlertEvaluation.Series(outcome.State, timeMs);
                }
                else
                {
                    samples = RuleResult.Record((RecordingRule)group.Rules[i], value, group.Limit);
                    state.Rules[i] = RuleState.Empty;
                }
            }
            catch (Exception problem) when (problem is PromEvaluationException or PromRuleException)
            {
                state.Rules[i] = state.Rules[i] with { LastError = problem.Message };
                return;
            }

            Write(ref state.Written[i], samples, timeMs, write);
        }
    }

    private static void Write(ref HashSet<Labels>? before, IEnumerable<VectorSample> samples, long timeMs, Action<VectorSample> write)
    {
        HashSet<Labels>? now = null;
        foreach (var sample in samples)
        {
            write(sample with { TimeMs = timeMs });
            (now ??= []).Add(sample.Labels);
        }

        // A series that a rule no longer yields ends here, not only when the lookback has passed.
        foreach (var labels in before ?? [])
        {
            if (now is null || !now.Contains(labels)) write(new VectorSample(labels, timeMs, Staleness.Marker, null));
        }

        before = now;
    }
}
