using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>A line of a blockquote that directs the engine: <c>&gt; wait: 24h</c>.</summary>
internal sealed partial record Directive(string Key, string Value, int Line)
{
    public static readonly string[] Keys = ["approve", "wait", "check", "on failure", "retry", "timeout", "notify", "probe"];

    /// <summary>The directive of a line; null for prose.</summary>
    public static Directive? Parse(string line, int number)
    {
        var match = Shape().Match(line);
        if (!match.Success) return null;
        var key = Spaces().Replace(match.Groups[1].Value.ToLowerInvariant().Replace('-', ' '), " ");
        return new Directive(key is "onfailure" ? "on failure" : key is "approval" or "approvals" ? "approve" : key, match.Groups[2].Value.Trim(), number);
    }

    public bool IsKnown => Keys.Contains(Key);

    /// <summary>The step that the directive stands for; null for those that change the step above, or where the value is wrong.</summary>
    public RunbookStep? Step(string context) => Key switch
    {
        "approve" when Approvals() is var (count, role) => new ApproveStep(count, role) { Line = Line, Text = Text, Context = context },
        "wait" => Durations.TryParse(Value, out var span)
            ? new WaitStep(span, null) { Line = Line, Text = Text, Context = context }
            : Value.StartsWith("until ", StringComparison.OrdinalIgnoreCase) ? new WaitStep(null, Value[6..].Trim()) { Line = Line, Text = Text, Context = context } : null,
        "check" when Value.Length > 0 => new CheckStep(Value.Trim('`')) { Line = Line, Text = Text, Context = context },
        "notify" when Value.Length > 0 => Notify(context),
        _ => null,
    };

    /// <summary>The step above as the directive changes it; null where the value is wrong.</summary>
    public RunbookStep? Change(RunbookStep step)
    {
        switch (Key)
        {
            case "probe":
                return Value.Length > 0 ? step with { Probe = Value.Trim('`') } : null;
            case "on failure" when FallbackShape().Match(Value) is { Success: true } fallback:
                var named = fallback.Groups[1].Success ? Path.GetFileNameWithoutExtension(fallback.Groups[1].Value) : fallback.Groups[2].Value;
                return step with { FailureRunbook = named };
            case "on failure":
                FailureResponse? response = Value.Split(' ')[0].ToLowerInvariant().TrimEnd('.', ',') switch
                {
                    "continue" or "ignore" or "skip" => FailureResponse.Continue,
                    "stop" or "pause" or "ask" => FailureResponse.Stop,
                    "abort" or "fail" => FailureResponse.Abort,
                    _ => null,
                };
                return response is { } r ? step with { OnFailure = r } : null;
            case "retry":
                var retry = RetryShape().Match(Value);
                if (!retry.Success || !int.TryParse(retry.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var times) || times > 1000) return null;
                var every = TimeSpan.FromSeconds(5);
                return retry.Groups[2].Success && !Durations.TryParse(retry.Groups[2].Value, out every) ? null : step with { Retry = new RetryRule(times, every) };
            case "timeout":
                return Durations.TryParse(Value, out var limit) && limit > TimeSpan.Zero ? step with { Timeout = limit } : null;
            default:
                return null;
        }
    }

    public bool ChangesStepAbove => Key is "on failure" or "retry" or "timeout" or "probe";

    /// <summary>What a right value looks like.</summary>
    public string Example => Key switch
    {
        "approve" => "> approve: 2 operators",
        "wait" => "> wait: 24h",
        "check" => "> check: reserve_ratio >= 0.95",
        "on failure" => "> on failure: continue (or stop, or abort, or run SLUG)",
        "retry" => "> retry: 3 times every 10s",
        "timeout" => "> timeout: 5m",
        "probe" => "> probe: relay_restarts_total > 3",
        _ => "> notify: #incidents what happened",
    };

    private string Text => $"{Key}: {Value}";

    private (int Count, string? Role)? Approvals()
    {
        var match = ApproveShape().Match(Value);
        if (!match.Success) return null;
        var count = match.Groups[1].Value.ToLowerInvariant() switch
        {
            "one" => 1,
            "two" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            var digits => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0,
        };
        var role = match.Groups[2].Value.ToLowerInvariant().TrimEnd('s');
        return count is > 0 and <= 50 ? (count, role is "" or "operator" or "people" or "person" or "approval" ? null : role) : null;
    }

    private NotifyStep Notify(string context)
    {
        var channel = ChannelShape().Match(Value).Value;
        return new NotifyStep(channel, Value.Replace(channel.Length > 0 ? channel : "\0", "", StringComparison.Ordinal).Trim()) { Line = Line, Text = Text, Context = context };
    }

    [GeneratedRegex(@"^\s*\**([A-Za-z][A-Za-z -]{1,18}?)\**\s*:\**\s*(.*)$")]
    private static partial Regex Shape();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^run\s+(?:\[[^\]]*\]\(([^)#]+)[^)]*\)|`?([\w-]+)`?)\s*\.?$", RegexOptions.IgnoreCase)]
    private static partial Regex FallbackShape();

    [GeneratedRegex(@"^(\d{1,2}|one|two|three|four|five)\b(?:\s+(?:of\s+\d+\s+)?([A-Za-z-]+))?", RegexOptions.IgnoreCase)]
    private static partial Regex ApproveShape();

    [GeneratedRegex(@"^(\d{1,4})(?:\s*(?:times|x)?,?\s*(?:every|each|after)?\s*(\d+\s*[a-z]+)(?:\s*apart)?)?(?:\s*times)?$", RegexOptions.IgnoreCase)]
    private static partial Regex RetryShape();

    [GeneratedRegex(@"#[\w-]+|@[\w-]+")]
    private static partial Regex ChannelShape();
}
