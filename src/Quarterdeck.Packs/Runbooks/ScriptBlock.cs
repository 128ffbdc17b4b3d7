using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>
/// Blocks of Solidity, JavaScript, TypeScript, Python or of a console that only make calls, such as <c>vault.pause();</c>: what
/// somebody is to type into a tool. Each statement is an external step, shown and never run, with the class that its function's
/// name has. Blocks that define contracts, functions or types are listings, not steps.
/// </summary>
internal static partial class ScriptBlock
{
    private static readonly HashSet<string> Languages = new(StringComparer.OrdinalIgnoreCase)
    {
        "solidity", "sol", "javascript", "js", "typescript", "ts", "jsx", "mjs", "python", "py", "scala", "canton", "clarity", "clojure",
    };

    public static bool IsScript(string language) => Languages.Contains(language);

    /// <summary>True where every line is a call with a receiver, such as <c>pool.pause()</c>.</summary>
    public static bool IsCalls(string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !IsComment(l)).ToArray();
        return lines.Length is > 0 and <= 100 && lines.All(l => l.Length < 400 && PlainCall().IsMatch(l));
    }

    public static CommandBlock.Result Read(string text, int firstLine, string context, string language, CommandReader commands)
    {
        if (Listing().IsMatch(text)) return new CommandBlock.Result([], new Coverage(0, 0, 0));
        var steps = new List<RunbookStep>();
        foreach (var (statement, line) in Statements(text, firstLine))
        {
            if (!CallName().IsMatch(statement) && !Statement().IsMatch(statement)) return new CommandBlock.Result([], new Coverage(0, 0, 0));
            var where = new StepText(line, statement, context, true);
            steps.Add(where.Make(new ExternalStep([ShellWord.Literal(language.ToLowerInvariant(), line), ShellWord.Literal(statement, line)], false)
            {
                Line = 0,
                Text = "",
                ActionClass = ClassOf(statement, commands.Classifier),
            }));
        }

        // A block without a single call is data or a listing.
        return steps.Exists(s => s.Text.Contains('(', StringComparison.Ordinal) || s.Text.Contains('.', StringComparison.Ordinal))
            ? new CommandBlock.Result(steps, new Coverage(steps.Count, steps.Count, 0))
            : new CommandBlock.Result([], new Coverage(0, 0, 0));
    }

    /// <summary>The class that the name of the function called last in a statement has.</summary>
    public static Manifest.ActionClass ClassOf(string statement, ActionClassifier classifier) =>
        CallName().Match(statement) is { Success: true } call && !ReadingName().IsMatch(call.Groups[1].Value) ? classifier.Classify("", call.Groups[1].Value, []) : Manifest.ActionClass.Other;

    private static bool IsComment(string line) => line.StartsWith("//", StringComparison.Ordinal) || line[0] is '#' or '*' || line.StartsWith("/*", StringComparison.Ordinal) || line.StartsWith(";;", StringComparison.Ordinal);

    /// <summary>Statements with the line on which they begin: a line, or several while brackets are open.</summary>
    private static List<(string Text, int Line)> Statements(string text, int firstLine)
    {
        var statements = new List<(string, int)>();
        var (open, from, whole) = (0, 0, new StringBuilder());
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (open == 0 && line.StartsWith("@ ", StringComparison.Ordinal)) line = line[2..];
            if (line.Length == 0 || IsComment(line) && open == 0) continue;
            if (whole.Length == 0) from = firstLine + i;
            else whole.Append(' ');
            whole.Append(line);
            open += Depth(line);
            if (open > 0 || line.StartsWith('.') && i + 1 < lines.Length && lines[i + 1].TrimStart().StartsWith('.')) continue;
            if (i + 1 < lines.Length && lines[i + 1].TrimStart().StartsWith('.')) continue;
            statements.Add((whole.ToString(), from));
            whole.Clear();
            open = 0;
        }

        if (whole.Length > 0) statements.Add((whole.ToString(), from));
        return statements;
    }

    private static int Depth(string line)
    {
        var (depth, quote) = (0, '\0');
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0')
            {
                if (c == '\\') i++;
                else if (c == quote) quote = '\0';
            }
            else if (c is '"' or '\'' or '`') quote = c;
            else if (c == '/' && i + 1 < line.Length && line[i + 1] == '/') break;
            else if (c is '(' or '[' or '{') depth++;
            else if (c is ')' or ']' or '}') depth--;
        }

        return depth;
    }

    [GeneratedRegex(@"^(?:await\s+)?[A-Za-z_$][\w$]*(?:\([\w.$, ]*\))?(?:\.[A-Za-z_$][\w$]*(?:\([^()]*\))?)*\.[A-Za-z_$][\w$]*\([^\n]*\);?(?:\s*//.*)?$")]
    private static partial Regex PlainCall();

    // The last function called, in front of its arguments, or before .wait() and its kind.
    [GeneratedRegex(@"\.([A-Za-z_$][\w$]*)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?:\s*\)*\s*\.wait\(\d*\))?[\s;)]*(?://.*)?$")]
    private static partial Regex CallName();

    [GeneratedRegex(@"^(?:paused$|owner$|(?:is|get|has|total|balance|preview|convert)(?=[A-Z]|$))")]
    private static partial Regex ReadingName();

    [GeneratedRegex(@"^(?:await\b|const\b|let\b|var\b|(?:bytes|uint|int|address|bool|string)\w*(?:\[\])?\s|[A-Za-z_$][\w$.]*\s*[=(.]|\(|from\b|import\b|return\b)")]
    private static partial Regex Statement();

    [GeneratedRegex(@"(?m)^\s*(?:(?:abstract\s+)?contract\s+\w+|interface\s+\w+|library\s+\w+|(?:export\s+)?(?:async\s+)?function\b|def\s+\w+|class\s+\w+|modifier\s+\w+|event\s+\w+|error\s+\w+|struct\s+\w+|enum\s+\w+|mapping\s*\(|pragma\s|type\s+\w+\s*=|require\s*\(|revert\s|export\s+(?:const|default|interface|type)|\(define-|describe\(|it\(|object\s+\w+|val\s+\w+\s*:|if\s*\(|for\s*\(|while\s*\(|emit\s)|=>\s*\{")]
    private static partial Regex Listing();
}
