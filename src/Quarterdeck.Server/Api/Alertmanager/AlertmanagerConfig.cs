using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;
using Receiver = Quarterdeck.Packs.Notifications.Receiver;
using Route = Quarterdeck.Packs.Notifications.Route;

namespace Quarterdeck.Server.Api.Alertmanager;

/// <summary>
/// A notification plan as an Alertmanager configuration, for <c>amtool config show</c> and <c>config routes</c>: routes, receivers
/// and inhibitions as they are in force, secrets as Alertmanager itself shows them. What only Quarterdeck knows is left out.
/// </summary>
internal static class AlertmanagerConfig
{
    private const string Secret = "<secret>";

    // Where the address is a secret; Alertmanager wants an address there.
    private const string HiddenAddress = "http://hidden.invalid/";

    /// <summary>The configuration as YAML.</summary>
    /// <param name="plan">The plan; null where nobody is told of anything.</param>
    public static string Text(NotificationPlan? plan)
    {
        var text = new StringBuilder();
        if (plan is null) return "route:\n  receiver: nobody\nreceivers:\n- name: nobody\n";
        text.Append("global:\n  resolve_timeout: ").Append(Duration(plan.ResolveTimeout)).Append('\n');
        text.Append("route:\n");
        Route(text, plan.Root, "  ");
        if (plan.Inhibitions.Count > 0) text.Append("inhibit_rules:\n");
        foreach (var rule in plan.Inhibitions)
        {
            text.Append("- source_matchers: ").Append(Matchers(rule.Source)).Append('\n');
            text.Append("  target_matchers: ").Append(Matchers(rule.Target)).Append('\n');
            text.Append("  equal: ").Append(List(rule.Equal)).Append('\n');
        }

        if (plan.Intervals.Count > 0) text.Append("time_intervals:\n");
        foreach (var name in plan.Intervals.Keys) text.Append("- name: ").Append(Quoted(name)).Append("\n  time_intervals: []\n");
        text.Append("receivers:\n");
        foreach (var receiver in plan.Receivers.Values) Receiver(text, receiver);
        return text.ToString();
    }

    private static void Route(StringBuilder text, Route route, string indent)
    {
        text.Append(indent).Append("receiver: ").Append(Quoted(route.Receiver)).Append('\n');
        text.Append(indent).Append("group_by: ").Append(route.GroupBy is { } labels ? List(labels) : "['...']").Append('\n');
        text.Append(indent).Append("group_wait: ").Append(Duration(route.GroupWait)).Append('\n');
        text.Append(indent).Append("group_interval: ").Append(Duration(route.GroupInterval)).Append('\n');
        text.Append(indent).Append("repeat_interval: ").Append(Duration(route.RepeatInterval)).Append('\n');
        if (route.Matchers.Count > 0) text.Append(indent).Append("matchers: ").Append(Matchers(route.Matchers)).Append('\n');
        if (route.Continue) text.Append(indent).Append("continue: true\n");
        if (route.MuteTimes.Count > 0) text.Append(indent).Append("mute_time_intervals: ").Append(List(route.MuteTimes)).Append('\n');
        if (route.ActiveTimes.Count > 0) text.Append(indent).Append("active_time_intervals: ").Append(List(route.ActiveTimes)).Append('\n');
        if (route.Routes.Count == 0) return;
        text.Append(indent).Append("routes:\n");
        foreach (var child in route.Routes)
        {
            var from = text.Length;
            Route(text, child, indent + "  ");
            text[from + indent.Length] = '-';
        }
    }

    private static void Receiver(StringBuilder text, Receiver receiver)
    {
        text.Append("- name: ").Append(Quoted(receiver.Name)).Append('\n');
        foreach (var group in receiver.Channels.GroupBy(channel => channel.GetType()))
        {
            text.Append("  ").Append(Kind(group.First())).Append(":\n");
            foreach (var channel in group)
            {
                text.Append("  - send_resolved: ").Append(channel.SendResolved ? "true" : "false").Append('\n');
                foreach (var (name, value) in Settings(channel)) text.Append("    ").Append(name).Append(": ").Append(Quoted(value)).Append('\n');
            }
        }
    }

    private static string Kind(ChannelDefinition channel) => channel switch
    {
        WebhookChannel => "webhook_configs",
        SlackChannel => "slack_configs",
        PagerDutyChannel => "pagerduty_configs",
        OpsGenieChannel => "opsgenie_configs",
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel, "Alertmanager has no such channel."),
    };

    private static IEnumerable<(string Name, string Value)> Settings(ChannelDefinition channel)
    {
        switch (channel)
        {
            case WebhookChannel webhook:
                yield return ("url", webhook.Url.IsSecret ? HiddenAddress : WithoutCredentials(webhook.Url.ToString()));
                break;
            case SlackChannel slack:
                yield return ("api_url", Secret);
                if (slack.Channel is { } name) yield return ("channel", name);
                break;
            case PagerDutyChannel pagerDuty:
                yield return ("routing_key", Secret);
                yield return ("url", pagerDuty.Url.ToString());
                if (pagerDuty.Severity is { } severity) yield return ("severity", severity);
                break;
            case OpsGenieChannel opsGenie:
                yield return ("api_key", Secret);
                yield return ("api_url", opsGenie.Url.ToString());
                if (opsGenie.Priority is { } priority) yield return ("priority", priority);
                break;
        }
    }

    private static string WithoutCredentials(string address) => new UriBuilder(address) { UserName = "", Password = "", Query = "" }.Uri.ToString();

    private static string Matchers(IEnumerable<Matcher> matchers) => "[" + string.Join(", ", matchers.Select(m => Quoted(m.ToString()))) + "]";

    private static string List(IEnumerable<string> texts) => "[" + string.Join(", ", texts.Select(Quoted)) + "]";

    // A JSON string is a YAML string in double quotes.
    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();

    private static string Duration(TimeSpan span) => PromDuration.Format((long)span.TotalMilliseconds);
}
