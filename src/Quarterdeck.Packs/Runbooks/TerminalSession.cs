using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks.Commands;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>
/// Takes the commands out of a session as copied from a terminal: lines with a prompt are commands, the rest is their output.
/// Line numbers stay, because what is taken out leaves an empty line.
/// </summary>
internal static partial class TerminalSession
{
    /// <summary>True for a line with a prompt such as <c>$ </c>, <c>user@host:~# </c>, <c>node-01 $ </c> or <c>PS> </c>.</summary>
    public static bool HasPrompt(string line) => Prompt().IsMatch(line);

    /// <summary>True for a line with the prompt of psql or mysql.</summary>
    public static bool HasSqlPrompt(string line) => SqlPrompt().IsMatch(line);

    /// <summary>True where statements were typed at the prompt of psql or mysql.</summary>
    public static bool HasSqlPrompts(string text) => text.Split('\n').Any(HasSqlPrompt);

    /// <summary>True where each line begins with <c>&gt; </c> and the first one is a command.</summary>
    public static bool IsAllQuotedPrompts(string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0).ToArray();
        return lines.Length > 0 && lines.All(l => l.StartsWith("> ", StringComparison.Ordinal)) && KnownPrograms.IsAtStartOf(lines[0][2..].Trim());
    }

    /// <summary>True for a block marked as shell that holds none: settings of a file, or JSON that a command printed.</summary>
    public static bool IsConfigurationOrOutput(string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').ToArray();
        // Options explained below one another, as a manual page prints them.
        if (lines.Length > 0 && OptionLine().IsMatch(lines[0])) return true;
        return lines.Length > 0 && (lines.All(l => Setting().IsMatch(l)) && lines.Any(l => l.Contains('=', StringComparison.Ordinal)) || IsJson(text));
    }

    /// <summary>The commands of a session; text without any prompt as it is.</summary>
    public static string Commands(string text, string language)
    {
        if (IsAllQuotedPrompts(text)) return QuotedPrompt().Replace(text, "");
        var lines = text.Split('\n');
        if (!lines.Any(HasPrompt))
        {
            // In a session # may be root's prompt, where what follows is a command and nothing else is.
            if (language is not ("console" or "shell-session" or "shellsession" or "terminal" or "sh-session")
                || !lines.Any(l => RootPrompt().IsMatch(l)) || !lines.Where(l => RootPrompt().IsMatch(l)).All(l => KnownPrograms.IsAtStartOf(RootPrompt().Replace(l, "")))) return text;
            return Taken(lines, language, RootPrompt());
        }

        return Taken(lines, language, Prompt());
    }

    private static string Taken(string[] lines, string language, Regex prompts)
    {
        var result = new StringBuilder();
        var statement = new StringBuilder();
        string? heredoc = null;
        var open = false;
        foreach (var raw in lines)
        {
            var line = raw.TrimEnd('\r');
            if (heredoc is not null)
            {
                result.Append(line).Append('\n');
                if (ContinuationPrompt().Replace(line, "").Trim() == heredoc) heredoc = null;
                continue;
            }

            var prompt = prompts.Match(line);
            var command = prompt.Success && !open ? line[prompt.Length..] : open ? ContinuationPrompt().Replace(line, "") : null;
            if (command is null && language is "bash" or "sh" && !OutputLike().IsMatch(line) && KnownPrograms.IsAtStartOf(line.Trim())) command = line;
            if (command is null)
            {
                result.Append('\n');
                continue;
            }

            result.Append(command).Append('\n');
            if (!open) statement.Clear();
            statement.Append(command).Append('\n');
            open = IsOpen(statement.ToString(), command);
            if (Heredoc().Match(command) is { Success: true } start) (heredoc, open) = (start.Groups[1].Value, false);
        }

        return result.ToString();
    }

    /// <summary>True where the next line belongs to the same statement: an open quote, a backslash, a pipe, or a loop without its end.</summary>
    private static bool IsOpen(string statement, string last)
    {
        if (statement.Length > 16_384) return false;
        var trimmed = last.TrimEnd();
        if (trimmed.EndsWith('\\') || trimmed.EndsWith('|') || trimmed.EndsWith("&&", StringComparison.Ordinal)) return true;
        var quote = '\0';
        for (var i = 0; i < statement.Length; i++)
        {
            var c = statement[i];
            if (c == '\\' && quote != '\'') i++;
            else if (quote == '\0' && c is '"' or '\'') quote = c;
            else if (c == quote) quote = '\0';
        }

        if (quote != '\0') return true;
        var opened = OpensCompound().Match(statement);
        return opened.Success && !Regex.IsMatch(statement, $@"(?:^|[\s;]){(opened.Groups[1].Value is "if" ? "fi" : opened.Groups[1].Value is "case" ? "esac" : "done")}\s*(?:[|;&#>].*)?$", RegexOptions.None, TimeSpan.FromSeconds(1));
    }

    /// <summary>Statements typed at the prompt of psql or mysql, without the answers; other text as it is.</summary>
    public static string SqlCommands(string text)
    {
        if (!HasSqlPrompts(text)) return text;
        var result = new StringBuilder(text.Length);
        var open = false;
        foreach (var line in text.Split('\n'))
        {
            if (SqlPrompt().Match(line) is { Success: true } prompt)
            {
                var command = line[prompt.Length..];
                result.Append(command);
                open = !command.TrimEnd().EndsWith(';') && !command.TrimStart().StartsWith('\\');
            }
            else if (open && line.Trim().Length > 0)
            {
                result.Append(line);
                open = !line.TrimEnd().EndsWith(';');
            }

            result.Append('\n');
        }

        return result.ToString();
    }

    private static bool IsJson(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Length < 2 || trimmed[0] is not ('{' or '[') || trimmed.StartsWith("[ ", StringComparison.Ordinal) || trimmed.StartsWith("[[", StringComparison.Ordinal)) return false;
        try
        {
            using var json = System.Text.Json.JsonDocument.Parse(trimmed);
            return json.RootElement.ValueKind is System.Text.Json.JsonValueKind.Object or System.Text.Json.JsonValueKind.Array;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^[ \t]*(?:\[?[\w.-]+@[\w.-]+(?:[: ][^\s$#]*)?\]?[$#%]|[a-z][\w.-]*[-_.\d][\w.-]*[ \t]+[$#]|[a-z]{3,16}[ \t]+\$|PS(?: [A-Z]:[^>]*)?>|\$|%|❯|➜) +(?=\S)")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^[ \t]*# (?=\S)")]
    private static partial Regex RootPrompt();

    [GeneratedRegex(@"^[ \t]*(?:[\w.-]{1,60}(?:=|-|\(|'|""|\^)[#>] ?|(?:mysql|mariadb|sqlite|cockroach)(?: \[[^\]]*\])?> ?|\s+-> )(?=\S)")]
    private static partial Regex SqlPrompt();

    [GeneratedRegex(@"^--?[A-Za-z]")]
    private static partial Regex OptionLine();

    [GeneratedRegex(@"^\s*>\s?")]
    private static partial Regex ContinuationPrompt();

    [GeneratedRegex(@"^[ \t]*> ", RegexOptions.Multiline)]
    private static partial Regex QuotedPrompt();

    [GeneratedRegex(@"^\s*[{}\[\]0-9|+]")]
    private static partial Regex OutputLike();

    [GeneratedRegex(@"<<-?\s*['""]?([A-Za-z_][A-Za-z0-9_]*)['""]?")]
    private static partial Regex Heredoc();

    [GeneratedRegex(@"^\s*(for|while|until|if|case)\s")]
    private static partial Regex OpensCompound();

    [GeneratedRegex(@"^(?:[A-Za-z_][\w.-]*\s+=\s*\S.*|\[[\w.""-]+\])$")]
    private static partial Regex Setting();
}
