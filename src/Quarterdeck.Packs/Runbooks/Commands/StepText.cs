using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Where a command stands and what it says: given to each step that is made from it.</summary>
internal sealed record StepText(int Line, string Text, string Context, bool FromCommandLine)
{
    public IReadOnlyList<ShellWord> Words { get; init; } = [];

    public T Make<T>(T step) where T : RunbookStep => (T)((RunbookStep)step with
    {
        Line = Line,
        Text = Text,
        Context = Context,
        FromCommandLine = FromCommandLine,
        Words = Words,
    });
}
