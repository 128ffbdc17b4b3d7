using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Packs.Tests.Manifest;

public sealed class PolicyTests
{
    private static readonly QuietHours Night = new(new TimeOnly(22, 0), new TimeOnly(6, 0), TimeZoneInfo.Utc, 3);

    [Theory]
    [InlineData("2026-01-01T21:59:59Z", 2)]
    [InlineData("2026-01-01T22:00:00Z", 3)]
    [InlineData("2026-01-02T05:59:59Z", 3)]
    [InlineData("2026-01-02T06:00:00Z", 2)]
    [InlineData("2026-01-02T00:30:00+03:00", 2)]
    public void Quiet_hours_over_midnight_ask_for_more(string at, int approvals)
    {
        var policy = ApprovalPolicy.Strict with { Quiet = Night };
        Assert.Equal(approvals, policy.ApprovalsAt(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void How_often_a_runbook_must_be_rehearsed_is_read_and_its_name_checked()
    {
        using var pack = new TemporaryPack();
        pack.Write("runbooks/pause.md", "# Pause\n\n1. Call somebody.\n");
        pack.Write("policies.yaml", "policies: {}\nrehearse: { pause: 7d }\n");
        var good = PackLoader.Load(pack.Root);
        Assert.Empty(good.Findings);
        Assert.Equal(TimeSpan.FromDays(7), good.Pack!.Policies.Rehearse["pause"]);
        pack.Write("policies.yaml", "policies: {}\nrehearse: { pose: 7d, pause: often }\n");
        var bad = PackLoader.Load(pack.Root).Findings;
        Assert.Contains(bad, finding => finding.Message.Contains("pose", StringComparison.Ordinal));
        Assert.Contains(bad, finding => finding.Message.Contains("often", StringComparison.Ordinal));
    }

    [Fact]
    public void A_packs_version_changes_with_a_runbook_and_not_with_an_environment()
    {
        using var pack = new TemporaryPack();
        pack.Write("runbooks/pause.md", "# Pause\n");
        var first = PackVersion.Of(PackLoader.Load(pack.Root).Pack!);
        pack.Write("environments/other.yaml", "name: other\nkind: devnet\nchains: {}\n");
        Assert.Equal(first, PackVersion.Of(PackLoader.Load(pack.Root).Pack!));
        pack.Write("runbooks/pause.md", "# Pause all\n");
        Assert.NotEqual(first, PackVersion.Of(PackLoader.Load(pack.Root).Pack!));
    }

    [Fact]
    public void All_that_a_policy_can_say_is_read()
    {
        using var pack = new TemporaryPack();
        pack.Write("policies.yaml",
            """
            policies:
              elevated:
                approvals: 3
                of: 5
                roles: [council]
                denials: 2
                breakGlass: [guardian]
                quietHours: { from: '22:00', to: '06:00', zone: Europe/Zurich, approvals: 4 }
            classes: { role: elevated }
            """);
        var result = PackLoader.Load(pack.Root);
        Assert.Empty(result.Findings);
        var policy = result.Pack!.Policies.For(ActionClass.Role);
        Assert.Equal((3, 5, 2), (policy.Approvals, policy.Of, policy.Denials));
        Assert.Equal(["guardian"], policy.BreakGlass);
        Assert.Equal((new TimeOnly(22, 0), 4, "Europe/Zurich"), (policy.Quiet!.From, policy.Quiet.Approvals, policy.Quiet.Zone.Id));
    }

    [Theory]
    [InlineData("of: 1", "of")]
    [InlineData("denials: 0", "denials")]
    [InlineData("quietHours: { from: '25:00', to: '06:00', approvals: 3 }", "25:00")]
    [InlineData("quietHours: { from: '22:00', to: '06:00', zone: Mars/Base, approvals: 3 }", "Mars/Base")]
    [InlineData("quietHours: { from: '22:00', to: '06:00', approvals: 1 }", "approvals")]
    [InlineData("quietHours: { from: '22:00', to: '06:00' }", "approvals")]
    [InlineData("breakglass: [operator]", "breakglass")]
    public void What_a_policy_cannot_mean_is_refused_with_its_line(string line, string named)
    {
        using var pack = new TemporaryPack();
        pack.Write("policies.yaml", $"policies:\n  two:\n    approvals: 2\n    roles: [approver]\n    {line}\n");
        var finding = Assert.Single(PackLoader.Load(pack.Root).Findings);
        Assert.Contains(named, finding.ToString());
        Assert.Contains("policies.yaml:5", finding.ToString());
    }
}
