using System.Globalization;
using System.Net;
using System.Text;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// The entries for people to read: one HTML page without script or outside parts, to be printed or kept. It proves nothing by itself
/// and says so; each row names the entry that does.
/// </summary>
public sealed class AuditReport(string log, AuditScope scope, DateTimeOffset made)
{
    /// <summary>More rows do not make a page that can be read; the newest are kept.</summary>
    public const int MaximumRows = 5_000;

    private readonly Queue<string> _rows = new();
    private readonly SortedDictionary<string, long> _actors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _actions = new(StringComparer.Ordinal);
    private long _count;
    private DateTimeOffset? _first;
    private DateTimeOffset? _last;

    /// <summary>Takes the next entry, in order of index.</summary>
    public void Add(long leaf, Hash32 hash, AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        _count++;
        _first = _first is { } first && first <= entry.Time ? first : entry.Time;
        _last = _last is { } last && last >= entry.Time ? last : entry.Time;
        var actor = entry.Actor.ToString();
        _actors[actor] = _actors.GetValueOrDefault(actor) + 1;
        _actions[entry.Action] = _actions.GetValueOrDefault(entry.Action) + 1;
        _rows.Enqueue(Row(leaf, hash, entry, actor));
        if (_rows.Count > MaximumRows) _rows.Dequeue();
    }

    /// <summary>The page.</summary>
    public string ToHtml(Checkpoint? checkpoint)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Audit report: {Text(scope.ToString())}</title>
            <style>{Style}</style>
            </head>
            <body>
            <h1>Audit report</h1>
            <table class="facts">
            <tr><th>Log</th><td>{Text(log)}</td></tr>
            <tr><th>Scope</th><td>{Text(scope.ToString())}</td></tr>
            <tr><th>Entries</th><td>{_count}</td></tr>
            <tr><th>First and last</th><td>{Time(_first)} to {Time(_last)}</td></tr>
            <tr><th>Checkpoint</th><td>{(checkpoint is null ? "none yet" : Text($"size {checkpoint.Size}, root {checkpoint.Root.ToString()[2..]}"))}</td></tr>
            <tr><th>Made</th><td>{Time(made)}</td></tr>
            </table>
            <p>This page is for reading. What proves the entries is the file beside it; verify it offline with
            <code>quarterdeck audit verify FILE.zip --key KEY</code>, with a key that did not come with the file.</p>

            """);
        Counts(page, "Who", _actors);
        Counts(page, "What", _actions);
        page.Append("<h2>Entries</h2>\n");
        if (_count > _rows.Count)
            page.Append(CultureInfo.InvariantCulture, $"<p>The newest {_rows.Count} of {_count}; the file beside this page has all.</p>\n");
        if (_count == 0) page.Append("<p>No entry is of this scope.</p>\n");
        else page.Append("<table class=\"entries\">\n<thead><tr><th>Entry</th><th>Time (UTC)</th><th>Who</th><th>What</th><th>To what</th><th>Why</th></tr></thead>\n<tbody>\n");
        foreach (var row in _rows) page.Append(row);
        if (_count > 0) page.Append("</tbody>\n</table>\n");
        return page.Append("</body>\n</html>\n").ToString();
    }

    private const string Style =
        "body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}"
        + "table{border-collapse:collapse;margin:0 0 1.5rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d7dbe0}"
        + "table.entries{width:100%}code,pre,.id{font:12px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:.3rem 0 0}"
        + "thead{display:table-header-group}tr{break-inside:avoid}details summary{cursor:pointer;color:#555}";

    private static string Row(long leaf, Hash32 hash, AuditEntry entry, string actor)
    {
        var detail = entry.Detail is null
            ? ""
            : $"<details><summary>detail</summary><pre>{Text(Encoding.UTF8.GetString(CanonicalJson.Serialize(entry.Detail)))}</pre></details>";
        return string.Create(CultureInfo.InvariantCulture,
            $"<tr id=\"leaf-{leaf}\"><td title=\"{hash.ToString()[2..]}\">{leaf}</td><td>{Time(entry.Time)}</td><td>{Text(actor)}</td>"
            + $"<td>{Text(entry.Action)}</td><td class=\"id\">{Text(entry.Subject)}</td><td>{Text(entry.Reason)}{detail}</td></tr>\n");
    }

    private static void Counts(StringBuilder page, string title, SortedDictionary<string, long> counts)
    {
        if (counts.Count == 0) return;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2>\n<table>\n");
        foreach (var (name, count) in counts.OrderByDescending(c => c.Value))
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(name)}</th><td>{count}</td></tr>\n");
        page.Append("</table>\n");
    }

    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) ?? "none";

    // Control characters would be invisible on the page and can reorder what is read.
    private static string Text(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c =>
        char.IsControl(c) && c is not '\n' || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' ? $"\\u{(int)c:x4}" : c.ToString())));
}
