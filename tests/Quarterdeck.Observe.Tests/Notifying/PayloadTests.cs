using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Notifying.Channels;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Tests.Notifying;

public sealed class PayloadTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Uri Console = new("https://ops.example/");
    private static readonly SecretReference Key = SecretReference.Parse("env:KEY")!;

    [Fact]
    public void The_webhook_body_is_alertmanager_s_version_4()
    {
        var body = Payloads.Webhook(Group(firing: true), new WebhookChannel("webhook/0", true, ConfiguredText.Plain("https://x.example"), 1, null), Console);
        Assert.Equal(
            ["receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations", "externalURL", "version", "groupKey", "truncatedAlerts"],
            body.Select(p => p.Key));
        Assert.Equal(("4", "firing", 1), ((string)body["version"]!, (string)body["status"]!, (int)body["truncatedAlerts"]!));
        var alert = body["alerts"]![0]!;
        Assert.Equal(("0001-01-01T00:00:00Z", "2026-05-01T12:00:00.000Z"), ((string)alert["endsAt"]!, (string)alert["startsAt"]!));
        Assert.Equal("""{"alertname":"A","pack":"musd","severity":"critical"}""", body["commonLabels"]!.ToJsonString());
    }

    [Fact]
    public void A_page_has_the_same_key_from_beginning_to_end_and_a_severity_that_PagerDuty_knows()
    {
        var channel = new PagerDutyChannel("pagerduty/0", true, Key, new Uri("https://events.pagerduty.com/v2/enqueue"), null);
        var trigger = Payloads.PagerDuty(Group(firing: true), channel, "k", Console);
        var resolve = Payloads.PagerDuty(Group(firing: false), channel, "k", Console);
        Assert.Equal(("trigger", "resolve"), ((string)trigger["event_action"]!, (string)resolve["event_action"]!));
        Assert.Equal((string)trigger["dedup_key"]!, (string)resolve["dedup_key"]!);
        Assert.Equal(64, ((string)trigger["dedup_key"]!).Length);
        Assert.Equal(("critical", "musd"), ((string)trigger["payload"]!["severity"]!, (string)trigger["payload"]!["source"]!));
        Assert.True(((string)trigger["payload"]!["summary"]!).Length <= 1024);
        Assert.Null(resolve["payload"]);
    }

    [Fact]
    public void What_an_alert_says_cannot_call_a_slack_channel_or_pass_slack_s_limits()
    {
        var many = Enumerable.Range(0, 40).Select(i => Alert($"{i}", true, "<!channel> & " + new string('x', 5000))).ToList();
        var body = Payloads.Slack(Group(true) with { Alerts = many }, new SlackChannel("slack/0", false, ConfiguredText.Secret(Key), "#ops"), Console);
        var text = body.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Assert.DoesNotContain("<!channel>", text, StringComparison.Ordinal);
        Assert.Contains("&lt;!channel&gt; &amp; ", text, StringComparison.Ordinal);
        Assert.Equal("#ops", (string)body["channel"]!);
        var blocks = body["blocks"]!.AsArray();
        Assert.True(blocks.Count <= 50);
        Assert.All(blocks.Where(b => (string)b!["type"]! == "section"), b => Assert.True(((string)b!["text"]!["text"]!).Length <= 3000));
        Assert.True(((string)blocks[0]!["text"]!["text"]!).Length <= 150);
    }

    [Fact]
    public void OpsGenie_gets_an_alert_with_an_alias_and_its_close_by_the_same()
    {
        var channel = new OpsGenieChannel("opsgenie/0", true, Key, new Uri("https://api.opsgenie.com/"), null);
        var (create, body) = Payloads.OpsGenie(Group(true), channel);
        var (close, _) = Payloads.OpsGenie(Group(false), channel);
        Assert.Equal(("v2/alerts", "P1"), (create, (string)body["priority"]!));
        Assert.Equal($"v2/alerts/{(string)body["alias"]!}/close?identifierType=alias", close);
        Assert.True(((string)body["message"]!).Length <= 130);
    }

    // What Alertmanager 0.25 answers for these alerts.
    [Theory]
    [InlineData("alertname=A", "d2c6efc389df0927")]
    [InlineData("zone=é alertname=A pack=musd", "b3804d2f24d6f3ab")]
    public void A_fingerprint_is_the_one_that_Alertmanager_computes(string labels, string expected) => Assert.Equal(expected,
        Fingerprint.Of(Labels.From(labels.Split(' ').Select(p => p.Split('=')).Select(p => KeyValuePair.Create(p[0], p[1])))));

    [Fact]
    public async Task A_private_address_is_refused_at_the_connection_and_for_good()
    {
        var options = new NotifyingOptions();
        using var http = new HttpClient(OutboundGuard.Handler(options.Outbound));
        var channel = new WebhookChannel("webhook/0", true, ConfiguredText.Plain("http://127.0.0.1:9/"), 0, null);
        var refused = Assert.IsType<Delivery.Refused>(await new ChannelSender(options, http).Send(channel, Group(true), CancellationToken.None));
        Assert.Contains("private address", refused.Why, StringComparison.Ordinal);
    }

    private static GroupNotification Group(bool firing) => new(
        "server/{}:{alertname=\"A\"}", "team", Labels.Of("alertname", "A"), [Alert("1", firing, "It is high."), Alert("2", firing, "It is higher.")]);

    private static NotifiedAlert Alert(string zone, bool firing, string summary) => new(
        $"alr_{zone}", Labels.Of("alertname", "A", "pack", "musd", "zone", zone, "severity", "critical"), Labels.Of("summary", summary), firing, Start,
        firing ? null : Start.AddMinutes(5));
}
