using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Notifying.Channels;

/// <summary>What each kind of channel is sent; pure.</summary>
public static class Payloads
{
    private const int SlackSection = 3000;
    private const int SlackAlerts = 10;

    /// <summary>The key under which a receiver that can do so recognises a group: constant from its first notification to its last.</summary>
    public static string DedupKey(string groupKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(groupKey)));

    /// <summary>Alertmanager's webhook body, version 4.</summary>
    public static JsonObject Webhook(GroupNotification notification, WebhookChannel channel, Uri? console)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(channel);
        var shown = channel.MaxAlerts > 0 ? notification.Alerts.Take(channel.MaxAlerts).ToList() : notification.Alerts;
        return new JsonObject
        {
            ["receiver"] = notification.Receiver,
            ["status"] = notification.Firing ? "firing" : "resolved",
            ["alerts"] = new JsonArray([.. shown.Select(a => new JsonObject
            {
                ["status"] = a.Firing ? "firing" : "resolved", ["labels"] = NotifiedAlert.Json(a.Labels),
                ["annotations"] = NotifiedAlert.Json(a.Annotations), ["startsAt"] = Time(a.StartsAt),
                // Alertmanager writes the zero time of Go while an alert fires.
                ["endsAt"] = a.EndsAt is { } end ? Time(end) : "0001-01-01T00:00:00Z",
                ["generatorURL"] = console is null ? "" : new Uri(console, "/alerts").ToString(), ["fingerprint"] = Fingerprint.Of(a.Labels),
            })]),
            ["groupLabels"] = NotifiedAlert.Json(notification.GroupLabels),
            ["commonLabels"] = NotifiedAlert.Json(notification.CommonLabels),
            ["commonAnnotations"] = NotifiedAlert.Json(notification.CommonAnnotations),
            ["externalURL"] = console?.ToString().TrimEnd('/') ?? "",
            ["version"] = "4",
            ["groupKey"] = notification.GroupKey,
            ["truncatedAlerts"] = notification.Alerts.Count - shown.Count,
        };
    }

    /// <summary>A Slack message: a text for notifications, and blocks.</summary>
    public static JsonObject Slack(GroupNotification notification, SlackChannel channel, Uri? console)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(channel);
        var title = Title(notification);
        var blocks = new JsonArray
        {
            new JsonObject { ["type"] = "header", ["text"] = new JsonObject { ["type"] = "plain_text", ["text"] = Cut(title, 150) } },
        };
        foreach (var alert in notification.Alerts.Take(SlackAlerts))
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"*{Slack(alert.Name)}* {(alert.Firing ? "fires" : "has ended")}");
            if (alert.Annotations.Get("summary") is { Length: > 0 } summary) text.Append('\n').Append(Slack(summary));
            if (alert.Annotations.Get("description") is { Length: > 0 } description) text.Append('\n').Append(Slack(description));
            var labels = alert.Labels.Where(l => l.Name != "alertname").Select(l => $"{Slack(l.Name)}={Slack(l.Value)}");
            text.Append("\n`").Append(string.Join(' ', labels).Replace('`', '\'')).Append('`');
            blocks.Add(new JsonObject
            {
                ["type"] = "section",
                ["text"] = new JsonObject { ["type"] = "mrkdwn", ["text"] = Cut(text.ToString(), SlackSection) },
            });
        }

        var rest = notification.Alerts.Count - SlackAlerts;
        var tail = (rest > 0 ? string.Create(CultureInfo.InvariantCulture, $"and {rest} more. ") : "")
            + (console is null ? "" : $"<{new Uri(console, "/alerts")}|Open the console>");
        if (tail.Length > 0)
        {
            blocks.Add(new JsonObject
            {
                ["type"] = "context",
                ["elements"] = new JsonArray(new JsonObject { ["type"] = "mrkdwn", ["text"] = tail }),
            });
        }

        var message = new JsonObject { ["text"] = Cut(Slack(title), SlackSection), ["blocks"] = blocks };
        if (channel.Channel is { } name) message["channel"] = name;
        return message;
    }

    /// <summary>An event of PagerDuty's Events API v2.</summary>
    public static JsonObject PagerDuty(GroupNotification notification, PagerDutyChannel channel, string routingKey, Uri? console)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(channel);
        var body = new JsonObject
        {
            ["routing_key"] = routingKey,
            ["event_action"] = notification.Firing ? "trigger" : "resolve",
            ["dedup_key"] = DedupKey(notification.GroupKey),
        };
        if (!notification.Firing) return body;
        body["payload"] = new JsonObject
        {
            ["summary"] = Cut(Title(notification), 1024),
            ["source"] = notification.CommonLabels.Get("pack") is { Length: > 0 } pack ? pack : "quarterdeck",
            ["severity"] = channel.Severity ?? notification.Severity,
            ["timestamp"] = Time(notification.Alerts.Where(a => a.Firing).Min(a => a.StartsAt)),
            ["class"] = Cut(notification.Alerts[0].Name, 255),
            ["custom_details"] = new JsonObject
            {
                ["firing"] = new JsonArray([.. notification.Alerts.Where(a => a.Firing).Take(50).Select(a => (JsonNode)Line(a))]),
                ["num_firing"] = notification.Alerts.Count(a => a.Firing),
                ["num_resolved"] = notification.Alerts.Count(a => !a.Firing),
            },
        };
        body["client"] = "Quarterdeck";
        if (console is not null) body["client_url"] = console.ToString();
        return body;
    }

    /// <summary>An OpsGenie alert: the path below the API's address, and the body.</summary>
    public static (string Path, JsonObject Body) OpsGenie(GroupNotification notification, OpsGenieChannel channel)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(channel);
        var alias = DedupKey(notification.GroupKey);
        if (!notification.Firing) return ($"v2/alerts/{Uri.EscapeDataString(alias)}/close?identifierType=alias", new JsonObject { ["source"] = "Quarterdeck" });
        return ("v2/alerts", new JsonObject
        {
            ["message"] = Cut(Title(notification), 130),
            ["alias"] = alias,
            ["description"] = Cut(string.Join('\n', notification.Alerts.Select(Line)), 15_000),
            ["source"] = "Quarterdeck",
            ["details"] = NotifiedAlert.Json(notification.CommonLabels),
            ["priority"] = channel.Priority ?? notification.Severity switch { "critical" => "P1", "info" => "P5", _ => "P3" },
        });
    }

    private static string Title(GroupNotification notification)
    {
        var firing = notification.Alerts.Count(a => a.Firing);
        var names = string.Join(", ", notification.Alerts.Select(a => a.Name).Distinct().Take(3));
        var pack = notification.CommonLabels.Get("pack");
        return string.Create(CultureInfo.InvariantCulture,
            $"[{(firing > 0 ? $"FIRING:{firing}" : "RESOLVED")}] {names}{(pack.Length > 0 ? $" ({pack})" : "")}");
    }

    private static string Line(NotifiedAlert alert) =>
        $"{alert.Name}: {(alert.Annotations.Get("summary") is { Length: > 0 } summary ? summary : alert.Labels.ToString())}{(alert.Firing ? "" : " (ended)")}";

    // Slack reads <!channel> and links out of angle brackets: what an alert says must stay text.
    private static string Slack(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;
        var end = length - 1;
        // Neither a surrogate pair nor an escape is cut in two.
        if (char.IsHighSurrogate(text[end - 1])) end--;
        var escape = text.LastIndexOf('&', end - 1, Math.Min(end, 5));
        if (escape >= 0 && text.IndexOf(';', escape, end - escape) < 0) end = escape;
        return text[..end] + "…";
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The identity of a label set as 16 hexadecimal digits, as Prometheus computes it (FNV-1a over names and values).</summary>
public static class Fingerprint
{
    /// <summary>The fingerprint.</summary>
    public static string Of(Labels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var hash = 14695981039346656037UL;
        foreach (var label in labels)
        {
            Add(label.Name);
            Add(label.Value);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);

        void Add(string text)
        {
            foreach (var b in Encoding.UTF8.GetBytes(text)) One(b);
            One(0xff);
        }

        void One(byte b) => hash = unchecked((hash ^ b) * 1099511628211UL);
    }
}
