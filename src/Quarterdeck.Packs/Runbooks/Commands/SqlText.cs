using System.Text.RegularExpressions;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Splits SQL into statements and says of each whether it is known to read only.</summary>
internal static partial class SqlText
{
    /// <param name="Line">1-based line where it begins.</param>
    /// <param name="Text">The statement without its semicolon, comments kept.</param>
    /// <param name="Changes">False only where it is known to change nothing.</param>
    /// <param name="Understood">False where it begins like no statement.</param>
    public sealed record Statement(int Line, string Text, bool Changes, bool Understood);

    private static readonly HashSet<string> Reads = new(StringComparer.Ordinal) { "SELECT", "SHOW", "EXPLAIN", "TABLE", "VALUES", "WITH", "DESCRIBE", "DESC", "USE" };

    private static readonly HashSet<string> Writes = new(StringComparer.Ordinal)
    {
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "VACUUM", "ANALYZE", "REINDEX", "CLUSTER", "BEGIN", "COMMIT",
        "ROLLBACK", "START", "END", "SAVEPOINT", "SET", "RESET", "COPY", "LOCK", "CALL", "DO", "COMMENT", "REFRESH", "CHECKPOINT", "NOTIFY", "LISTEN", "REASSIGN",
        "SECURITY", "KILL", "REPLACE", "OPTIMIZE", "FLUSH", "EXECUTE", "PREPARE", "DISCARD", "DECLARE", "FETCH", "CLOSE", "UNLISTEN", "IMPORT", "RELEASE",
    };

    public static IReadOnlyList<Statement> Split(string sql, int firstLine)
    {
        var statements = new List<Statement>();
        var (start, at, line, startLine) = (0, 0, firstLine, firstLine);
        void Flush(int end)
        {
            if (Make(sql[start..end], startLine) is { } statement) statements.Add(statement);
        }

        while (at < sql.Length)
        {
            var c = sql[at];
            if (c == '\n') line++;
            if (c == ';')
            {
                Flush(at);
                (start, startLine) = (at + 1, line);
                at++;
            }
            else if (c == '-' && at + 1 < sql.Length && sql[at + 1] == '-') at = Skip(sql, at, sql.IndexOf('\n', at), 0, ref line);
            else if (c == '/' && at + 1 < sql.Length && sql[at + 1] == '*') at = Skip(sql, at, sql.IndexOf("*/", at + 2, StringComparison.Ordinal), 2, ref line);
            else if (c is '\'' or '"') at = Skip(sql, at, sql.IndexOf(c, at + 1), 1, ref line);
            else if (c == '$' && DollarTag().Match(sql, at) is { Success: true, Index: var index } tag && index == at)
                at = Skip(sql, at, sql.IndexOf(tag.Value, at + tag.Length, StringComparison.Ordinal), tag.Length, ref line);
            else if (c == '\\' && (at == 0 || sql[at - 1] == '\n'))
            {
                // A psql meta-command ends with its line.
                Flush(at);
                (start, startLine) = (at, line);
                var end = sql.IndexOf('\n', at);
                at = end < 0 ? sql.Length : end;
                Flush(at);
                start = at;
                startLine = line;
            }
            else at++;
        }

        Flush(sql.Length);
        return statements;
    }

    private static int Skip(string sql, int at, int found, int length, ref int line)
    {
        var end = found < 0 ? sql.Length : found + length;
        for (var i = at; i < end; i++)
        {
            if (sql[i] == '\n') line++;
        }

        return end;
    }

    private static Statement? Make(string text, int line)
    {
        var bare = Comment().Replace(text, m => new string('\n', m.Value.Count(c => c == '\n')));
        var lead = bare.Length - bare.TrimStart().Length;
        line += bare[..lead].Count(c => c == '\n');
        var trimmed = bare.Trim();
        if (trimmed.Length == 0) return null;
        var shown = Comment().Replace(text, "").Trim();
        if (trimmed[0] == '\\') return new Statement(line, shown, trimmed.StartsWith("\\i", StringComparison.Ordinal) || trimmed.StartsWith("\\!", StringComparison.Ordinal) || trimmed.StartsWith("\\copy", StringComparison.Ordinal), true);
        var words = Literal().Replace(trimmed, "''").TrimStart('(');
        var first = FirstWord().Match(words).Value.ToUpperInvariant();
        if (Reads.Contains(first)) return new Statement(line, shown, ChangingWord().IsMatch(words), true);
        return new Statement(line, shown, true, Writes.Contains(first));
    }

    [GeneratedRegex(@"\G\$[A-Za-z_]*\$")]
    private static partial Regex DollarTag();

    [GeneratedRegex(@"--[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Comment();

    [GeneratedRegex(@"'(?:[^']|'')*'")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^[A-Za-z]+")]
    private static partial Regex FirstWord();

    // SELECT can write: INTO, a data-changing WITH, EXPLAIN ANALYZE of a write, or a function known for its effect.
    [GeneratedRegex(@"\b(INSERT|UPDATE(?!\s*(OF|SKIP|NOWAIT|$))|DELETE|MERGE|TRUNCATE|INTO|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|setval|nextval|set_config|pg_switch_wal|pg_promote|lo_\w+|dblink\w*|pg_advisory\w*|pg_stat_reset\w*|pg_stat_statements_reset)\b", RegexOptions.IgnoreCase)]
    private static partial Regex ChangingWord();
}
