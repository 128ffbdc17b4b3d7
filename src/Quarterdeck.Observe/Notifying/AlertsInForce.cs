using System.Text.Json.Nodes;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>The alerts that fire, as those who are told see them.</summary>
public static class FiringAlerts
{
    /// <summary>All of them, each with its pack.</summary>
    public static async Task<IReadOnlyList<(string Pack, NotifiedAlert Alert)>> Read(OperationsStore store, CancellationToken cancel) =>
        [.. (await store.Firing(cancel)).Select(f => (f.Pack, f.Alert))];
}

/// <summary>Reads the alerts that may be told.</summary>
internal static class AlertsInForce
{
    /// <summary>Every alert that fires, with the label <c>pack</c>, and when it began to fire.</summary>
    public static async Task<IReadOnlyList<(string Pack, DateTimeOffset FiredAt, NotifiedAlert Alert)>> Firing(this OperationsStore store, CancellationToken cancel)
    {
        var rows = await store.Query<Row>(
            """
            SELECT alert_id, pack, labels, annotations, active_at, fired_at AS at
            FROM alerts.active WHERE state = 'firing' ORDER BY fired_at, alert_id
            """, null, cancel);
        return [.. rows.Select(r => (r.Pack, r.At, r.Alert(firing: true)))];
    }

    /// <summary>How alerts ended that do not fire any more.</summary>
    public static async Task<IReadOnlyList<NotifiedAlert>> Ended(this OperationsStore store, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        if (ids.Count == 0) return [];
        var rows = await store.Query<Row>(
            """
            SELECT DISTINCT ON (alert_id) alert_id, pack, labels, annotations, active_at, at
            FROM alerts.transitions WHERE alert_id = ANY(@ids) AND state IN ('resolved', 'retracted')
            ORDER BY alert_id, id DESC
            """, new { ids = ids.ToArray() }, cancel);
        return [.. rows.Select(r => r.Alert(firing: false))];
    }

    private sealed record Row(string AlertId, string Pack, JsonObject Labels, JsonObject Annotations, DateTimeOffset ActiveAt, DateTimeOffset At)
    {
        public NotifiedAlert Alert(bool firing)
        {
            var labels = NotifiedAlert.Of(Labels);
            return new NotifiedAlert(AlertId, labels.Has("pack") ? labels : labels.With("pack", Pack), NotifiedAlert.Of(Annotations), firing, ActiveAt,
                firing ? null : At);
        }
    }
}
