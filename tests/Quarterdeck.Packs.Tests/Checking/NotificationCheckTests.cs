using Quarterdeck.Packs.Checking;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>notifications.yaml against the alerts of a pack.</summary>
public sealed class NotificationCheckTests : IDisposable
{
    private const string Good = """
        route:
          receiver: everybody
          routes:
            - { matchers: [ severity="critical" ], receiver: pager }
        receivers:
          - name: everybody
            webhook_configs: [ { url: "https://hooks.example/a" } ]
          - name: pager
            pagerduty_configs: [ { routing_key: env:KEY } ]
            fallback: everybody
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-notify-");

    public void Dispose() => _folder.Delete(recursive: true);

    private List<string> Findings(string? notifications)
    {
        Write("protocol.yaml", "name: told\ntitle: Told\n");
        Write("metrics.yaml", "metrics:\n  told_value: { help: A number., unit: things, formula: \"vector(1)\" }\n");
        Write("alerts.yaml", """
            groups:
              - name: told
                rules:
                  - { alert: Small, expr: told_value > 1, labels: { severity: warning } }
                  - { alert: Large, expr: told_value > 9, labels: { severity: critical } }
            """);
        if (notifications is not null) Write("notifications.yaml", notifications);
        var pack = PackLoader.Load(_folder.FullName).Pack;
        Assert.NotNull(pack);
        return [.. NotificationCheck.Check(pack).Select(f => $"{f.File}:{f.Line} {f.Code} {(f.Severity == FindingSeverity.Error ? "E" : "W")} {f.Message}")];
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    [Fact]
    public void A_plan_by_which_everybody_is_told_has_no_findings()
    {
        Assert.Empty(Findings(Good));
        File.Delete(Path.Combine(_folder.FullName, "notifications.yaml"));
        Assert.Empty(Findings(null));
    }

    [Theory]
    [InlineData("receiver: pager }", "receiver: pagr }", ":4 QD1009 E", "'pagr'")]
    [InlineData("    pagerduty_configs: [ { routing_key: env:KEY } ]\n", "", ":8 QD6001 W", "'pager' has no channel")]
    [InlineData("    pagerduty_configs: [ { routing_key: env:KEY } ]\n", "", ":8 QD6003 E", "'Large'")]
    [InlineData("    webhook_configs: [ { url: \"https://hooks.example/a\" } ]\n", "", ":6 QD6003 W", "'Small'")]
    [InlineData("receivers:\n", "receivers:\n  - { name: nobody, slack_configs: [ { api_url: env:S } ] }\n", ":6 QD6002 W", "'nobody'")]
    [InlineData("severity=\"critical\"", "severity=\"criticl\"", ":4 QD6004 W", "criticl")]
    [InlineData("severity=\"critical\"", "alertname=\"Larg\"", ":4 QD6005 W", "Larg")]
    public void What_would_leave_somebody_untold_is_found_with_its_line(string from, string to, string where, string what)
    {
        var findings = Findings(Good.ReplaceLineEndings("\n").Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(findings, f => f.StartsWith("notifications.yaml" + where, StringComparison.Ordinal) && f.Contains(what, StringComparison.Ordinal));
    }

    [Fact]
    public void A_route_on_a_label_that_only_series_carry_is_not_called_unused() =>
        Assert.Empty(Findings(Good.Replace("severity=\"critical\"", "zone=\"a\"", StringComparison.Ordinal)));
}
