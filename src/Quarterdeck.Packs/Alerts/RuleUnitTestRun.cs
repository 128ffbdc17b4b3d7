using System.Globalization;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A test that did not come out as expected.</summary>
public sealed record RuleTestFailure(string File, int Line, string Why);

/// <summary>What came of a file of unit tests.</summary>
public sealed record RuleTestResult(int Passed, IReadOnlyList<RuleTestFailure> Failures);

/// <summary>Runs promtool's unit tests through the same evaluation as the server's.</summary>
public static class RuleUnitTestRun
{
    /// <summary>Runs a file. Findings of the test file and of its rule files count as failures.</summary>
    /// <param name="path">The test file.</param>
    /// <param name="options">Of the evaluator; the step of subqueries is the file's evaluation interval.</param>
    /// <param name="cancel">Stops between tests.</param>
    public static RuleTestResult Run(string path, EvaluatorOptions? options = null, CancellationToken cancel = default)
    {
        var (file, findings) = RuleUnitTestFile.Load(path);
        var failures = findings.Select(Failure).ToList();
        if (file is null) return new RuleTestResult(0, failures);
        var loaded = file.RuleFiles.Select(RuleFile.Load).ToList();
        failures.AddRange(loaded.SelectMany(result => result.Findings).Where(finding => finding.Severity == FindingSeverity.Error).Select(Failure));
        if (failures.Count > 0) return new RuleTestResult(0, failures);

        var order = file.GroupOrder.Select((name, i) => (name, i)).ToLookup(pair => pair.name, pair => pair.i);
        // Groups that the order does not name come first, as in promtool.
        var groups = loaded.SelectMany(result => result.File.Groups).OrderBy(group => order[group.Name].FirstOrDefault()).ToList();
        var passed = 0;
        foreach (var test in file.Tests)
        {
            cancel.ThrowIfCancellationRequested();
            var run = new TestRun(file, test, groups, options ?? EvaluatorOptions.Default);
            passed += run.Run(cancel);
            failures.AddRange(run.Failures);
        }

        return new RuleTestResult(passed, failures);
    }

    private static RuleTestFailure Failure(Finding finding) => new(finding.File, finding.Line, finding.Message);

