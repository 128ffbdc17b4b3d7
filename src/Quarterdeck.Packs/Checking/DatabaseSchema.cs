using System.Text.RegularExpressions;

namespace Quarterdeck.Packs.Checking;

/// <summary>Tables and views of a database with their columns, as <c>CREATE TABLE</c> statements or a live database tell them.</summary>
/// <param name="Tables">Columns by table; an empty list where they are not known. Names in lower case, without schema.</param>
public sealed partial record DatabaseSchema(IReadOnlyDictionary<string, IReadOnlySet<string>> Tables)
{
    /// <summary>Reads the tables that SQL text creates; other statements are passed over.</summary>
    public static DatabaseSchema FromSql(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = Comment().Replace(text, " ");
        var tables = new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (Match table in CreateTable().Matches(plain))
        {
            var columns = Items(plain, table.Index + table.Length).Select(i => ColumnName().Match(i.Trim())).Where(m => m.Success && !Constraint().IsMatch(m.Value)).Select(m => Bare(m.Groups[1].Value));
            tables[Bare(table.Groups[1].Value)] = columns.ToHashSet(StringComparer.Ordinal);
        }

        foreach (Match view in CreateView().Matches(plain)) tables.TryAdd(Bare(view.Groups[1].Value), new HashSet<string>());
        foreach (Match added in AddColumn().Matches(plain))
        {
            if (tables.TryGetValue(Bare(added.Groups[1].Value), out var columns) && columns is HashSet<string> known) known.Add(Bare(added.Groups[2].Value));
        }

        return new DatabaseSchema(tables);
    }

    internal static string Bare(string name) => name[(name.LastIndexOf('.') + 1)..].Trim('"', '`', ' ').ToLowerInvariant();

    /// <summary>What stands between the commas of a bracket that is open at a place.</summary>
    private static List<string> Items(string text, int at)
    {
        var (items, depth, from) = (new List<string>(), 1, at);
        for (; at < text.Length && depth > 0; at++)
        {
            var c = text[at];
            if (c == '(') depth++;
            else if (c == ')') depth--;
            if (depth > 1 || c != ',' && depth > 0 || depth == 1 && c != ',') continue;
            items.Add(text[from..at]);
            from = at + 1;
        }

        return items;
    }

    [GeneratedRegex(@"--[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bCREATE\s+(?:UNLOGGED\s+|TEMP(?:ORARY)?\s+|FOREIGN\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w."" `]+?)\s*\(", RegexOptions.IgnoreCase)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.""`]+)", RegexOptions.IgnoreCase)]
    private static partial Regex CreateView();

    [GeneratedRegex(@"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w.""`]+)\s+ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?([\w""`]+)", RegexOptions.IgnoreCase)]
    private static partial Regex AddColumn();

    [GeneratedRegex(@"^([\w""`]+)\s")]
    private static partial Regex ColumnName();

    [GeneratedRegex(@"^(?:PRIMARY|FOREIGN|UNIQUE|CHECK|CONSTRAINT|EXCLUDE|LIKE|KEY|INDEX)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Constraint();
}
