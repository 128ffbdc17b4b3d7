using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>A command behind others that only change how it is run: <c>sudo</c>, <c>timeout 30s</c>, <c>watch -n 5</c>, <c>env A=b</c>.</summary>
internal static class Wrapped
{
    private static readonly HashSet<string> Wrappers = new(StringComparer.Ordinal) { "sudo", "time", "nohup", "env", "exec", "nice", "stdbuf", "doas", "ionice", "unbuffer" };

    /// <summary>The command itself; how long it may take, where it says so; whether it is repeated until somebody stops it.</summary>
    public static (ShellCommand Command, TimeSpan? Timeout, bool Poll) Read(ShellCommand command)
    {
        TimeSpan? timeout = null;
        var poll = false;
        while (command.Words.Count > 1)
        {
            var program = command.Program;
            var skip = 1;
            if (program is "timeout" or "watch")
            {
                while (skip < command.Words.Count && command.Words[skip].Text.StartsWith('-'))
                    skip += command.Words[skip].Text is "-n" or "-k" or "-s" or "--interval" or "--signal" ? 2 : 1;
                if (program == "timeout" && skip < command.Words.Count)
                {
                    var span = command.Words[skip++].Text;
                    if (Yaml.Durations.TryParse(char.IsAsciiDigit(span[^1]) ? span + "s" : span, out var limit)) timeout = limit;
                }

                poll |= program == "watch";
            }
            else if (Wrappers.Contains(program))
            {
                while (skip < command.Words.Count && (command.Words[skip].Text.StartsWith('-') || command.Words[skip].Text.Contains('=', StringComparison.Ordinal)))
                    skip += command.Words[skip].Text is "-u" or "-g" or "-n" ? 2 : 1;
            }
            else
            {
                break;
            }

            if (skip >= command.Words.Count) break;
            command = command with { Words = [.. command.Words.Skip(skip)] };
            if (poll && command.Words is [var quoted] && quoted.IsQuoted
                && ShellParser.Parse(quoted.Text, quoted.Line).Statements is [{ Pipelines: [{ Commands: [var first, ..] }] }])
                command = first;
        }

        return (command, timeout, poll);
    }
}
