using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>Reads the text of a code block by its language.</summary>
internal sealed partial class CommandBlock(CommandReader commands)
{
    private static readonly HashSet<string> ShellLanguages = new(StringComparer.OrdinalIgnoreCase)
    {
        "bash", "sh", "shell", "zsh", "console", "shell-session", "shellsession", "terminal", "sh-session", "command", "commands", "cmd", "fish", "ksh",
    };

    private static readonly HashSet<string> SqlLanguages = new(StringComparer.OrdinalIgnoreCase) { "sql", "postgresql", "postgres", "psql", "pgsql", "plpgsql", "mysql" };

    /// <summary>What a code block gave: its steps, and how many of its command lines became typed ones.</summary>
    public sealed record Result(IReadOnlyList<RunbookStep> Steps, Coverage Coverage);

    private static readonly Result Nothing = new([], new Coverage(0, 0, 0));

    public Result Read(string? info, string text, int firstLine, string context)
    {
        var language = Language().Match(info ?? "").Value;
        if (language.Length == 0 || language is "text" or "txt" or "plaintext" or "none") language = Guess(text);
        if (ShellLanguages.Contains(language)) return TerminalSession.IsConfigurationOrOutput(text) ? Nothing : Shell(text, firstLine, context, language);
        if (language.Equals("redis", StringComparison.OrdinalIgnoreCase)) return Shell(RedisPrompt().Replace(text, "redis-cli "), firstLine, context, "bash");
        if (SqlLanguages.Contains(language)) return Sql(text, firstLine, context);
        if (ScriptBlock.IsScript(language)) return ScriptBlock.Read(text, firstLine, context, language, commands);
        return language.Equals("http", StringComparison.OrdinalIgnoreCase) || language.Equals("rest", StringComparison.OrdinalIgnoreCase)
            ? Http(text, firstLine, context)
            : Nothing;
    }

    /// <summary>Many teams write no language: the first lines tell.</summary>
    private static string Guess(string text)
    {
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').Take(3))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal) || TerminalSession.HasPrompt(line)) return "console";
            if (TerminalSession.HasSqlPrompt(line)) return "sql";
            if (KnownPrograms.IsAtStartOf(line) || Assigns().IsMatch(line)) return "bash";
            if (SqlStart().IsMatch(line)) return "sql";
            if (RequestLine().IsMatch(line)) return "http";
        }

        if (TerminalSession.IsAllQuotedPrompts(text)) return "console";
        if (KnownPrograms.IsOnEveryLineOf(text)) return "bash";
        return ScriptBlock.IsCalls(text) ? "solidity" : "";
    }

    private Result Shell(string text, int firstLine, string context, string language)
    {
        if (TerminalSession.HasSqlPrompts(text)) return Sql(text, firstLine, context);
        text = TerminalSession.Commands(text, language);
        var script = ShellParser.Parse(text, firstLine);
        var (steps, total, typed) = (new List<RunbookStep>(), 0, 0);
        var functions = new Dictionary<string, ShellCompound>(StringComparer.Ordinal);
        foreach (var statement in script.Statements)
        {
            if (statement.Compound is { Kind: ShellCompoundKind.Function } function) functions[function.Name] = function;
            var made = commands.Call(statement, functions, context) ?? commands.Read(statement, context);
            steps.AddRange(made);
            total++;
            if (made.All(s => s is not ManualStep)) typed++;
        }

        return new Result(steps, new Coverage(total, typed, total - typed));
    }

    private static Result Sql(string text, int firstLine, string context)
    {
        var (steps, typed) = (new List<RunbookStep>(), 0);
        foreach (var statement in SqlText.Split(TerminalSession.SqlCommands(text), firstLine))
        {
            var where = new StepText(statement.Line, statement.Text, context, true);
            if (statement.Understood) typed++;
            steps.Add(statement.Understood
                ? where.Make(new DatabaseStep("sql", statement.Text, statement.Changes) { Line = 0, Text = "" })
                : where.Make(new ManualStep("it is no SQL statement") { Line = 0, Text = "" }));
        }

        return new Result(steps, new Coverage(steps.Count, typed, steps.Count - typed));
    }

    private static Result Http(string text, int firstLine, string context)
    {
        var (steps, typed) = (new List<RunbookStep>(), 0);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#' || line.StartsWith("//", StringComparison.Ordinal)) continue;
            var where = new StepText(firstLine + i, line, context, true);
            var request = RequestLine().Match(line);
            if (!request.Success)
            {
                steps.Add(where.Make(new ManualStep("it is no request line") { Line = 0, Text = "" }));
                continue;
            }

            var headers = new List<KeyValuePair<string, ShellWord>>();
            var body = new StringBuilder();
            for (i++; i < lines.Length && HeaderLine().Match(lines[i].Trim()) is { Success: true } header; i++)
                headers.Add(KeyValuePair.Create(header.Groups[1].Value, Word(header.Groups[2].Value, firstLine + i)));
            for (; i < lines.Length && !lines[i].StartsWith("###", StringComparison.Ordinal) && !RequestLine().IsMatch(lines[i].Trim()); i++) body.Append(lines[i]).Append('\n');
            if (i < lines.Length && RequestLine().IsMatch(lines[i].Trim())) i--;
            var sent = body.ToString().Trim();
            var word = sent.Length == 0 ? null : Word(sent, where.Line);
            typed++;
            steps.Add((where with { Words = [Word(request.Groups[2].Value, where.Line)] }).Make(new HttpStep(request.Groups[1].Value, Word(request.Groups[2].Value, where.Line), headers, word)
            {
                Line = 0,
                Text = "",
                RpcMethod = HttpCommand.RpcMethod(word),
            }));
        }

        return new Result(steps, new Coverage(steps.Count, typed, steps.Count - typed));
    }

    /// <summary>Text with <c>$NAME</c> and <c>{{name}}</c> as variables.</summary>
    internal static ShellWord Word(string text, int line)
    {
        var parts = new List<WordPart>();
        var at = 0;
        foreach (Match match in Variable().Matches(text))
        {
            if (match.Index > at) parts.Add(new LiteralPart(text[at..match.Index]));
            parts.Add(new VariablePart(match.Groups.Values.Skip(1).First(g => g.Success).Value, match.Value, null));
            at = match.Index + match.Length;
        }

        if (at < text.Length || parts.Count == 0) parts.Add(new LiteralPart(text[at..]));
        return new ShellWord(text, parts, line);
    }

    [GeneratedRegex(@"^(?:[\w.:-]+>\s*)?(?=[A-Za-z])", RegexOptions.Multiline)]
    private static partial Regex RedisPrompt();

    [GeneratedRegex(@"[A-Za-z0-9_+-]+")]
    private static partial Regex Language();

    [GeneratedRegex(@"^[A-Z_][A-Z0-9_]*=")]
    private static partial Regex Assigns();

    [GeneratedRegex(@"^(SELECT|UPDATE|INSERT|DELETE|ALTER|CREATE (TABLE|INDEX|UNIQUE)|VACUUM|ANALYZE|WITH \w+ AS)\b")]
    private static partial Regex SqlStart();

    [GeneratedRegex(@"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(\S+)(?:\s+HTTP/[\d.]+)?$")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$")]
    private static partial Regex HeaderLine();

    [GeneratedRegex(@"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)|\{\{\s*\$?([A-Za-z_][\w.]*)\s*\}\}")]
    private static partial Regex Variable();
}
