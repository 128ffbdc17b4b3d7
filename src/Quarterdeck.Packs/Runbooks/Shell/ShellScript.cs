namespace Quarterdeck.Packs.Runbooks.Shell;

/// <summary>Command lines as parsed. Nothing here runs anything.</summary>
/// <param name="Statements">In order.</param>
public sealed record ShellScript(IReadOnlyList<ShellStatement> Statements)
{
    /// <summary>Every word in it.</summary>
    public IEnumerable<ShellWord> Words => Statements.SelectMany(s => s.Words);
}

/// <summary>One statement: pipelines joined by <c>&amp;&amp;</c> and <c>||</c>, or a compound.</summary>
/// <param name="Line">1-based line of the file where it begins.</param>
/// <param name="Text">As written, with continued lines joined.</param>
/// <param name="Pipelines">Its pipelines; empty for a compound or where it could not be read.</param>
public sealed record ShellStatement(int Line, string Text, IReadOnlyList<ShellPipeline> Pipelines)
{
    /// <summary>The loop, condition or group; null for simple statements.</summary>
    public ShellCompound? Compound { get; init; }

    /// <summary>True where quotes or brackets do not close: nothing may be concluded from it.</summary>
    public bool Malformed { get; init; }

    /// <summary>The comment just above or behind it; empty where none.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Every word in it, compounds included.</summary>
    public IEnumerable<ShellWord> Words => Pipelines.SelectMany(p => p.Commands).SelectMany(c => c.AllWords)
        .Concat(Compound is { } c ? c.Items.Concat(c.Condition.Concat(c.Body).Concat(c.Otherwise).SelectMany(s => s.Words)) : []);
}

/// <summary>How a pipeline depends on the one before it.</summary>
public enum ShellJoin
{
    /// <summary>Runs in any case.</summary>
    Always,

    /// <summary><c>&amp;&amp;</c>: only after success.</summary>
    OnSuccess,

    /// <summary><c>||</c>: only after failure.</summary>
    OnFailure,
}

/// <summary>Commands joined by pipes.</summary>
/// <param name="Join">How it depends on the one before.</param>
/// <param name="Commands">At least one.</param>
/// <param name="Text">As written.</param>
public sealed record ShellPipeline(ShellJoin Join, IReadOnlyList<ShellCommand> Commands, string Text);

/// <summary>One command.</summary>
/// <param name="Assignments"><c>NAME=value</c> before the first word.</param>
/// <param name="Words">The program and its arguments; empty where the command only assigns.</param>
/// <param name="Redirects">Redirections.</param>
/// <param name="Line">1-based line of the file.</param>
public sealed record ShellCommand(
    IReadOnlyList<ShellAssignment> Assignments, IReadOnlyList<ShellWord> Words, IReadOnlyList<ShellRedirect> Redirects, int Line)
{
    /// <summary>The program's name without its folder; empty where there is none.</summary>
    public string Program => Words.Count == 0 ? "" : Words[0].Text[(Words[0].Text.LastIndexOf('/') + 1)..];

    /// <summary>The <c>{ …; }</c> or <c>( … )</c> that stands in this command's place; null for a simple command.</summary>
    public ShellCompound? Group { get; init; }

    /// <summary>The words after the program.</summary>
    public IReadOnlyList<ShellWord> Arguments => [.. Words.Skip(1)];

    internal IEnumerable<ShellWord> AllWords =>
        Assignments.Select(a => a.Value).Concat(Words).Concat(Redirects.Select(r => r.Target)).Concat(Group?.Body.SelectMany(s => s.Words) ?? []);
}

/// <summary><c>NAME=value</c>.</summary>
/// <param name="Name">Variable name.</param>
/// <param name="Value">Its value.</param>
public sealed record ShellAssignment(string Name, ShellWord Value);

/// <summary>A redirection.</summary>
/// <param name="Operator"><c>&lt;</c>, <c>&gt;</c>, <c>&gt;&gt;</c>, <c>&lt;&lt;</c>, <c>&lt;&lt;&lt;</c>, <c>&gt;&amp;</c>, with the descriptor before it where written.</param>
/// <param name="Target">File, descriptor, or the end word of a here-document.</param>
public sealed record ShellRedirect(string Operator, ShellWord Target)
{
    /// <summary>Text of a here-document; null for others.</summary>
    public string? Body { get; init; }
}

/// <summary>The kinds of compound statement.</summary>
public enum ShellCompoundKind
{
    /// <summary><c>for NAME in …; do …; done</c>.</summary>
    For,

    /// <summary><c>while …; do …; done</c>.</summary>
    While,

    /// <summary><c>until …; do …; done</c>.</summary>
    Until,

    /// <summary><c>if …; then …; fi</c>.</summary>
    If,

    /// <summary><c>{ …; }</c> or <c>( … )</c>.</summary>
    Group,

    /// <summary>A function definition.</summary>
    Function,

    /// <summary><c>case … esac</c>.</summary>
    Case,
}

/// <summary>A loop, condition, group or definition.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Name">Loop variable or function name; empty for others.</param>
/// <param name="Items">What a <c>for</c> goes over.</param>
/// <param name="Condition">Statements of the condition.</param>
/// <param name="Body">Statements inside.</param>
/// <param name="Otherwise">Statements of <c>else</c>.</param>
public sealed record ShellCompound(
    ShellCompoundKind Kind, string Name, IReadOnlyList<ShellWord> Items, IReadOnlyList<ShellStatement> Condition,
    IReadOnlyList<ShellStatement> Body, IReadOnlyList<ShellStatement> Otherwise)
{
    /// <summary>The arms of a <c>case</c>: a pattern and what is done where it fits; its statements are in <see cref="Body"/> too.</summary>
    public IReadOnlyList<(string Pattern, IReadOnlyList<ShellStatement> Body)> Arms { get; init; } = [];
}
