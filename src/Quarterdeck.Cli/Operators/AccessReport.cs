using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Operators;

/// <summary>The access review as a document: Markdown for people, CSV for spreadsheets, JSON for programs.</summary>
internal static class AccessReport
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Columns =
        ["operator", "name", "roles", "expires", "last seen", "credentials", "sessions", "tokens", "approvals", "asked by", "approved by", "justification", "remarks"];

    public static string Write(JsonElement report, string format) => format switch
    {
        "json" => JsonSerializer.Serialize(report, Readable) + "\n",
        "csv" => Csv(report),
        _ => Markdown(report),
    };

    private static string Markdown(JsonElement report)
    {
        var text = new StringBuilder();
        text.AppendLine("# Access review").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"As of {report.GetProperty("at").GetString()}; due {report.GetProperty("dueAt").GetString()}.");
        text.AppendLine(report.GetProperty("lastReviewedAt").GetString() is { } last
            ? $"Last reviewed {last} by {report.GetProperty("lastReviewedBy").GetString()}."
            : "Never reviewed before.").AppendLine();
        text.AppendLine($"| {string.Join(" | ", Columns)} |").AppendLine($"|{string.Concat(Columns.Select(_ => " --- |"))}");
        foreach (var cells in Rows(report)) text.AppendLine($"| {string.Join(" | ", cells.Select(Escaped))} |");
        return text.ToString();
    }

    private static string Csv(JsonElement report)
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var cells in Rows(report)) text.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");
        return text.ToString();
    }

    private static IEnumerable<string[]> Rows(JsonElement report) => report.GetProperty("operators").EnumerateArray().Select(o => new[]
    {
        Text(o, "id"), Text(o, "name"), List(o, "roles"), Text(o, "expiresAt"), Text(o, "lastSeenAt"), Number(o, "credentials"), Number(o, "sessions"),
        Number(o, "tokens"), Number(o, "approvals"), Text(o, "requestedBy"), Text(o, "approvedBy"), Text(o, "justification"), List(o, "remarks"),
    });

    // Names are people's own words: they must not end a cell, nor begin a formula in a spreadsheet (CWE-1236).
    private static string Escaped(string cell) => SignedSheet.Clean(cell).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Quoted(string cell)
    {
        var safe = cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal) ? "'" + cell : cell;
        return $"\"{SignedSheet.Clean(safe).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static string Text(JsonElement o, string name) => o.GetProperty(name).GetString() ?? "";

    private static string Number(JsonElement o, string name) => o.GetProperty(name).GetInt32().ToString(CultureInfo.InvariantCulture);

    private static string List(JsonElement o, string name) => string.Join("; ", o.GetProperty(name).EnumerateArray().Select(r => r.GetString()));
}
