using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Notifications;

public sealed class NotificationPlanTests
{
    private const string Text =
        """
        global: { resolve_timeout: 10m }
        route:
          receiver: everyone
          group_by: [alertname, pack]
          group_wait: 10s
          routes:
            - matchers: [ severity="critical" ]
              receiver: pager
              continue: true
              repeat_interval: 1h
              routes:
                - matchers: [ pack=~"musd|vagus" ]
                  receiver: stable
            - match: { severity: critical }
              receiver: log
            - matchers: [ 'team!="", severity!~"critical|warning"' ]
              receiver: low
              group_by: ['...']
              mute_time_intervals: [nights]
        receivers:
          - name: everyone
            webhook_configs: [ { url: "https://hooks.example.org/a", max_alerts: 5 } ]
          - name: pager
            fallback: everyone
            pagerduty_configs: [ { routing_key: "env:PD_KEY" } ]
          - name: stable
            slack_configs: [ { api_url_file: /run/slack, channel: "#stable", send_resolved: true } ]
          - { name: log }
          - name: low
            opsgenie_configs: [ { api_key: "file:/run/opsgenie", priority: P4 } ]
        inhibit_rules:
          - { source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [pack] }
        time_intervals:
          - name: nights
            time_intervals:
              - { times: [ { start_time: "22:00", end_time: "24:00" }, { start_time: "00:00", end_time: "06:00" } ], location: Europe/Berlin }
        """;

