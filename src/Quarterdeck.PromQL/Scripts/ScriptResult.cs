namespace Quarterdeck.PromQL.Scripts;

/// <summary>One line of a script, and why it failed or is not supported.</summary>
public sealed record ScriptNote(string File, int Line, string Why);

/// <summary>What came of one or more scripts, counted by <c>eval</c> command.</summary>
public sealed record ScriptResult(
    int Passed, IReadOnlyList<ScriptNote> Failures, IReadOnlyList<ScriptNote> UnsupportedLines)
{
    /// <summary>Nothing run yet.</summary>
    public static ScriptResult None { get; } = new(0, [], []);

    /// <summary>Number of failures.</summary>
    public int Failed => Failures.Count;

    /// <summary>Number of commands that need native histograms or an experimental feature.</summary>
    public int Unsupported => UnsupportedLines.Count;

    /// <summary>Both together.</summary>
    public ScriptResult And(ScriptResult other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Passed + other.Passed, [.. Failures, .. other.Failures], [.. UnsupportedLines, .. other.UnsupportedLines]);
    }
}
