using Spectre.Console;

namespace Quarterdeck.Cli.Up;

/// <summary>Shows what is being started: a spinner in a terminal, a line each where there is none.</summary>
internal static class Progress
{
    public static async Task<T> Show<T>(string verb, Func<Action<string>, Task<T>> work, bool silent = false)
    {
        if (silent) return await work(_ => { });
        if (!AnsiConsole.Profile.Capabilities.Interactive) return await work(part => Console.Error.WriteLine($"{verb} {part} …"));
        return await AnsiConsole.Status().Spinner(Spinner.Known.Dots).StartAsync(
            $"{verb} …", context => work(part => context.Status(Markup.Escape($"{verb} {part} …"))));
    }
}