    private sealed class TestRun(
        RuleUnitTestFile file, RuleUnitTest test, IReadOnlyList<RuleGroup> groups, EvaluatorOptions options)
    {
        private readonly SeriesMemory _memory = new();
        private readonly RuleGroupState[] _states = [.. groups.Select(group => new RuleGroupState(group))];
        private readonly EvaluatorOptions _options =
            options with { SubqueryStepMs = (long)file.EvaluationInterval.TotalMilliseconds };
        private int _loaded;

        public List<RuleTestFailure> Failures { get; } = [];

        public int Run(CancellationToken cancel)
        {
            var times = test.Alerts.Select(alert => alert.Time).Concat(test.Expressions.Select(expression => expression.Time));
            var last = (long)times.DefaultIfEmpty(TimeSpan.Zero).Max().TotalMilliseconds;
            var step = (long)file.EvaluationInterval.TotalMilliseconds;
            var pending = test.Alerts.OrderBy(alert => alert.Time).ToList();
            var passed = 0;
            for (var time = 0L; time <= last; time += step)
            {
                cancel.ThrowIfCancellationRequested();
                LoadUpTo(time);
                if (!Evaluate(time)) return passed;
                while (pending.Count > 0 && (long)pending[0].Time.TotalMilliseconds < time + step)
                {
                    passed += Check(pending[0]);
                    pending.RemoveAt(0);
                }
            }

            return passed + test.Expressions.Sum(Check);
        }

        private void LoadUpTo(long time)
        {
            var interval = (long)test.Interval.TotalMilliseconds;
            for (; _loaded * interval <= time; _loaded++)
            {
                foreach (var series in test.Series)
                {
                    if (_loaded < series.Values.Count && !series.Values[_loaded].IsOmitted)
                        _memory.Append(series.Labels, _loaded * interval, series.Values[_loaded].Value);
                }
            }
        }

        private bool Evaluate(long time)
        {
            var surroundings = test.Surroundings with { Query = text => Query(text, time) };
            foreach (var state in _states)
            {
                RuleGroupEvaluation.Evaluate(state, time, _memory,
                    sample => _memory.Append(sample.Labels, sample.TimeMs, sample.Value, sample.Exact), _options, surroundings);
                for (var i = 0; i < state.Rules.Length; i++)
                {
                    if (state.Rules[i].LastError is not { } error) continue;
                    Fail(test.Line, $"rule: {state.Group.Rules[i].Name}, time: {PromDuration.Format(time)}, err: {error}");
                }
            }

            return !_states.Any(state => state.Rules.Any(rule => rule.LastError is not null));
        }

        private PromVector Query(string text, long time) =>
            new(RuleResult.Samples(PreparedQuery.Parse(text).Instant(time, _memory, _options)));

        private int Check(AlertTest expected)
        {
            var got = _states.SelectMany(state => state.Group.Rules.Zip(state.Rules))
                .Where(pair => pair.First is AlertingRule && pair.First.Name == expected.AlertName)
                .SelectMany(pair => pair.Second.Active).Where(alert => alert.State == AlertState.Firing)
                .Select(alert => (alert.Labels, alert.Annotations)).OrderBy(alert => alert.Labels).ThenBy(alert => alert.Annotations).ToList();
            var wanted = expected.Expected.OrderBy(alert => alert.Labels).ThenBy(alert => alert.Annotations).ToList();
            if (got.SequenceEqual(wanted)) return 1;
            Fail(expected.Line, $"alertname: {expected.AlertName}, time: {PromDuration.Format((long)expected.Time.TotalMilliseconds)}, "
                + $"exp: [{Text(wanted)}], got: [{Text(got)}]");
            return 0;
        }

        private int Check(ExpressionTest expected)
        {
            var time = (long)expected.Time.TotalMilliseconds;
            try
            {
                var got = Query(expected.Expression, time).Samples.Select(sample => (sample.Labels, sample.Value)).OrderBy(sample => sample.Labels).ToList();
                var wanted = expected.Expected.OrderBy(sample => sample.Labels).ToList();
                // Equal to the last bit, as in promtool; NaN equals nothing.
                if (got.Count == wanted.Count && got.Zip(wanted).All(pair => pair.First.Labels == pair.Second.Labels && Equal(pair.First.Value, pair.Second.Value)))
                    return 1;
                Fail(expected.Line, $"expr: {GoStrings.Quote(expected.Expression)}, time: {PromDuration.Format(time)}, exp: {Text(wanted)}, got: {Text(got)}");
            }
            catch (Exception problem) when (problem is PromSyntaxException or PromEvaluationException or PromRuleException)
            {
                Fail(expected.Line, $"expr: {GoStrings.Quote(expected.Expression)}, time: {PromDuration.Format(time)}, err: {problem.Message}");
            }

            return 0;
        }

        private bool Equal(double got, double wanted) =>
            got == wanted || (file.FuzzyCompare && (Math.BitIncrement(got) == wanted || Math.BitDecrement(got) == wanted));

        private void Fail(int line, string why) =>
            Failures.Add(new RuleTestFailure(file.Path, line, test.Name.Length > 0 ? $"{test.Name}: {why}" : why));

        private static string Text(IEnumerable<(Labels Labels, Labels Annotations)> alerts) =>
            string.Join("; ", alerts.Select(alert => $"Labels:{alert.Labels} Annotations:{alert.Annotations}"));

        private static string Text(List<(Labels Labels, double Value)> samples) => samples.Count == 0 ? "nil"
            : string.Join(", ", samples.Select(sample => string.Create(CultureInfo.InvariantCulture, $"{sample.Labels.ToSeriesText()} {GoNumbers.Format(sample.Value)}")));
    }
}
