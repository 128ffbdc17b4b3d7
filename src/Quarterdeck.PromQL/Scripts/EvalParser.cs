using System.Text.RegularExpressions;

namespace Quarterdeck.PromQL.Scripts;

/// <summary>Reads an <c>eval</c> command and the lines under it, in the present and in the older notation.</summary>
internal static partial class EvalParser
{
    public static EvalCommand Parse(string line, int number, IReadOnlyList<(int Number, string Text)> body)
    {
        var command = Head(line, number, out var kind);
        switch (kind)
        {
            case "fail": command.Fails = true; break;
            case "ordered": command.Ordered = true; break;
            case "warn": command.Warnings.Add(new ExpectedText(null, null)); break;
            case "info": command.Infos.Add(new ExpectedText(null, null)); break;
        }

        foreach (var (at, text) in body)
        {
            try
            {
                Line(command, text);
            }
            catch (FormatException problem)
            {
                throw new FormatException($"line {at}: {problem.Message}", problem);
            }
        }

        return command;
    }

    private static EvalCommand Head(string line, int number, out string kind)
    {
        if (Instant().Match(line) is { Success: true } instant)
        {
            kind = instant.Groups["kind"].Value;
            var at = Time(instant.Groups["at"].Value);
            return new EvalCommand(number, instant.Groups["query"].Value, at, at, null);
        }

        if (Range().Match(line) is { Success: true } range)
        {
            kind = range.Groups["kind"].Value;
            var step = Time(range.Groups["step"].Value);
            if (step <= 0) throw new FormatException("a step is longer than 0");
            return new EvalCommand(number, range.Groups["query"].Value, Time(range.Groups["from"].Value), Time(range.Groups["to"].Value), step);
        }

        throw new FormatException("an eval command reads 'eval instant at TIME QUERY' or 'eval range from TIME to TIME step DURATION QUERY'");
    }

    private static long Time(string text) => text.StartsWith('-') ? -PromDuration.Parse(text[1..])
        : text.All(char.IsAsciiDigit) ? (long)(GoNumbers.Parse(text) * 1000)
        : PromDuration.Parse(text);

    private static void Line(EvalCommand command, string text)
    {
        if (text.StartsWith("expect", StringComparison.Ordinal) && Expectation(command, text)) return;
        if (Number(text) is { } scalar)
        {
            command.Scalar = scalar;
            return;
        }

        command.Series.Add(SeriesNotation.ParseLine(text));
    }

    private static double? Number(string text)
    {
        try
        {
            return GoNumbers.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool Expectation(EvalCommand command, string text)
    {
        if (OldFailure().Match(text) is { Success: true } old)
        {
            command.Failures.Add(Expected(old.Groups["how"].Value == "regexp" ? "regex" : "msg", old.Groups["text"].Value));
            return true;
        }

        if (RangeVector().Match(text) is { Success: true } range)
        {
            command.RangeVector = (Time(range.Groups["from"].Value), Time(range.Groups["step"].Value));
            return true;
        }

        if (ExpectedString().Match(text) is { Success: true } literal)
        {
            command.Text = GoStrings.Unquote(literal.Groups["text"].Value.Trim());
            return true;
        }

        if (Expect().Match(text) is not { Success: true } match) return false;
        var expected = Expected(match.Groups["how"].Value, match.Groups["text"].Value);
        switch (match.Groups["what"].Value)
        {
            case "ordered": command.Ordered = true; break;
            case "no_warn": command.NoWarnings = true; break;
            case "no_info": command.NoInfos = true; break;
            case "warn": command.Warnings.Add(expected); break;
            case "info": command.Infos.Add(expected); break;
            default:
                command.Fails = true;
                if (expected is not { Exact: null, Pattern: null }) command.Failures.Add(expected);
                break;
        }

        return true;
    }

    private static ExpectedText Expected(string how, string text)
    {
        text = text.Trim();
        if (text.Length > 1 && text.StartsWith('"') && text.EndsWith('"')) text = GoStrings.Unquote(text);
        return how switch
        {
            "msg" => new ExpectedText(text, null),
            "regex" => new ExpectedText(null, GoRegex.Floating(text)),
            _ => new ExpectedText(null, null),
        };
    }

    [GeneratedRegex(@"^eval(?:_(?<kind>fail|warn|ordered|info))?\s+instant\s+(?:at\s+(?<at>\S+)\s+)?(?<query>.+)$")]
    private static partial Regex Instant();

    [GeneratedRegex(@"^eval(?:_(?<kind>fail|warn|info))?\s+range\s+from\s+(?<from>\S+)\s+to\s+(?<to>\S+)\s+step\s+(?<step>\S+)\s+(?<query>.+)$")]
    private static partial Regex Range();

    [GeneratedRegex(@"^expect\s+(?<what>ordered|fail|warn|no_warn|info|no_info)(?:\s+(?<how>regex|msg):(?<text>.+))?$")]
    private static partial Regex Expect();

    [GeneratedRegex(@"^expect\s+string\s+(?<text>.+)$")]
    private static partial Regex ExpectedString();

    [GeneratedRegex(@"^expect\s+range\s+vector\s+from\s+(?<from>\S+)\s+to\s+(?<to>\S+)\s+step\s+(?<step>\S+)$")]
    private static partial Regex RangeVector();

    [GeneratedRegex(@"^expected_fail_(?<how>message|regexp)\s+(?<text>.+)$")]
    private static partial Regex OldFailure();
}
