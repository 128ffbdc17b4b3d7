namespace Quarterdeck.Primitives.Findings;

/// <summary>How much a finding weighs: an error stops the file it is in from being used.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Will work, perhaps not as meant.</summary>
    Warning,

    /// <summary>Cannot work, or would do harm.</summary>
    Error,
}

/// <summary>
/// One thing wrong, or worth knowing, in a file that a protocol team wrote: what, where, why, and how to mend it.
/// </summary>
/// <param name="Code">Stable short code, such as <c>QD1003</c>; documented in docs/reference/findings.md.</param>
/// <param name="Severity">Weight.</param>
/// <param name="File">Path as the author knows it, relative to the pack where there is one.</param>
/// <param name="Line">1-based line; 0 where the whole file is meant.</param>
/// <param name="Message">What is wrong, with the offending text.</param>
/// <param name="Remedy">What to write instead.</param>
public sealed record Finding(
    string Code, FindingSeverity Severity, string File, int Line, string Message, string Remedy)
{
    /// <summary>1-based column; 0 where unknown.</summary>
    public int Column { get; init; }

    /// <summary><c>file:line:column: error QD1003: message. Remedy: …</c></summary>
    public override string ToString()
    {
        var at = Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";
        return $"{at}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message} Remedy: {Remedy}";
    }
}
