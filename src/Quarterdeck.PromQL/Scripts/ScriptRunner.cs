using System.Text.RegularExpressions;

namespace Quarterdeck.PromQL.Scripts;

/// <summary>Runs Prometheus's test scripts (<c>load</c>, <c>clear</c>, <c>eval instant|range</c>, <c>expect …</c>).</summary>
public sealed partial class ScriptRunner
{
    // The scripts are written for an engine with late name removal, and 1m steps for subqueries without one.
    private static readonly EvaluatorOptions Present = new() { DelayedNameRemoval = true };
    private static readonly EvaluatorOptions Older = new() { ClosedRanges = true };
    private readonly EvaluatorOptions _options;
    private readonly string _file;
    private readonly string[] _lines;
    private readonly SeriesMemory _memory = new();
    private readonly List<ScriptNote> _failures = [];
    private readonly List<ScriptNote> _unsupported = [];
    private int _passed;
    private int _at;

    private ScriptRunner(string text, string file, EvaluatorOptions options)
    {
        (_file, _options) = (file, options);
        _lines = [.. text.Split('\n').Select(line => line.Trim()).Select(line => line.StartsWith('#') ? "" : line)];
    }

    /// <summary>Runs one script; a failing command does not stop the next one.</summary>
    /// <param name="text">The script.</param>
    /// <param name="file">Its name in the result.</param>
    /// <param name="cancel">Stops between commands.</param>
    public static ScriptResult Run(string text, string file, CancellationToken cancel = default) => Run(text, file, Present, cancel);

    /// <summary>
    /// Runs one script by the rules of Prometheus 3 and, where commands fail, by those of Prometheus 2, whose ranges hold the
    /// sample at their very start: a script does not tell the version that it was written for. The result with fewer failures counts.
    /// </summary>
    /// <returns>The result, and whether it is that of Prometheus 2.</returns>
    public static (ScriptResult Result, bool IsOlder) RunByEither(string text, string file, CancellationToken cancel = default)
    {
        var present = Run(text, file, Present, cancel);
        if (present.Failed == 0) return (present, false);
        var older = Run(text, file, Older, cancel);
        return older.Failed < present.Failed ? (older, true) : (present, false);
    }

    private static ScriptResult Run(string text, string file, EvaluatorOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(text);
        var runner = new ScriptRunner(text, file, options);
        while (runner._at < runner._lines.Length)
        {
            cancel.ThrowIfCancellationRequested();
            runner.Command();
        }

        return new ScriptResult(runner._passed, runner._failures, runner._unsupported);
    }

    private void Command()
    {
        var number = _at + 1;
        var line = _lines[_at++];
        if (line.Length == 0) return;
        try
        {
            if (line == "clear") _memory.Clear();
            else if (line.StartsWith("load", StringComparison.Ordinal)) Load(line);
            else if (line.StartsWith("eval", StringComparison.Ordinal)) Eval(line, number);
            else throw new FormatException($"'{line}' is not one of load, clear and eval");
        }
        catch (FormatException problem)
        {
            _failures.Add(new ScriptNote(_file, number, problem.Message));
        }
    }

    private IEnumerable<(int Number, string Text)> Body()
    {
        while (_at < _lines.Length && _lines[_at].Length > 0)
        {
            _at++;
            yield return (_at, _lines[_at - 1]);
        }
    }

    private void Load(string line)
    {
        var body = Body().ToList();
        var match = LoadPattern().Match(line);
        if (!match.Success) throw new FormatException("a load command reads 'load 5m'");
        var step = PromDuration.Parse(match.Groups["step"].Value);
        var withHistograms = match.Groups["nhcb"].Success;
        foreach (var (number, text) in body)
        {
            try
            {
                if (StartTimestamps().Match(text) is { Success: true } starts)
                {
                    // Start timestamps are experimental: queries that meet the series are unsupported.
                    var series = PromParser.ParseSeries(starts.Groups["series"].Value);
                    for (var i = 0; i < 1000; i++) _memory.AppendHistogram(series, i * step);
                    continue;
                }

                var (labels, values) = SeriesNotation.ParseLine(text);
                Store(labels, values, step, withHistograms);
            }
            catch (Exception problem) when (problem is FormatException or PromSyntaxException)
            {
                _failures.Add(new ScriptNote(_file, number, problem.Message));
            }
        }
    }

    private void Store(Labels labels, IReadOnlyList<NotationValue> values, long step, bool withHistograms)
    {
        const string suffix = "_bucket";
        // load_with_nhcb makes a native histogram of the buckets as well; queries that meet it are unsupported.
        var native = withHistograms && labels.Name.EndsWith(suffix, StringComparison.Ordinal)
            ? labels.With(Labels.MetricName, labels.Name[..^suffix.Length]).With("le", "")
            : null;
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i].IsOmitted) continue;
            if (values[i].IsHistogram) _memory.AppendHistogram(labels, i * step);
            else _memory.Append(labels, i * step, values[i].Value);
            if (native is not null) _memory.AppendHistogram(native, i * step);
        }
    }

    private void Eval(string line, int number)
    {
        var body = Body().ToList();
        var command = EvalParser.Parse(line, number, body);
        if (command.HasHistograms)
        {
            _unsupported.Add(new ScriptNote(_file, number, "the expected result has native histograms"));
            return;
        }

        PromValue value;
        try
        {
            var query = PreparedQuery.Parse(command.Query);
            value = command.StepMs is { } step
                ? query.Range(command.StartMs, command.EndMs, step, _memory, _options)
                : query.Instant(command.StartMs, _memory, _options);
        }
        catch (Exception problem) when (problem is PromSyntaxException or PromEvaluationException)
        {
            Refused(command, problem);
            return;
        }

        if (command.Fails) Fail(command, "expected the query to fail, and it did not");
        else if (ResultComparison.Difference(command, value) is { } difference) Fail(command, difference);
        else _passed++;
    }

    private void Refused(EvalCommand command, Exception problem)
    {
        if (command.Fails && problem is PromSyntaxException { IsUnknownFunction: true } && command.Failures.Count > 0
            && command.Failures.TrueForAll(expected => Accepts(expected, problem)))
            _passed++;
        else if (problem is PromSyntaxException { Unsupported: true } or PromSyntaxException { IsUnknownFunction: true } or PromEvaluationException { Unsupported: true })
            _unsupported.Add(new ScriptNote(_file, command.Line, problem.Message));
        else if (!command.Fails)
            Fail(command, problem.Message);
        else if (command.Failures.TrueForAll(expected => Accepts(expected, problem)))
            _passed++;
        else
            Fail(command, $"expected another failure than: {problem.Message}");
    }

    private static bool Accepts(ExpectedText expected, Exception problem) =>
        expected.Accepts(problem.Message) || (problem is PromSyntaxException syntax && expected.Accepts(syntax.Problem));

    private void Fail(EvalCommand command, string why) => _failures.Add(new ScriptNote(_file, command.Line, $"{command.Query}: {why}"));

    [GeneratedRegex(@"^(?<series>.+?)@st\s")]
    private static partial Regex StartTimestamps();

    [GeneratedRegex(@"^load(?:_(?<nhcb>with_nhcb))?\s+(?<step>\S+)$")]
    private static partial Regex LoadPattern();
}
