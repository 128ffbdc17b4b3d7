using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Holds the tables and columns of SQL steps against a schema. Warnings only: a schema file may be a part, and a database another one.
/// </summary>
internal static partial class DatabaseCheck
{
    public static void Check(RunbookStep step, CheckScope scope, FindingList findings)
    {
        if (scope.Schema is not { Tables.Count: > 0 } schema) return;
        if (step is ServiceStep { Inner: { } inner }) Check(inner with { Line = step.Line }, scope, findings);
        if (step is not DatabaseStep { Sql: { Length: > 0 and < 20_000 } sql, Tool: "sql" or "psql" }) return;
        foreach (var statement in SqlText.Split(sql, step.Line)) Statement(statement.Text, new Position(step.Line), schema, findings);
    }

    private static void Statement(string sql, Position at, DatabaseSchema schema, FindingList findings)
    {
        var plain = Noise().Replace(sql, " ");
        if (plain.TrimStart().StartsWith('\\') || NotHeld().IsMatch(plain)) return;
        var defined = Defined().Matches(plain).Select(m => DatabaseSchema.Bare(m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        var named = TableName().Matches(plain).Where(m => !InFunction(plain, m.Index)).Select(m => m.Groups[1].Value)
            .Where(n => !n.Contains('$', StringComparison.Ordinal) && !System(n)).Select(DatabaseSchema.Bare).Where(n => !Keyword().IsMatch(n) && !defined.Contains(n)).Distinct(StringComparer.Ordinal).ToArray();
        foreach (var table in named.Where(t => !schema.Tables.ContainsKey(t)))
            findings.Warning(FindingCodes.TableUnknown, at, $"The database has no table '{table}' that is known here.", NearestName.Suggest(table, schema.Tables.Keys, "Correct the name, or give the whole schema."));

        // Columns only where one table is concerned: behind joins and subqueries a name may be another's.
        if (named is not [var only] || !schema.Tables.TryGetValue(only, out var columns) || columns.Count == 0 || Composite().IsMatch(plain)) return;
        var aliases = Alias().Matches(plain).Select(m => m.Groups[1].Value.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
        var used = ColumnUse().Matches(plain).Select(m => m.Groups[1].Value)
            .Concat(InsertList().Match(plain) is { Success: true } list ? list.Groups[1].Value.Split(',') : [])
            .Select(c => DatabaseSchema.Bare(c.Trim())).Where(c => c.Length > 0 && !char.IsAsciiDigit(c[0]) && !Keyword().IsMatch(c)).Distinct(StringComparer.Ordinal);
        foreach (var column in used.Where(c => !columns.Contains(c) && !aliases.Contains(c)))
            findings.Warning(FindingCodes.ColumnUnknown, at, $"The table '{only}' has no column '{column}' that is known here.", NearestName.Suggest(column, columns, "Correct the name, or bring the schema up to date."));
    }

    private static bool System(string name) => name.StartsWith("pg_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("information_schema.", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for the FROM of <c>extract(epoch FROM x)</c>, <c>trim(…)</c> and <c>substring(…)</c>.</summary>
    private static bool InFunction(string sql, int at)
    {
        var depth = 0;
        for (var i = at - 1; i >= 0; i--)
        {
            if (sql[i] == ')') depth++;
            else if (sql[i] == '(' && depth-- == 0) return Extracting().IsMatch(sql[..i]);
        }

        return false;
    }

    [GeneratedRegex(@"'(?:[^']|'')*'|--[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Noise();

    [GeneratedRegex(@"^\s*(?:CREATE|DROP|ALTER|GRANT|REVOKE|SET|SHOW|RESET|BEGIN|COMMIT|CALL|DO|COMMENT|LISTEN|NOTIFY)\b", RegexOptions.IgnoreCase)]
    private static partial Regex NotHeld();

    [GeneratedRegex(@"(?:\bWITH(?:\s+RECURSIVE)?|,)\s+([\w""]+)\s*(?:\([^)]*\)\s*)?AS\s*(?:NOT\s+)?(?:MATERIALIZED\s*)?\(", RegexOptions.IgnoreCase)]
    private static partial Regex Defined();

    [GeneratedRegex(@"\b(?:FROM|JOIN|(?<!FOR\s{1,4}(?:NO\s+KEY\s+)?)UPDATE|TRUNCATE(?:\s+TABLE)?|(?:VACUUM|EXPLAIN)?\s*ANALYZE|VACUUM)\s+(?:ONLY\s+)?([A-Za-z_""$][\w.""$]*)(?![\w.""]*\s*\()(?=\s|;|\)|,|$)|\bINTO\s+(?<1>[A-Za-z_""$][\w.""$]*)", RegexOptions.IgnoreCase)]
    private static partial Regex TableName();

    [GeneratedRegex(@"^(?:select|where|set|values|lateral|only|analyze|full|verbose|table|group|order|limit|on|using|as|and|or|not|null|true|false|case|when|then|else|end|now|current_date|current_timestamp|interval|distinct|all|asc|desc|by|exists|in|is|like|between|any|update|skip|nowait|of)$", RegexOptions.IgnoreCase)]
    private static partial Regex Keyword();

    [GeneratedRegex(@"\bJOIN\b|\bWITH\b|\(\s*SELECT\b|\bUNION\b|\bFROM\s+[\w."""" ]+,|\bEXPLAIN\b", RegexOptions.IgnoreCase)]
    private static partial Regex Composite();

    [GeneratedRegex(@"\bAS\s+""?([A-Za-z_]\w*)", RegexOptions.IgnoreCase)]
    private static partial Regex Alias();

    [GeneratedRegex(@"(?:\b(?:WHERE|AND|OR|SET|ORDER\s+BY|GROUP\s+BY)\s+|\bSELECT\s+(?=[\w"", ]+\s+FROM))((?:\w+\.)?[A-Za-z_]\w*)(?=\s*(?:=|<|>|!=|,|;|$|\bIN\b|\bIS\b|\bLIKE\b|\bDESC\b|\bASC\b|\bLIMIT\b|\bFROM\b|\bBETWEEN\b))", RegexOptions.IgnoreCase)]
    private static partial Regex ColumnUse();

    [GeneratedRegex(@"\bINSERT\s+INTO\s+[\w.""]+\s*\(([\w"", \n]+)\)", RegexOptions.IgnoreCase)]
    private static partial Regex InsertList();

    [GeneratedRegex(@"\b(?:extract|trim|substring|overlay|position)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Extracting();
}
