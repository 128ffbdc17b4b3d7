using System.Globalization;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>Which entries an excerpt of the log is about. What is null does not narrow; an entry must match all that is given.</summary>
/// <param name="From">Entries of this instant and later.</param>
/// <param name="To">Entries before this instant.</param>
/// <param name="Protocol">A pack's name: its alerts, incidents, runs, plans, transactions.</param>
/// <param name="Incident">An incident's id: its alerts, runs, plans, approvals, transactions, notifications.</param>
/// <param name="Operator">An operator's id: what the person did, and what was done to the person's account.</param>
public sealed record AuditScope(DateTimeOffset? From, DateTimeOffset? To, string? Protocol, string? Incident, string? Operator)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>True where nothing narrows: the whole log is meant.</summary>
    public bool IsWhole => this is { From: null, To: null, Protocol: null, Incident: null, Operator: null };

    /// <summary>What the excerpt says of itself and what is signed; canonical JSON of what is given.</summary>
    public JsonObject ToJson()
    {
        var members = new JsonObject();
        if (From is { } from) members["from"] = Text(from);
        if (Incident is not null) members["incident"] = Incident;
        if (Operator is not null) members["operator"] = Operator;
        if (Protocol is not null) members["protocol"] = Protocol;
        if (To is { } to) members["to"] = Text(to);
        return members;
    }

    /// <summary>In words, for people.</summary>
    public override string ToString()
    {
        if (IsWhole) return "the whole log";
        var parts = new List<string>();
        if (Protocol is not null) parts.Add($"protocol {Protocol}");
        if (Incident is not null) parts.Add($"incident {Incident}");
        if (Operator is not null) parts.Add($"operator {Operator}");
        if (From is { } from) parts.Add($"from {Text(from)}");
        if (To is { } to) parts.Add($"before {Text(to)}");
        return string.Join(", ", parts);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
