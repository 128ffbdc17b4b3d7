using Quarterdeck.Packs.Notifications;
using Quarterdeck.Server.Api.Alertmanager;
using Quarterdeck.Server.Tests.Api.Prometheus;

namespace Quarterdeck.Server.Tests.Api.Alertmanager;

/// <summary>The plan in force, told as an Alertmanager configuration.</summary>
public sealed class AlertmanagerConfigTests
{
    private const string Plan = """
        route:
          receiver: ops
          group_by: [alertname, pack]
          routes:
            - matchers: [ severity="critical", team=~"security|protocol" ]
              receiver: pager
              group_wait: 0s
              continue: true
            - matchers: [ severity="info" ]
              receiver: chat
              mute_time_intervals: [nights]
              routes:
                - { matchers: [ 'a!="b"' ], receiver: ops, group_by: ['...'] }
        inhibit_rules:
          - { source_matchers: [ severity="critical" ], target_matchers: [ severity="warning" ], equal: [pack] }
        time_intervals:
          - name: nights
            time_intervals: [ { times: [ { start_time: "00:00", end_time: "06:00" } ] } ]
        receivers:
          - name: ops
            webhook_configs: [ { url: "https://alice:secret1@hooks.example/x?key=secret2" }, { url: env:HOOK } ]
            fallback: chat
          - name: pager
            pagerduty_configs: [ { routing_key: env:KEY } ]
            opsgenie_configs: [ { api_key: env:OTHER, priority: P1 } ]
          - name: chat
            slack_configs: [ { api_url: env:SLACK, channel: "#ops" } ]
        """;

    private static string Text()
    {
        var (plan, findings) = NotificationFile.Parse("notifications.yaml", Plan);
        Assert.True(plan is not null, string.Join("\n", findings));
        return AlertmanagerConfig.Text(plan);
    }

    [Fact]
    public void It_names_routes_receivers_and_inhibitions_and_no_secret()
    {
        var text = Text();
        Assert.Contains("receiver: \"pager\"", text, StringComparison.Ordinal);
        Assert.Contains("group_by: ['...']", text, StringComparison.Ordinal);
        Assert.Contains("inhibit_rules:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret2", text, StringComparison.Ordinal);
        Assert.DoesNotContain("env:", text, StringComparison.Ordinal);
        // What is told can be read back as a plan, but for what was hidden.
        Assert.Contains("nobody", AlertmanagerConfig.Text(null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_amtool_accepts_it_and_routes_by_it_as_we_do()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/amtool"), "Debian's prometheus-alertmanager is not installed.");
        var folder = Directory.CreateTempSubdirectory("quarterdeck-amtool-").FullName;
        try
        {
            foreach (var (name, text) in ((string, string)[])[("plan.yml", Text()), ("nobody.yml", AlertmanagerConfig.Text(null))])
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), text);
                await PrometheusJudgeTests.Run("amtool", ["check-config", Path.Combine(folder, name)]);
            }

            var plan = NotificationFile.Parse("notifications.yaml", Plan).Plan!;
            foreach (var labels in (string[][])[["severity=critical", "team=security"], ["severity=critical"], ["severity=info", "a=b"], ["severity=info"], ["severity=warning"]])
            {
                var told = (await PrometheusJudgeTests.Run("amtool", ["config", "routes", "test", $"--config.file={Path.Combine(folder, "plan.yml")}", .. labels])).Split('\n')[0].Trim();
                var ours = plan.Root.Match(PromQL.Labels.From(labels.Select(l => l.Split('=')).Select(p => new KeyValuePair<string, string>(p[0], p[1]))));
                Assert.Equal(told, string.Join(',', ours.Select(r => r.Receiver)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
