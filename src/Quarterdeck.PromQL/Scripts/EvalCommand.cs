namespace Quarterdeck.PromQL.Scripts;

/// <summary>A message that an <c>expect</c> line asks for.</summary>
internal sealed record ExpectedText(string? Exact, GoRegex? Pattern)
{
    public bool Accepts(string message)
    {
        if (Pattern is not null) return Pattern.IsMatch(message);
        if (Exact is null) return true;
        // Annotations end in their place, "(1:20)"; a script may leave that out.
        var at = message.LastIndexOf(" (", StringComparison.Ordinal);
        return message == Exact || (at > 0 && message.EndsWith(')') && message[..at] == Exact);
    }
}

/// <summary>An <c>eval</c> command with what it expects.</summary>
internal sealed class EvalCommand(int line, string query, long startMs, long endMs, long? stepMs)
{
    public int Line => line;

    public string Query => query;

    public long StartMs => startMs;

    public long EndMs => endMs;

    public long? StepMs => stepMs;

    public bool Ordered { get; set; }

    public bool Fails { get; set; }

    public bool NoWarnings { get; set; }

    public bool NoInfos { get; set; }

    public List<ExpectedText> Failures { get; } = [];

    public List<ExpectedText> Warnings { get; } = [];

    public List<ExpectedText> Infos { get; } = [];

    public string? Text { get; set; }

    public double? Scalar { get; set; }

    public (long StartMs, long StepMs)? RangeVector { get; set; }

    public List<(Labels Labels, IReadOnlyList<NotationValue> Values)> Series { get; } = [];

    public bool HasHistograms => Series.Exists(series => series.Values.Any(value => value.IsHistogram));
}
