using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>The Markdown is understood as it is meant.</summary>
public sealed class RunbookTests
{
    private static readonly ProtocolPack Pack = PackLoader.Load(MusdDevnet.PackRoot).Pack!;

    [Fact]
    public void The_emergency_pause_asks_two_people_once_and_pauses_four_contracts_in_order()
    {
        var steps = Runbook("emergency-pause").Steps;
        Assert.Equal(2, Assert.IsType<ApproveStep>(steps[0]).Required);
        Assert.Single(steps.OfType<ApproveStep>());
        Assert.Equal(["$BORROW_MODULE", "$SMUSD", "$DIRECT_MINT", "$BLE_BRIDGE"], steps.OfType<SendStep>().Select(s => s.Target.Source));
        Assert.All(steps.OfType<SendStep>(), send => Assert.Equal(("pause()", "deployer", ActionClass.Pause), (send.Function, send.Account?.Text, send.ActionClass)));
        Assert.Equal(
            PauseTests.Order.Select(c => $"musd_paused{{contract=\"{c}\"}} == 1"), steps.OfType<CheckStep>().Select(c => c.Expression));
    }

    [Fact]
    public void In_the_emergency_pause_no_failure_stops_the_sequence() =>
        Assert.All(Runbook("emergency-pause").Steps.Skip(1), step => Assert.Equal(FailureResponse.Continue, step.OnFailure));

    [Fact]
    public void Each_pause_is_read_back_right_after_it()
    {
        var steps = Runbook("emergency-pause").Steps;
        foreach (var send in steps.OfType<SendStep>())
        {
            var read = Assert.IsType<CallStep>(steps[send.Index + 1]);
            Assert.Equal((send.Target.Source, "paused()(bool)"), (read.Target.Source, read.Function));
        }
    }

    [Fact]
    public void The_unpause_starts_its_clocks_first_and_opens_in_reverse_order()
    {
        var steps = Runbook("unpause").Steps;
        var wait = steps.OfType<WaitStep>().First();
        Assert.Equal(TimeSpan.FromHours(48), wait.For);
        Assert.Equal(3, steps.TakeWhile(s => s != wait).OfType<SendStep>().Count());
        Assert.Equal(
            PauseTests.Order.Reverse().Select(c => $"musd_paused{{contract=\"{c}\"}} == 0"), steps.OfType<CheckStep>().Select(c => c.Expression));
        Assert.Equal(
            ["executeUnpause()", "execute(address,uint256,bytes,bytes32,bytes32)", "unpause()", "execute(address,uint256,bytes,bytes32,bytes32)"],
            steps.SkipWhile(s => s != wait).OfType<SendStep>().Select(s => s.Function));
        Assert.Equal(2, steps.OfType<ApproveStep>().Count());
    }

    [Fact]
    public void Every_command_line_is_understood()
    {
        Assert.All(Pack.Runbooks, runbook => Assert.Equal(runbook.Coverage.CommandLines, runbook.Coverage.Typed));
        Assert.True(Pack.Runbooks.Sum(r => r.Coverage.CommandLines) > 80);
    }

    [Fact]
    public void No_runbook_starts_another_by_a_mention() =>
        Assert.Empty(Pack.Runbooks.SelectMany(r => r.Steps.OfType<LinkStep>().Select(s => $"{r.Slug}:{s.Line}")));

    [Fact]
    public void Nothing_a_person_must_do_stands_before_a_protective_pause()
    {
        foreach (var runbook in new[] { "emergency-pause", "share-price-anomaly", "stop-minting" }.Select(Runbook))
            Assert.DoesNotContain(runbook.Steps.TakeWhile(s => s is not SendStep), step => step is ManualStep or DecisionStep or WaitStep);
    }

    [Fact]
    public void The_alert_rules_pass_their_unit_tests()
    {
        var result = RuleUnitTestRun.Run(Path.Combine(MusdDevnet.PackRoot, "alerts.test.yaml"), null, MusdDevnet.Cancel);
        Assert.Empty(result.Failures);
        Assert.True(result.Passed >= 15, $"{result.Passed} tests ran");
    }

    [Fact]
    public void Every_alert_names_a_runbook_that_is_there_and_every_fault_an_alert()
    {
        var rules = RuleFile.Load(Path.Combine(MusdDevnet.PackRoot, "alerts.yaml"));
        Assert.Empty(rules.Findings);
        var alerts = rules.File.Groups.SelectMany(g => g.Rules).OfType<AlertingRule>().ToArray();
        Assert.Equal(8, alerts.Select(a => a.Name).Distinct().Count());
        Assert.All(alerts, alert => Assert.NotNull(Runbook(alert.Annotations["runbook"])));
        Assert.All(Pack.Faults, fault => Assert.Contains(alerts, a => a.Name == fault.Alert));
        // A surge whose prices were manipulated is answered with the pause; the alert alone cannot tell it from a fall of prices.
        Assert.All(Pack.Faults.Where(f => f.Name != "price-manipulated"), fault =>
            Assert.Contains(alerts, a => a.Name == fault.Alert && a.Annotations["runbook"] == fault.Runbook));
        Assert.All(Pack.Faults, fault => Assert.Contains(Pack.Runbooks, r => r.Slug == fault.Runbook));
    }

    private static Runbook Runbook(string slug) => Pack.Runbooks.Single(r => r.Slug == slug);
}
