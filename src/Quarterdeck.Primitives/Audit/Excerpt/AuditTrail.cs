using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Finds the entries of a scope in the log alone. What belongs to an incident or a protocol is followed from entry to entry: a run names
/// its incident, a plan its run, a transaction its run. So the log is read twice: <see cref="Follow"/> over all entries in order, then
/// <see cref="Holds"/> tells which are meant.
/// </summary>
public sealed class AuditTrail(AuditScope scope)
{
    // Acts on people and their access name incidents or runs at most in passing: nothing is followed from them.
    private static readonly HashSet<string> Ends = ["operator", "session", "credential", "link", "token", "access", "audit"];

    private readonly HashSet<string> _names = scope.Incident is null ? [] : [scope.Incident];

    /// <summary>Takes note of what the entry connects.</summary>
    public void Follow(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (scope is { Protocol: null, Incident: null } || !IsConnected(entry)) return;
        var noun = entry.Action.Split('.', 2)[0];
        if (Ends.Contains(noun)) return;
        _names.Add(entry.Subject);
        // The alert was there before the incident that it opened.
        if (noun == "incident" && Text(entry.Detail?["alert"]) is { } alert) _names.Add(alert);
    }

    /// <summary>Whether the entry is of the scope; to be asked when all entries were followed.</summary>
    public bool Holds(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Time < scope.From || entry.Time >= scope.To) return false;
        if (scope.Operator is { } person && !IsBy(entry, person)) return false;
        return scope is { Protocol: null, Incident: null } || IsConnected(entry);
    }

    private bool IsConnected(AuditEntry entry) =>
        _names.Contains(entry.Subject)
        || (scope.Incident is null && scope.Protocol is { } pack && (Text(entry.Detail?["pack"]) == pack || Text(entry.Detail?["protocol"]) == pack))
        || (_names.Count > 0 && Strings(entry.Detail).Any(_names.Contains));

    private static bool IsBy(AuditEntry entry, string person) =>
        entry.Actor == Actor.Operator(person) || entry.Subject == person || Strings(entry.Detail).Contains(person);

    private static IEnumerable<string> Strings(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => Strings(m.Value)),
        JsonArray items => items.SelectMany(Strings),
        JsonValue value when Text(value) is { } text => [text],
        _ => [],
    };

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
