using Spectre.Console;

namespace Quarterdeck.Cli.Up;

/// <summary>Where people read: colours and wrapping in a terminal, plain whole lines in a file or a pipe.</summary>
internal static class Terminal
{
    public static IAnsiConsole For(TextWriter output, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected) console.Profile.Width = 1000;
        return console;
    }
}