    [Fact]
    public void A_plan_of_alertmanager_s_keys_is_read_whole()
    {
        var (plan, findings) = NotificationFile.Parse("notifications.yaml", Text);
        Assert.Empty(findings);
        Assert.Equal(TimeSpan.FromMinutes(10), plan!.ResolveTimeout);
        Assert.Equal(["everyone", "pager", "stable", "log", "low"], plan.Receivers.Keys);
        Assert.Equal(5, Assert.IsType<WebhookChannel>(plan.Receivers["everyone"].Channels.Single()).MaxAlerts);
        var slack = Assert.IsType<SlackChannel>(plan.Receivers["stable"].Channels.Single());
        Assert.Equal(("slack/0", true, "[secret from file]"), (slack.Name, slack.SendResolved, slack.Url.ToString()));
        Assert.Equal("everyone", plan.Receivers["pager"].Fallback);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)), (plan.Root.Routes[0].GroupWait, plan.Root.Routes[0].RepeatInterval));
    }

    [Theory]
    [InlineData("severity=critical pack=musd", "stable,log")]
    [InlineData("severity=critical pack=other", "pager,log")]
    [InlineData("severity=warning", "everyone")]
    [InlineData("severity=info team=a", "low")]
    [InlineData("severity=info", "everyone")]
    public void An_alert_takes_the_deepest_matching_route_and_goes_on_only_where_it_says_so(string labels, string receivers)
    {
        var plan = NotificationFile.Parse("notifications.yaml", Text).Plan!;
        Assert.Equal(receivers, string.Join(',', plan.Root.Match(Of(labels)).Select(r => r.Receiver)));
    }

    [Fact]
    public void Alerts_are_grouped_by_the_labels_of_their_route()
    {
        var plan = NotificationFile.Parse("notifications.yaml", Text).Plan!;
        var labels = Of("alertname=A pack=p zone=z");
        Assert.Equal(Of("alertname=A pack=p"), plan.Root.GroupOf(labels));
        Assert.Equal(labels, plan.Root.Routes[2].GroupOf(labels));
    }

    [Theory]
    // Berlin is two hours ahead of UTC in summer and one in winter.
    [InlineData("2026-07-01T20:30:00Z", false)]
    [InlineData("2026-07-01T19:30:00Z", true)]
    [InlineData("2026-07-02T03:59:00Z", false)]
    [InlineData("2026-07-02T04:00:00Z", true)]
    [InlineData("2026-01-01T20:30:00Z", true)]
    [InlineData("2026-01-01T21:00:00Z", false)]
    public void Nights_are_nights_in_their_own_zone_in_summer_and_in_winter(string at, bool told)
    {
        var plan = NotificationFile.Parse("notifications.yaml", Text).Plan!;
        Assert.Equal(told, plan.IsActive(plan.Root.Routes[2], DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("2026-02-28", true)]
    [InlineData("2026-02-27", false)]
    [InlineData("2024-02-29", true)]
    [InlineData("2024-02-28", false)]
    [InlineData("2026-05-01", true)]
    [InlineData("2026-05-31", true)]
    public void Days_of_the_month_count_from_its_end_too(string day, bool holds)
    {
        var interval = new TimeInterval { DaysOfMonth = [(1, 1), (-1, -1)] };
        Assert.Equal(holds, interval.Contains(new DateTimeOffset(DateTime.ParseExact(day, "yyyy-MM-dd", null), TimeSpan.Zero)));
    }

    [Fact]
    public void An_inhibiting_alert_mutes_others_with_equal_labels_where_missing_equals_empty()
    {
        var rule = NotificationFile.Parse("notifications.yaml", Text).Plan!.Inhibitions.Single();
        Assert.True(rule.Mutes(Of("severity=critical pack=p"), Of("severity=warning pack=p")));
        Assert.False(rule.Mutes(Of("severity=critical pack=p"), Of("severity=warning pack=q")));
        Assert.True(rule.Mutes(Of("severity=critical"), Of("severity=warning")));
        Assert.False(rule.Mutes(Of("severity=warning"), Of("severity=warning")));
        // Both on both sides: neither mutes the other.
        var both = new InhibitRule([new Matcher(MatchKind.NotEqual, "a", "")], [new Matcher(MatchKind.NotEqual, "b", "")], []);
        Assert.False(both.Mutes(Of("a=1 b=1"), Of("a=2 b=2")));
        Assert.True(both.Mutes(Of("a=1"), Of("a=2 b=2")));
    }

    [Theory]
    [InlineData("route: { receiver: nobody }\nreceivers: [ { name: a } ]", "no receiver 'nobody'", 1)]
    [InlineData("receivers: [ { name: a } ]", "no 'route'", 1)]
    [InlineData("route: { receiver: a, matchers: [x=1] }\nreceivers: [ { name: a } ]", "root route has matchers", 1)]
    [InlineData("route: { receiver: a }\nreceivers:\n  - name: a\n    slack_configs: [ { api_url: \"https://hooks.slack.com/services/T0/B0/secret\" } ]", "holds a secret", 4)]
    [InlineData("route: { receiver: a }\nreceivers:\n  - name: a\n    pagerduty_configs: [ { } ]", "no 'routing_key'", 4)]
    [InlineData("route: { receiver: a, routes: [ { matchers: [\"x~1\"] } ] }\nreceivers: [ { name: a } ]", "not a matcher", 1)]
    [InlineData("route: { receiver: a }\nreceivers: [ { name: a } ]\ntime_intervals:\n  - name: n\n    time_intervals: [ { location: Moon/Base } ]", "no time zone 'Moon/Base'", 5)]
    public void What_is_wrong_is_told_with_its_line_and_never_with_the_secret(string text, string message, int line)
    {
        var (plan, findings) = NotificationFile.Parse("notifications.yaml", text);
        Assert.Null(plan);
        Assert.Contains(findings, f => f.Message.Contains(message, StringComparison.Ordinal) && f.Line == line);
        Assert.DoesNotContain(findings, f => f.ToString().Contains("secret\"", StringComparison.Ordinal) || f.ToString().Contains("B0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a=b", "a=\"b\"")]
    [InlineData("a = \"b,c\"", "a=\"b,c\"")]
    [InlineData("{a!=\"b\", c=~\"d|e\"}", "a!=\"b\";c=~\"d|e\"")]
    [InlineData("a!~\"x\\\"y\"", "a!~\"x\\\"y\"")]
    public void Matchers_are_read_as_alertmanager_reads_them(string text, string matchers) =>
        Assert.Equal(matchers, string.Join(';', MatcherText.Parse(text)));

    private static Labels Of(string text) => Labels.From(text.Split(' ').Select(p => p.Split('=')).Select(p => KeyValuePair.Create(p[0], p[1])));
}
