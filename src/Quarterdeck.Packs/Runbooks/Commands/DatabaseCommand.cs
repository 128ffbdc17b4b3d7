using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary><c>psql</c>, <c>pg_dump</c>, <c>pg_restore</c>, <c>redis-cli</c> and their like.</summary>
internal static class DatabaseCommand
{
    private static readonly HashSet<string> PsqlValued = new(StringComparer.Ordinal)
    {
        "-c", "--command", "-d", "--dbname", "-f", "--file", "-h", "--host", "-p", "--port", "-U", "--username", "-v", "--set", "--variable",
        "-o", "--output", "-F", "--field-separator", "-P", "--pset", "-R", "-L", "--log-file", "-e", "--execute", "-n", "--schema", "-t", "--table",
        "-j", "--jobs", "-Z", "-N", "-T", "-S", "-E",
    };

    private static readonly HashSet<string> PsqlFlags = new(StringComparer.Ordinal) { "-t", "-e", "-n", "-E", "-S" };

    private static readonly HashSet<string> RedisReads = new(StringComparer.OrdinalIgnoreCase)
    {
        "ping", "info", "get", "mget", "keys", "scan", "llen", "lrange", "hget", "hgetall", "hlen", "scard", "smembers", "zcard", "zrange", "zcount", "ttl", "type",
        "exists", "dbsize", "memory", "slowlog", "monitor", "xlen", "xinfo", "xrange", "client", "latency", "role", "time", "strlen", "xpending",
    };

    public static RunbookStep? Read(ShellCommand command, IReadOnlyList<ShellCommand> input, StepText text) => command.Program switch
    {
        "psql" => Psql(command, input, text),
        "mysql" or "mariadb" or "sqlite3" or "clickhouse-client" => OtherSql(command, input, text),
        "pg_dump" or "pg_dumpall" or "mysqldump" or "pg_basebackup" => Dump(command, text),
        "pg_restore" => Restore(command, text),
        "pg_isready" => text.Make(new DatabaseStep(command.Program, null, false) { Line = 0, Text = "" }),
        "createdb" or "dropdb" or "createuser" or "dropuser" or "vacuumdb" or "reindexdb" =>
            text.Make(new DatabaseStep(command.Program, null, true) { Line = 0, Text = "" }),
        "redis-cli" => Redis(command, text),
        _ => null,
    };

    private static RunbookStep Psql(ShellCommand command, IReadOnlyList<ShellCommand> input, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, new HashSet<string>(PsqlValued.Except(PsqlFlags), StringComparer.Ordinal));
        var sql = string.Join("; ", line.Values("-c", "--command").Select(w => w.Text.TrimEnd().TrimEnd(';')));
        var document = command.Redirects.FirstOrDefault(r => r.Body is not null)?.Body
            ?? command.Redirects.FirstOrDefault(r => r.Operator == "<<<")?.Target.Text;
        if (sql.Length == 0 && document is not null) sql = document;
        if (sql.Length == 0 && input is [.., { Program: "echo" or "printf" } echo]) sql = string.Join(' ', echo.Arguments.Where(a => !a.Text.StartsWith('-')).Select(a => a.Text));
        var file = command.Redirects.FirstOrDefault(r => r.Operator == "<")?.Target.Text ?? line.Value("-f", "--file")?.Text;
        var listsOnly = line.Has("-l", "--list", "-V", "--version");

        // Without statements and without a file it is a prompt: a person types there, so nothing is known to be read-only.
        var changes = !listsOnly && (file is not null || sql.Length == 0 || input.Count > 0 && document is null && sql.Length == 0
            || SqlText.Split(sql, text.Line).Any(s => s.Changes));
        return text.Make(new DatabaseStep("psql", sql.Length == 0 ? null : sql, changes)
        {
            Line = 0,
            Text = "",
            Database = line.Value("-d", "--dbname") ?? line.Positional.FirstOrDefault(),
            InputFile = file,
            OutputFile = command.Redirects.FirstOrDefault(r => r.Operator is ">" or ">>")?.Target.Text ?? line.Value("-o", "--output")?.Text,
        });
    }

    private static RunbookStep OtherSql(ShellCommand command, IReadOnlyList<ShellCommand> input, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, PsqlValued);
        var sql = line.Value("-e", "--execute", "-q", "--query")?.Text
            ?? command.Redirects.FirstOrDefault(r => r.Body is not null)?.Body
            ?? (command.Program == "sqlite3" ? line.Positional.ElementAtOrDefault(1)?.Text : null);
        var changes = sql is null || input.Count > 0 || SqlText.Split(sql, text.Line).Any(s => s.Changes);
        return text.Make(new DatabaseStep(command.Program, sql, changes) { Line = 0, Text = "", Database = line.Positional.FirstOrDefault() });
    }

    private static RunbookStep Dump(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, PsqlValued);
        return text.Make(new DatabaseStep(command.Program, null, false)
        {
            Line = 0,
            Text = "",
            Database = line.Value("-d", "--dbname") ?? line.Positional.FirstOrDefault(),
            OutputFile = command.Redirects.FirstOrDefault(r => r.Operator is ">" or ">>")?.Target.Text ?? line.Value("-f", "--file")?.Text,
        });
    }

    private static RunbookStep Restore(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, PsqlValued);
        return text.Make(new DatabaseStep("pg_restore", null, !line.Has("-l", "--list"))
        {
            Line = 0,
            Text = "",
            Database = line.Value("-d", "--dbname"),
            InputFile = line.Positional.LastOrDefault()?.Text ?? command.Redirects.FirstOrDefault(r => r.Operator == "<")?.Target.Text,
        });
    }

    private static RunbookStep Redis(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments,
            new HashSet<string>(StringComparer.Ordinal) { "-h", "-p", "-a", "-n", "-u", "--user", "--pass", "-s" });
        var verb = line.Positional.FirstOrDefault()?.Text ?? "";
        var sub = line.Positional.ElementAtOrDefault(1)?.Text ?? "";
        var changes = !(RedisReads.Contains(verb) && !(verb.Equals("client", StringComparison.OrdinalIgnoreCase) && sub.Equals("kill", StringComparison.OrdinalIgnoreCase)))
            && !(verb.Equals("config", StringComparison.OrdinalIgnoreCase) && sub.Equals("get", StringComparison.OrdinalIgnoreCase))
            && !line.Has("--latency", "--stat", "--bigkeys", "--scan", "--version");
        return text.Make(new DatabaseStep("redis-cli", string.Join(' ', line.Positional.Select(w => w.Text)), changes) { Line = 0, Text = "" });
    }
}
