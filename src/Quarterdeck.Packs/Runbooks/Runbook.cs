using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>One procedure as a program.</summary>
/// <param name="Slug">Name in links and plans.</param>
/// <param name="Title">Heading or front matter's title.</param>
/// <param name="Severity">Severity as stated; null where not.</param>
/// <param name="Alerts">Alerts it answers.</param>
/// <param name="PolicyName">Approval policy from front matter; null takes that of each write's class.</param>
/// <param name="Steps">In order.</param>
/// <param name="Source">Path of the file, relative to the pack where there is one.</param>
/// <param name="Hash">SHA-256 of the exact bytes of the file.</param>
public sealed record Runbook(
    string Slug, string Title, Severity? Severity, IReadOnlyList<string> Alerts, string? PolicyName,
    IReadOnlyList<RunbookStep> Steps, string Source, Hash32 Hash)
{
    /// <summary>1-based line of its heading.</summary>
    public int Line { get; init; } = 1;

    /// <summary>Lines on which alerts are named, in the order of <see cref="Alerts"/>.</summary>
    public IReadOnlyList<int> AlertLines { get; init; } = [];

    /// <summary>Tables inside it.</summary>
    public IReadOnlyList<RunbookTable> Tables { get; init; } = [];

    /// <summary>How much of its command lines was understood.</summary>
    public Coverage Coverage { get; init; } = new(0, 0, 0);

    /// <summary>True where any step is a write.</summary>
    public bool HasWrites => Steps.Any(s => s.IsWrite);
}

/// <summary>A Markdown file as understood.</summary>
/// <param name="Source">Path as given.</param>
/// <param name="Hash">SHA-256 of the exact bytes.</param>
/// <param name="Text">The whole text.</param>
/// <param name="Runbooks">Its procedures, in order.</param>
/// <param name="Findings">What could not be read.</param>
public sealed record RunbookDocument(
    string Source, Hash32 Hash, string Text, IReadOnlyList<Runbook> Runbooks, IReadOnlyList<Finding> Findings)
{
    /// <summary>Tables of the whole file, those outside procedures too.</summary>
    public IReadOnlyList<RunbookTable> Tables { get; init; } = [];

    /// <summary>How much was understood.</summary>
    public Coverage Coverage { get; init; } = new(0, 0, 0);
}

/// <summary>
/// Command lines are the statements in fenced blocks: a continued or quoted multi-line command counts once, comments and blank
/// lines do not count.
/// </summary>
/// <param name="CommandLines">How many there are.</param>
/// <param name="Typed">How many became steps of a known kind.</param>
/// <param name="Manual">How many a person must do.</param>
public sealed record Coverage(int CommandLines, int Typed, int Manual)
{
    /// <summary>The sum of two.</summary>
    public static Coverage operator +(Coverage a, Coverage b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new Coverage(a.CommandLines + b.CommandLines, a.Typed + b.Typed, a.Manual + b.Manual);
    }

    /// <summary>The sum of two.</summary>
    public static Coverage Add(Coverage left, Coverage right) => left + right;
}

/// <summary>A table of a runbook.</summary>
/// <param name="Line">1-based line of its header.</param>
/// <param name="Heading">The heading above it.</param>
/// <param name="Header">Header cells.</param>
/// <param name="Rows">Rows with their lines.</param>
public sealed record RunbookTable(
    int Line, string Heading, IReadOnlyList<string> Header, IReadOnlyList<RunbookTableRow> Rows);

/// <summary>A row of a table.</summary>
/// <param name="Line">1-based line.</param>
/// <param name="Cells">Its cells as text.</param>
public sealed record RunbookTableRow(int Line, IReadOnlyList<string> Cells)
{
    /// <summary>Inline code of each cell.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Codes { get; init; } = [];

    /// <summary>Link targets of each cell.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Links { get; init; } = [];
}
